"""Files as people bring them, in small: right energy, or a message with the true problem."""

import pytest

from energykit.errors import ArtifactError, ParameterError

PLAIN = {"timestamp": "t", "power_consumption": "P", "voltage": "U", "current": "I"}


def rows(*lines, header="t,P,U,I"):
    return "\n".join([header, *lines]) + "\n"


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


@pytest.mark.parametrize(
    ("stamp", "form"),
    [
        ("1740787200", "%s"),
        ("1740787200000", "unix_ms"),
        ("1740787200000000", "unix_us"),
        ("1740787200000000000", "unix_ns"),
        ("1740787200.5", "unix"),
    ],
)
def test_unix_time_is_utc_whatever_the_zone(imported, stamp, form):
    text = f"TS,P\n{stamp},600\n"
    columns = {"timestamp": "TS", "power_consumption": "P"}
    result = imported(text, columns=columns, timestamp_format=form, time_zone="America/Vancouver")
    assert result.stamps[0].startswith("2025-03-01T00:00:00")
    assert result.stamps[0].endswith("Z")


@pytest.mark.parametrize(
    ("stamp", "form", "fits"),
    [
        ("1740787200000", "%s", "'unix_ms'"),
        ("1740787200", "unix_ms", "'unix'"),
        ("1740787200000000", "unix_ms", "'unix_us'"),
    ],
)
def test_a_unix_time_in_another_unit_is_refused_with_the_one_that_fits(imported, stamp, form, fits):
    columns = {"timestamp": "TS", "power_consumption": "P"}
    with pytest.raises(ParameterError, match="is outside 1971 … 2100") as caught:
        imported(f"TS,P\n{stamp},600\n", columns=columns, timestamp_format=form)
    assert f"timestamp_format {fits} gives 2025-03-01T00:00:00" in caught.value.hint


@pytest.mark.parametrize("form", [None, "%Y-%m-%d %H:%M"])
@pytest.mark.parametrize(("stamp", "fits"), [("1740787200", "unix"), ("1740787200000", "unix_ms")])
def test_unix_times_that_are_read_as_dates_are_refused_with_the_unit_that_fits(
    imported, stamp, fits, form
):
    columns = {"timestamp": "TS", "power_consumption": "P"}
    with pytest.raises(ParameterError, match=f"{stamp} is a Unix time, not ") as caught:
        imported(f"TS,P\n{stamp},600\n", columns=columns, timestamp_format=form)
    assert f"timestamp_format {fits!r} gives 2025-03-01T00:00:00" in caught.value.hint


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


def test_the_hour_that_exists_twice_is_told_apart_by_order(imported):
    lines = [f"2025-10-26 0{hour}:00,1000,230,5" for hour in (1, 2, 2, 3)]
    result = imported(rows(*lines), columns=PLAIN, time_zone="Europe/Berlin")
    assert result.stamps == [f"2025-10-2{day}:00:00Z" for day in ("5T23", "6T00", "6T01", "6T02")]
    assert result.kwh == pytest.approx(4.0)


def test_the_hour_that_does_not_exist_is_counted_with_the_way_out(imported):
    lines = [f"2025-10-05 0{hour}:00,1000,230,5" for hour in (1, 2, 3)]
    result = imported(rows(*lines), columns=PLAIN, time_zone="Australia/Sydney")
    why, count, line = result.left_out[0]
    assert (count, line) == (1, 3)
    assert "does not exist on the clock of Australia/Sydney" in why
    assert "a meter on one time all year has time_zone '+10:00'" in why
    market = imported(rows(*lines), columns=PLAIN, time_zone="+10:00")
    assert (market.kwh, market.stamps[0]) == (pytest.approx(3.0), "2025-10-04T15:00:00Z")


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


OCTOPUS = "Consumption (kwh), Start, End\n" + "".join(
    f"0.200, 2025-01-15T{n // 2:02d}:{n % 2 * 30:02d}:00+00:00, x\n" for n in range(4)
)


def test_energy_of_intervals_becomes_power(imported):
    columns = {"timestamp": "Start", "power_consumption": "Consumption (kwh)"}
    result = imported(OCTOPUS, columns=columns, units={"power_consumption": "kWh"})
    assert (result.kwh, result.power) == (pytest.approx(0.8), [400.0] * 4)
    assert result.readings["interval_s"].to_list() == [1800.0] * 4
    assert result.readings["voltage"].null_count() == 4


def test_the_unit_in_a_columns_name_is_used_and_said(imported):
    columns = {"timestamp": " Start", "power_consumption": "Consumption (kwh)"}
    result = imported(OCTOPUS, columns=columns)
    assert result.kwh == pytest.approx(0.8)
    assert ("the unit is kWh: the column's name says so", 0, 0) in result.said


def test_energy_called_power_is_refused(imported):
    columns = {"timestamp": "Start", "power_consumption": "Consumption (kwh)"}
    with pytest.raises(ParameterError) as caught:
        imported(OCTOPUS, columns=columns, units={"power_consumption": "kW"})
    assert "the column 'Consumption (kwh)' says kWh, units say kW" in str(caught.value)
    assert caught.value.where == "parameters.units.power_consumption"
    as_said = {"units": {"power_consumption": "kW"}, "quantity": "power"}
    assert imported(OCTOPUS, columns=columns, **as_said).power == [200.0] * 4


