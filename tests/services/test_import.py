"""Scenario import: a meter's own table as readings, every row used or counted."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energykit.artifacts.text_rows import text_rows
from energykit.errors import ArtifactError, ParameterError
from services.energy_generator.importer import Import, column_map

COLUMNS = {"timestamp": "t", "power_consumption": "p", "voltage": "v", "current": "i"}
PACKAGED = {
    "timestamp": "date_time",
    "power_consumption": "Global_active_power",
    "voltage": "Voltage",
    "current": "Global_intensity",
}


def imported(path, columns=COLUMNS, **options):
    one_pass = Import(column_map(columns, **options))
    parts = []
    for part in text_rows(path, one_pass.columns.wanted, separator=one_pass.columns.separator):
        for line, reason in part.broken:
            one_pass.broken(line, reason)
        parts.append(one_pass.readings(part.texts, part.lines))
    return pl.concat(parts), one_pass


@pytest.fixture
def file(tmp_path):
    def make(text, name="meter.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return make


def left_out(one_pass):
    return [(entry.reason, entry.rows, entry.first_line) for entry in one_pass.left_out.values()]


def test_the_packaged_copy_of_the_real_data_set(file):
    text = (
        "date_time,Global_active_power,Global_reactive_power,Voltage,Global_intensity,Sub_metering_1\r\n"
        "2007-04-23 00:00:00,0.482,0.228,240.62,2.4,0.0\r\n"
        "2007-04-23 00:01:00,4.216,0.224,240.16,18.4,0.0\r\n"
    )
    readings, one_pass = imported(
        file(text), PACKAGED, household="sceaux", units={"power_consumption": "kW"}
    )
    assert readings.rows() == [
        ("2007-04-23T00:00:00", "sceaux", 482.0, 240.62, 2.4),
        ("2007-04-23T00:01:00", "sceaux", 4216.0, 240.16, 18.4),
    ]
    assert (one_pass.rows_in, one_pass.left_out) == (2, {})


def test_the_publishers_own_file(file):
    text = (
        "Date;Time;Global_active_power;Global_reactive_power;Voltage;Global_intensity\n"
        "16/12/2006;17:24:00;4.216;0.418;234.840;18.400\n"
        "28/4/2007;00:21:00;?;?;?;?\n"
        "28/4/2007;00:22:00;?;?;?;\n"
        "1/5/2007;00:00:00;0.2;0;240;1\n"
    )
    readings, one_pass = imported(
        file(text, "household_power_consumption.txt"),
        {**PACKAGED, "timestamp": ["Date", "Time"]},
        units={"power_consumption": "kW"},
        separator=";",
        missing=["?"],
        timestamp_format="%d/%m/%Y %H:%M:%S",
    )
    assert readings["timestamp"].to_list() == ["2006-12-16T17:24:00", "2007-05-01T00:00:00"]
    assert readings["power_consumption"].to_list() == [4216.0, 200.0]
    assert one_pass.rows_in == 4
    assert left_out(one_pass) == [("Global_active_power is missing", 2, 3)]


def test_decimal_commas_units_and_households(file):
    text = "t;p;v;i;h\n2025-01-01T00:00;1,5;0,23;6500;Süd\n2025-01-01T00:01;1.500,5;0,23;6500;Süd\n"
    readings, one_pass = imported(
        file(text),
        {**COLUMNS, "household_id": "h"},
        separator=";",
        decimal=",",
        units={"power_consumption": "kW", "voltage": "kV", "current": "mA"},
    )
    assert readings.rows() == [("2025-01-01T00:00:00", "Süd", 1500.0, 230.0, 6.5)]
    assert left_out(one_pass) == [("p is not a number", 1, 3)]


def test_numbers_with_an_exponent_are_scaled_too(file):
    readings, _ = imported(
        file("t,p,v,i\n2025-01-01T00:00,1.5e0,230,6\n"), units={"power_consumption": "kW"}
    )
    assert readings["power_consumption"].to_list() == [1500.0]


def test_a_zone_converts_to_utc_and_counts_times_that_cannot_be_told(file):
    text = "t,p,v,i\n" + "".join(
        f"2025-{stamp},1,230,1\n"
        for stamp in ("03-30 01:59", "03-30 02:30", "03-30 03:00", "10-26 02:30", "10-26 03:00")
    )
    readings, one_pass = imported(file(text), time_zone="Europe/Paris")
    assert readings["timestamp"].to_list() == [
        "2025-03-30T00:59:00Z",
        "2025-03-30T01:00:00Z",
        "2025-10-26T02:00:00Z",
    ]
    assert left_out(one_pass) == [
        ("timestamp does not exist on the clock of Europe/Paris (daylight saving begins)", 1, 3),
        ("timestamp exists twice on the clock of Europe/Paris (daylight saving ends)", 1, 5),
    ]


def test_times_that_state_their_offset_need_no_zone(file):
    text = "t,p,v,i\n" + "".join(
        f"2025-10-26T02:30:00{offset},1,230,1\n" for offset in ("+02:00", "+01:00", "")
    )
    readings, one_pass = imported(file(text))
    assert readings["timestamp"].to_list() == ["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"]
    assert left_out(one_pass) == [("t has no time zone, unlike the first reading", 1, 4)]


def test_parquet_is_read_alike(tmp_path):
    frame = pl.DataFrame(
        {"t": ["2025-01-01T00:00:00", None], "p": [0.5, 1.0], "v": [230, 230], "i": [2.2, 2.2]}
    )
    frame.with_columns(pl.col("t").str.to_datetime()).write_parquet(tmp_path / "meter.parquet")
    readings, one_pass = imported(tmp_path / "meter.parquet", units={"power_consumption": "kW"})
    assert readings.rows() == [("2025-01-01T00:00:00", "household", 500.0, 230.0, 2.2)]
    assert left_out(one_pass) == [("t is missing", 1, 2)]


def test_a_row_that_cannot_be_split_is_counted(file):
    readings, one_pass = imported(file("t,p,v,i\n2025-01-01T00:00,1,2\n2025-01-01T00:00,1,2,3\n"))
    assert (readings.height, one_pass.rows_in) == (1, 2)
    assert left_out(one_pass) == [("number of fields differs from the header's 4", 1, 2)]


def test_a_column_that_is_not_there_is_named_with_those_found(file):
    with pytest.raises(
        ArtifactError, match=r"there is no column 'v'; columns found: 't', 'p', 'volt', 'i'"
    ):
        imported(file("t,p,volt,i\n"))


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"columns": None}, "columns"),
        ({"columns": {"timestamp": "t"}}, "columns"),
        ({"columns": {**COLUMNS, "power": "p"}}, "columns.power"),
        ({"columns": {**COLUMNS, "voltage": ["a", "b"]}}, "columns.voltage"),
        ({"columns": COLUMNS, "units": {"voltage": "W"}}, "units.voltage"),
        ({"columns": COLUMNS, "units": {"power": "W"}}, "units"),
        ({"columns": COLUMNS, "separator": "::"}, "separator"),
        ({"columns": COLUMNS, "decimal": ","}, "decimal"),
        ({"columns": COLUMNS, "time_zone": "Europe/Sceaux"}, "time_zone"),
        ({"columns": COLUMNS, "timestamp_format": "%d/%m/%Y"}, "timestamp_format"),
        ({"columns": COLUMNS, "household": " "}, "household"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(options, parameter):
    with pytest.raises(ParameterError) as caught:
        column_map(**options)
    assert caught.value.parameter == parameter
    assert caught.value.valid


FIELD = st.one_of(
    st.sampled_from(["", "?", "1", "2,5", "1e3", "inf", "nan", "x"]), st.floats(width=32).map(str)
)
STAMP = st.one_of(
    st.sampled_from(["", "?", "2025-03-30 02:30", "2025-10-26 02:30", "x"]), st.datetimes().map(str)
)


@given(
    st.lists(st.tuples(STAMP, FIELD, FIELD, FIELD), max_size=10),
    st.sampled_from([None, "Europe/Paris"]),
)
@settings(max_examples=150, deadline=None)
def test_rows_in_are_rows_out_and_rows_left_out(rows, time_zone):
    one_pass = Import(
        column_map(COLUMNS, missing=["?"], time_zone=time_zone, units={"power_consumption": "kW"})
    )
    texts = pl.DataFrame(rows, schema=dict.fromkeys("tpvi", pl.String), orient="row")
    readings = one_pass.readings(texts, pl.int_range(2, len(rows) + 2, eager=True))
    assert (
        one_pass.rows_in
        == len(rows)
        == readings.height + sum(entry.rows for entry in one_pass.left_out.values())
    )
    assert readings.null_count().sum_horizontal().sum() == 0
    assert readings.select(pl.all_horizontal(pl.col(pl.Float64).is_finite()).all()).item()
