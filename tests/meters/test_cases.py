"""Files as people bring them, in small: right energy, or a message with the true problem."""

import pytest

from energykit.errors import ArtifactError
from tests.meters.texts import PLAIN, rows

HOURS = [f"2025-01-15 {hour:02d}:00,500,230,3" for hour in range(4)]


def test_newest_first_is_sorted_and_said(imported):
    result = imported(rows(*reversed(HOURS)), columns=PLAIN)
    assert result.kwh == pytest.approx(2.0)
    assert result.stamps == [f"2025-01-15T{hour:02d}:00:00" for hour in range(4)]
    assert result.said == [("rows were not in time order: sorted", 3, 3)]


def test_rows_in_any_order_give_the_same_readings(imported):
    result = imported(rows(HOURS[2], HOURS[0], HOURS[3], HOURS[1]), columns=PLAIN)
    assert (result.kwh, result.readings.height) == (pytest.approx(2.0), 4)


def test_a_logger_that_jitters_loses_nothing(imported):
    seconds = [0, 6, 13, 21, 27, 33, 40, 48, 54, 60, 67, 75, 81, 87, 94, 102]
    lines = [f"2025-03-01 00:{s // 60:02d}:{s % 60:02d},3000,230,14" for s in seconds]
    result = imported(rows(*lines), columns=PLAIN)
    measured = result.readings["interval_s"].sum()
    assert 102 + 6 <= measured <= 102 + 8
    assert result.kwh == pytest.approx(3000 * measured / 3.6e6)


def test_overlapping_downloads_count_once(imported):
    hours = [f"2025-01-15 {hour:02d}:00,1000,230,5" for hour in (0, 1, 2, 3, 2, 3, 4, 5)]
    result = imported(rows(*hours), columns=PLAIN)
    assert (result.kwh, result.readings.height) == (pytest.approx(6.0), 6)
    assert ("rows are there twice: used once", 2, 6) in result.said


def test_files_that_overlap_count_once(imported):
    result = imported(rows(*HOURS[:3]), rows(*HOURS[1:]), columns=PLAIN)
    assert (result.kwh, result.readings.height) == (pytest.approx(2.0), 4)


def test_a_second_value_for_one_time_is_counted(imported):
    result = imported(rows(*HOURS, "2025-01-15 02:00,900,230,4"), columns=PLAIN)
    assert result.kwh == pytest.approx(2.0)
    why = "a second, different value for one household and time: the first is used"
    assert result.left_out == [(why, 1, 6)]


STATES = [
    ("00:00:00", 100),
    ("03:00:00", 2000),
    ("03:01:00", 2001),
    ("03:02:00", 100),
    ("06:00:00", 100),
]


def test_a_state_holds_until_the_next_where_that_is_asked_for(imported):
    lines = [f"a,{power},2025-03-01T{time}.000Z" for time, power in STATES]
    columns = {"timestamp": "changed", "household_id": "id", "power_consumption": "state"}
    text = rows(*lines, header="id,state,changed")
    result = imported(text, columns=columns, holds_until_next=True)
    assert result.kwh == pytest.approx(0.300 + 2.000 / 60 + 2.001 / 60 + 0.1 * 178 / 60)
    assert result.readings["interval_s"].to_list()[-1] == 0


@pytest.mark.parametrize("text", ["unavailable", ""])
def test_a_state_ends_where_the_file_says_that_there_is_none(imported, text):
    states = [("00:00", "600"), ("00:10", text), ("00:20", "1200"), ("00:50", text), ("01:00", "0")]
    lines = [f"sensor.power,{state},2025-01-15T{at}:00Z" for at, state in states]
    result = imported(
        "\n".join(["entity_id,state,last_changed", *lines]),
        columns={"timestamp": 3, "household_id": 1, "power_consumption": 2},
        holds_until_next=True,
        missing=["unavailable"],
    )
    assert result.kwh == pytest.approx((600 * 10 + 1200 * 30) / 60_000)
    assert result.left_out == [("state is missing", 2, 3)]
    assert ("rows without a value end the state before them", 2, 3) in result.said


def test_two_readings_a_day_have_no_gaps(imported):
    lines = [f"2025-01-0{day} {time},500,230,3" for day in (1, 2, 3) for time in ("00:00", "23:59")]
    result = imported(rows(*lines, "2025-01-04 00:00,500,230,3"), columns=PLAIN)
    assert result.kwh == pytest.approx(36.0, abs=0.01)


def test_power_counts_where_voltage_is_blank(imported):
    lines = [
        f"2025-01-15 0{h}:00,{p},{u},3"
        for h, p, u in zip(
            range(8), [100, 2000, 2000, 2000] * 2, ["230", "", "", ""] * 2, strict=True
        )
    ]
    result = imported(rows(*lines), columns=PLAIN)
    assert result.kwh == pytest.approx(12.2)
    assert result.readings["voltage"].null_count() == 6
    assert result.left_out == []


def test_daily_readings_stand_for_a_day(imported):
    text = rows(*(f"2025-01-0{day};500;230;3" for day in (3, 2, 1)), header="t;P;U;I")
    result = imported(text, columns=PLAIN, separator=";")
    assert (result.kwh, result.readings["interval_s"].to_list()) == (
        pytest.approx(36.0),
        [86400] * 3,
    )