def test_one_column_cannot_be_three_quantities(imported):
    columns = dict.fromkeys(("power_consumption", "voltage", "current"), "Consumption (kwh)")
    with pytest.raises(ParameterError) as caught:
        imported(OCTOPUS, columns={"timestamp": "Start", **columns})
    assert "cannot be power_consumption, voltage and current at once" in str(caught.value)
    assert "both are optional" in caught.value.hint
    assert "kWh" in caught.value.hint


COUNTER = [9999.7, 9999.8, 9999.9, 0.0, 0.1]


def counter_text(values, header="time,Import kWh,Export kWh"):
    lines = [
        f"2025-01-15 {n // 4:02d}:{n % 4 * 15:02d},{v:.3f},0.015" for n, v in enumerate(values)
    ]
    return rows(*lines, header=header)


@pytest.mark.parametrize("extra", [{}, {"quantity": "counter"}])
def test_a_register_that_rolls_over_counts_on(imported, extra):
    columns = {"timestamp": "time", "power_consumption": "Import kWh"}
    text = counter_text(COUNTER)
    result = imported(text, columns=columns, units={"power_consumption": "kWh"}, **extra)
    assert (result.kwh, result.readings.height) == (pytest.approx(0.4), 4)
    assert result.readings["interval_s"].sum() == 3600
    assert ("the register rolled over", 1, 5) in result.said
    assert (
        "the first line of a register starts the count: it is not a reading",
        1,
        2,
    ) in result.said


@pytest.mark.parametrize("values", [[5000.1], [5000.1, 123.4]])
def test_counts_of_which_none_follows_another_are_refused_and_it_says_why(imported, values):
    columns = {"timestamp": "time", "power_consumption": "Import kWh"}
    text = counter_text(values)
    with pytest.raises(ArtifactError, match=r"give no reading: .*starts the count") as refused:
        imported(text, columns=columns, units={"power_consumption": "kWh"}, quantity="counter")
    assert "quantity 'energy'" in refused.value.hint


def test_another_meter_makes_no_giant_reading(imported):
    columns = {"timestamp": "time", "power_consumption": "Import kWh"}
    values = [5000.1, 5000.2, 5000.3, 123.4, 123.5, 123.6, 87654.0, 87654.1]
    result = imported(counter_text(values), columns=columns, quantity="counter")
    assert result.kwh == pytest.approx(0.5)
    assert [what.partition(":")[0] for what, _, line in result.said if line in {5, 8}] == [
        "the register fell",
        "the register jumps",
    ]


def test_a_counter_of_the_day_begins_again_at_zero(imported):
    columns = {"timestamp": "time", "power_consumption": "Today kWh"}
    text = counter_text([1.0, 1.2, 0.1, 0.3], header="time,Today kWh,x")
    assert imported(text, columns=columns, quantity="counter").kwh == pytest.approx(0.5)


def test_import_and_export_registers_make_one_signed_power(imported):
    lines = [f"2025-01-15 0{n}:00,{100 + 0.5 * n:.1f},{50 + 0.2 * n:.1f}" for n in range(5)]
    columns = {"timestamp": "time", "power_consumption": "Import kWh", "export": "Export kWh"}
    text = rows(*lines, header="time,Import kWh,Export kWh")
    result = imported(text, columns=columns, quantity="counter")
    assert result.power == pytest.approx([300.0] * 4)


@pytest.mark.parametrize("extra", [{}, {"stamps": "end"}])
def test_stamps_that_are_ends_stay_on_their_day(imported, extra):
    lines = ("2025/01/15;23:30;0,400", "2025/01/15;23:45;0,400", "2025/01/16;00:00;2,000")
    text = rows(*(f"{line};230,0;9,0" for line in lines), header="Data;Hora;kW;U;I")
    result = imported(
        text,
        separator=";",
        decimal=",",
        timestamp_format="%Y/%m/%d %H:%M",
        units={"power_consumption": "kW"},
        columns={**PLAIN, "timestamp": ["Data", "Hora"], "power_consumption": "kW"},
        **extra,
    )
    assert result.stamps == [f"2025-01-15T23:{minute}:00" for minute in (15, 30, 45)]
    assert (result.kwh, result.power[-1]) == (pytest.approx(0.7), 2000.0)


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


def test_a_minute_24_is_not_an_hour_24(imported):
    lines = [f"15/01/2025;14:{minute}:00;500" for minute in (23, 24, 25)]
    columns = {"timestamp": ["D", "T"], "power_consumption": "P"}
    result = imported(
        rows(*lines, header="D;T;P"), columns=columns, timestamp_format="%d/%m/%Y %H:%M:%S"
    )
    assert result.stamps == [f"2025-01-15T14:{minute}:00" for minute in (23, 24, 25)]


def test_hour_24_is_the_end_of_its_day(imported):
    for form, end in (("%d.%m.%Y %H:%M", "15.01.2025 24:00"), (None, "2025-01-15T24:00:00")):
        start = "15.01.2025 23:00" if form else "2025-01-15T23:00:00"
        text = rows(f"{start},500", f"{end},700", header="t,P")
        columns = {"timestamp": "t", "power_consumption": "P"}
        result = imported(text, columns=columns, timestamp_format=form)
        assert result.stamps == ["2025-01-15T22:00:00", "2025-01-15T23:00:00"]
        assert result.power == [500.0, 700.0]
