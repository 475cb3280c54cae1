"""What a reading lacks: voltage, current, its interval, its power factor, in each format."""

import math

import polars as pl
import pytest

from energykit.artifacts import scan, write
from energykit.artifacts.formats import FORMATS
from energykit.errors import ArtifactError

SUFFIXES = [suffix.removeprefix(".") for suffix in FORMATS]
READINGS = pl.DataFrame(
    {
        "timestamp": [f"2025-01-01T00:0{n}:00Z" for n in range(4)],
        "household_id": ["HH-0"] * 4,
        "power_consumption": [100.0, 2000.0, -5.5, 0.0],
        "voltage": [230.0, None, 231.5, None],
        "current": [3.0, 4.0, None, None],
        "interval_s": [60.0, None, 0.0, 59.25],
    }
)
REPORT = pl.DataFrame(
    {
        "timestamp": [f"2025-01-01T00:0{n}:00Z" for n in range(4)],
        "household_id": ["HH-0"] * 4,
        "power": pl.Series([100.0, 2000.0, -5.5, 0.0]),
        "efficiency": [0.5, None, math.nan, 0.0],
        "status": ["OK", "OK", "undefined", "stuck"],
        "anomaly_detected": [False, False, True, True],
        "reasons": ["", "", "undefined", "stuck"],
        "interval_s": [60.0, None, 60.0, 0.0],
    }
)


def same(left, right):
    return left.equals(right.cast(dict(left.schema)), null_equal=True)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_a_reading_lacks_is_null(tmp_path, suffix):
    path = tmp_path / f"readings.{suffix}"
    write(READINGS, path)
    read = scan(path)
    assert same(read.frame.collect(), READINGS)
    assert (read.rows_in, read.skipped) == (4, ())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_undefined_power_factor_is_not_one_that_is_lacking(tmp_path, suffix):
    path = tmp_path / f"report.{suffix}"
    write(REPORT, path)
    read = scan(path)
    frame = read.frame.collect()
    assert same(frame.drop("efficiency"), REPORT.drop("efficiency"))
    assert str(frame["efficiency"].to_list()) == "[0.5, None, nan, 0.0]"
    assert (read.rows_in, read.skipped) == (4, ())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_columns_that_a_file_lacks_are_null_and_an_interval_is_not_made_up(tmp_path, suffix):
    path = tmp_path / f"readings.{suffix}"
    write(READINGS.drop("voltage", "current", "interval_s"), path)
    frame = scan(path).frame.collect()
    assert frame.columns == READINGS.columns[:5]
    assert frame["voltage"].null_count() == frame["current"].null_count() == 4
    assert frame["voltage"].dtype == pl.Float64


def test_a_blank_beside_a_wrong_number_is_no_fault_of_its_own(tmp_path):
    path = tmp_path / "a.csv"
    header = "timestamp,household_id,power_consumption,voltage,current,interval_s\n"
    rows = ["1,,,", "2,x,1,", "3, ,1,60", "4,230,,-1", "5,230,inf,1e5"]
    stamp = "2025-01-01T00:00:00Z,HH-0,"
    path.write_text(header + "".join(f"{stamp}{row}\n" for row in rows))
    read = scan(path)
    assert read.frame.collect()["power_consumption"].to_list() == [1, 3]
    assert [(entry.reason, entry.first_line) for entry in read.skipped] == [
        ("voltage is not a number", 3),
        ("interval_s is negative", 5),
        ("current is not finite", 6),
    ]


def test_parquet_says_nothing_with_null_and_never_with_nan(tmp_path):
    write(REPORT, tmp_path / "report.parquet")
    plain = pl.read_parquet(tmp_path / "report.parquet")
    assert plain["efficiency"].null_count() == 2
    assert not plain["efficiency"].is_nan().any()
    large = pl.scan_parquet(tmp_path / "report.parquet").filter(pl.col("efficiency") > 0.4)
    assert large.collect().height == 1


def test_csv_writes_nothing_for_what_is_lacking(tmp_path):
    write(READINGS, tmp_path / "readings.csv")
    lines = (tmp_path / "readings.csv").read_text().splitlines()
    assert lines[2:] == [
        "2025-01-01T00:01:00Z,HH-0,2000.0,,4.0,",
        "2025-01-01T00:02:00Z,HH-0,-5.5,231.5,,0.0",
        "2025-01-01T00:03:00Z,HH-0,0.0,,,59.25",
    ]


@pytest.mark.parametrize("kind", ["readings", "report"])
def test_an_empty_pb_is_an_empty_table_of_the_kind_asked_for(tmp_path, kind):
    path = tmp_path / "empty.pb"
    path.write_bytes(b"")
    read = scan(path)
    frame = read.expect(kind).collect()
    assert (frame.height, read.kind, read.rows_in) == (0, kind, 0)
    assert ("power" in frame.columns) == (kind == "report")


@pytest.mark.parametrize(("values", "dtype"), [([1_735_689_600], "Int64"), ([45_658.5], "Float64")])
def test_stamps_that_are_numbers_are_refused_with_a_hint(tmp_path, values, dtype):
    path = tmp_path / "epoch.parquet"
    row = {"household_id": ["HH"], "power_consumption": [1.0], "voltage": [1.0], "current": [1.0]}
    pl.DataFrame({"timestamp": values, **row}).write_parquet(path)
    with pytest.raises(ArtifactError) as caught:
        scan(path)
    assert caught.value.what == f"column 'timestamp' holds {dtype}, not times"
    assert "from_epoch" in caught.value.hint
    assert "timestamp_format" in caught.value.hint