def test_all_rows_left_out_says_the_first_reason_and_its_line(imported):
    text = rows("15.01.2025;1;2;3", "16.01.2025;1;2;3", header="t;P;U;I")
    with pytest.raises(ArtifactError) as caught:
        imported(text, columns=PLAIN, separator=";")
    assert "all 2 rows are left out: timestamp is not an ISO 8601 date and time" in str(
        caught.value
    )
    assert caught.value.where.endswith("meter.csv:2")
    assert "timestamp_format" in caught.value.hint


def test_a_forgotten_decimal_comma_is_named(imported):
    text = rows(*(f"2025-01-15 0{h}:00;500,5;230,0;3,0" for h in range(3)), header="t;P;U;I")
    with pytest.raises(ArtifactError) as caught:
        imported(text, columns=PLAIN, separator=";")
    assert "all 3 rows are left out: P is not a number ('500,5')" in str(caught.value)
    assert 'decimal ","' in caught.value.hint
    assert imported(text, columns=PLAIN, separator=";", decimal=",").kwh == pytest.approx(1.5015)


@pytest.mark.parametrize("header", ["Datum;P;U;I", "Datum;P;U;I;", "Datum;P;U;I;;"])
def test_separators_behind_the_last_field_are_no_columns(imported, header):
    lines = [f"01.08.2025 0{hour}:00;500;230;3;" for hour in range(3)]
    columns = {**PLAIN, "timestamp": "Datum"}
    result = imported(
        rows(*lines, header=header),
        columns=columns,
        separator=";",
        timestamp_format="%d.%m.%Y %H:%M",
    )
    assert (result.kwh, result.readings.height, result.left_out) == (pytest.approx(1.5), 3, [])


def test_more_fields_than_columns_are_refused_row_by_row(imported):
    text = "t,P\n2025-01-15 00:00,0,400\n2025-01-15 01:00,0,400\n"
    with pytest.raises(ArtifactError, match="number of fields differs from the header's 2"):
        imported(text, columns={"timestamp": "t", "power_consumption": "P"})


def test_bytes_of_another_encoding_cost_no_row(imported):
    lines = [f"2025-01-15 0{hour}:00;500;230;3;Küche" for hour in range(3)]
    text = rows(*lines, header="t;P;U;I;Ort").encode("cp1252")
    result = imported(text, columns=PLAIN, separator=";")
    assert (result.kwh, result.readings.height) == (pytest.approx(1.5), 3)
    assert result.said == [("lines are not UTF-8: read as Windows-1252", 3, 0)]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_household_may_be_written_in_any_encoding(imported, encoding):
    text = "t;P;H\n2025-01-15 00:00;500;Süd\n2025-01-15 01:00;500;Süd\n".encode(encoding)
    columns = {"timestamp": "t", "power_consumption": "P", "household_id": "H"}
    result = imported(text, columns=columns)
    assert result.readings["household_id"].to_list() == ["Süd", "Süd"]
    assert result.kwh == pytest.approx(1.0)


@pytest.mark.parametrize(
    "last", ["2025-01-15 00:00;2,0;230;3", "Totaal;2,0;;", ";2,0;;", "2025-01-15 03:00;2,0;230;3"]
)
def test_a_row_of_totals_is_not_a_reading(imported, last):
    lines = [f"2025-01-15 0{hour}:00;0,5;230;3" for hour in range(4)]
    columns = {**PLAIN, "timestamp": "Vanaf", "power_consumption": "Verbruik"}
    result = imported(
        rows(*lines, last, header="Vanaf;Verbruik;U;I"),
        columns=columns,
        separator=";",
        decimal=",",
        units={"power_consumption": "kW"},
    )
    assert (result.kwh, result.readings.height) == (pytest.approx(2.0), 4)
    assert [(count, line) for _, count, line in result.left_out] == [(1, 6)]


NO_HEADER = "".join(f"{1740787200 + 60 * n},720,230,4\n" for n in range(4))


@pytest.mark.parametrize(
    "columns",
    [
        {"timestamp": "1740787200", "power_consumption": "720", "voltage": "230", "current": "4"},
        {"timestamp": 1, "power_consumption": 2, "voltage": 3, "current": 4},
        {"timestamp": 1.0, "power_consumption": 2.0},
    ],
)
def test_a_file_without_a_header_keeps_its_first_row(imported, columns):
    result = imported(NO_HEADER, columns=columns, timestamp_format="%s")
    assert (result.kwh, result.readings.height) == (pytest.approx(0.048), 4)
    assert result.said[0][0] == "there is no header: columns are named by their first values"


def test_an_inverter_at_night_is_a_plain_reading(imported):
    text = rows(
        "2025-06-30 03:00,0,230,0", "2025-06-30 04:00,0,230,0", "2025-06-30 12:00,2000,231,8.7"
    )
    result = imported(text, columns=PLAIN)
    assert (result.power, result.left_out) == ([0.0, 0.0, 2000.0], [])


def test_lines_before_the_header_are_found_and_said(imported):
    text = (
        "Identifiant PRM;Type;Unite\n00000000000000;Courbe de charge;W\nHorodate;Valeur;U;I\n"
        + "".join(f"2025-03-01T00:{minute}:00+01:00;400;230;2\n" for minute in (10, 20, 30))
    )
    columns = {**PLAIN, "timestamp": "Horodate", "power_consumption": "Valeur"}
    for extra in ({"separator": ";"}, {"header": 3}, {}):
        result = imported(text, columns=columns, **extra)
        assert (result.power, result.readings.height) == ([400.0] * 3, 3)
    assert ("the header is line 3: the lines before it are not used", 0, 0) in result.said
