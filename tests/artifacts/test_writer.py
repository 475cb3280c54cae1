"""Writing: the bytes, and that a target is replaced in one step or not at all."""

import csv
import hashlib
import io
import itertools
import math
import os
import random
from pathlib import Path

import polars as pl
import pytest

from energykit.artifacts import Written, replace_file, scan, write
from energykit.artifacts.csv_text import csv_text
from energykit.artifacts.formats import SUFFIXES
from energykit.artifacts.number_text import number_texts
from energykit.errors import ArtifactError


def python_csv(rows, header):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def numbers(count=2000):
    pick = random.Random(7)
    odd = [
        0.0,
        -0.0,
        1e-5,
        1e16,
        1e15,
        5e-324,
        1.7976931348623157e308,
        math.inf,
        -math.inf,
        math.nan,
        1e22,
        123456789.125,
    ]
    return odd + [pick.uniform(-1, 1) * 10 ** pick.randint(-12, 20) for _ in range(count)]


def test_csv_is_what_pythons_csv_module_writes():
    values = numbers()
    texts = ["", "a,b", 'say "x"', "two\nlines", "Süd", " ", "plain"]
    columns = {
        "number": values,
        "text": [texts[n % len(texts)] for n in range(len(values))],
        "flag": [n % 3 == 0 for n in range(len(values))],
        "whole": list(range(len(values))),
    }
    assert csv_text(pl.DataFrame(columns), header=True) == python_csv(
        zip(*columns.values(), strict=True), columns
    )


@pytest.mark.parametrize("dtype", [pl.Float32, pl.Float64])
@pytest.mark.parametrize(
    "values",
    [
        [0.0, 16383.0, 250.0],
        [0.0, 16384.0],
        [0.001, 0.1, 0.981, 1.0, 1.999],
        [0.001, 2.0],
        [0.5, -0.0],
        [-0.0, 1.0],
        [-1.0, 1.0],
        [1.0, math.nan],
        [math.nan, 1.0],
        [math.inf, 1.0],
        [0.25, 1e-7],
        [0.25, 0.0004999],
        [3.0, None, 0.5],
        [None, None],
        [240.62, 3.0],
        [-5e300, 4.0],
    ],
)
def test_numbers_are_written_as_python_writes_them_whether_or_not_a_table_has_them(values, dtype):
    column = pl.Series("x", values, dtype=pl.Float64).cast(dtype)
    wide = column.cast(pl.Float64).to_list()
    expected = ["" if number is None else str(number) for number in wide]
    text = bytes(csv_text(pl.DataFrame([column, column.alias("y")]), header=False)).decode()
    assert [line.split(",") for line in text.splitlines()] == [[one, one] for one in expected]
    assert number_texts(column).to_list() == [one or None for one in expected]


def test_32_bit_floats_are_widened():
    frame = pl.DataFrame({"x": [0.103, 0.1]}, schema={"x": pl.Float32})
    assert csv_text(frame, header=False) == b"0.10300000011920929\n0.10000000149011612\n"


def test_times_are_iso_8601_with_z_where_the_zone_is_known():
    frame = pl.DataFrame({"naive": ["2025-07-01T12:00:00"]}).select(
        pl.col("naive").str.to_datetime()
    )
    frame = frame.with_columns(zone=pl.col("naive").dt.replace_time_zone("Europe/Paris"))
    assert csv_text(frame, header=False) == b"2025-07-01T12:00:00,2025-07-01T10:00:00Z\n"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_written_is_told(tmp_path, legacy, suffix):
    path = tmp_path / "new" / "folder" / f"copy{suffix}"
    seen = []
    written = write(scan(legacy / "energy_data.csv").frame, path, on_rows=seen.append)
    content = path.read_bytes()
    assert written == Written(path, 10, len(content), hashlib.sha256(content).hexdigest())
    assert seen == [10]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("source", ["energy_data.csv", "analysis_output.pb"])
def test_every_format_gives_back_what_it_was_given(tmp_path, legacy, suffix, source):
    frame = scan(legacy / source).frame.collect()
    for form in (frame, frame.lazy(), iter([frame.head(3), frame.tail(7)])):
        write(form, tmp_path / f"copy{suffix}")
        assert scan(tmp_path / f"copy{suffix}").frame.collect().equals(frame)


def test_csv_pb_and_parquet_are_turned_into_each_other_without_a_change(tmp_path, legacy):
    original = legacy / "energy_data.csv"
    chain = [original, tmp_path / "a.pb", tmp_path / "b.parquet", tmp_path / "c.csv"]
    for source, target in itertools.pairwise(chain):
        write(scan(source).frame, target)
    assert chain[-1].read_bytes() == original.read_bytes()


def test_zero_rows_are_written_and_read(tmp_path, legacy):
    empty = scan(legacy / "energy_data.csv").frame.collect().clear()
    for suffix in SUFFIXES:
        assert write(empty.lazy(), tmp_path / f"empty{suffix}").rows == 0
        assert scan(tmp_path / f"empty{suffix}").frame.collect().equals(empty)


def test_parquet_with_datetimes_and_whole_numbers_is_read(tmp_path):
    frame = pl.DataFrame(
        {
            "timestamp": ["2025-01-01T00:00:00"],
            "household_id": ["a"],
            "power_consumption": [1],
            "voltage": [230],
            "current": [2],
        }
    ).with_columns(pl.col("timestamp").str.to_datetime(time_zone="UTC"))
    frame.write_parquet(tmp_path / "a.parquet")
    assert scan(tmp_path / "a.parquet").frame.collect().rows() == [
        ("2025-01-01T00:00:00Z", "a", 1.0, 230.0, 2.0)
    ]


@pytest.mark.parametrize(
    ("households", "seen"),
    [
        (pl.Series([7, 8]), ["7", "8"]),
        (pl.Series([0.5, 1.5]), ["0.5", "1.5"]),
        (pl.Series(["a", "b"], dtype=pl.Categorical), ["a", "b"]),
        (pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"])), ["a", "b"]),
        (pl.Series([b"a", b"b"]), ["a", "b"]),
        (pl.Series([b"a", b"\xff"]), ["a"]),
    ],
)
def test_parquet_households_of_any_type_are_names(tmp_path, legacy, households, seen):
    readings = scan(legacy / "energy_data.csv").frame.head(2).collect()
    readings.with_columns(household_id=households).write_parquet(tmp_path / "a.parquet")
    found = scan(tmp_path / "a.parquet")
    assert found.frame.collect()["household_id"].to_list() == seen
    assert found.rows_in == 2


def test_a_parquet_row_that_cannot_be_used_is_counted_by_its_number(tmp_path):
    frame = pl.DataFrame(
        {
            "timestamp": ["2025-01-01T00:00:00Z"] * 3,
            "household_id": ["a"] * 3,
            "power_consumption": [1.0, None, math.nan],
            "voltage": [1.0] * 3,
            "current": [1.0] * 3,
        }
    )
    frame.write_parquet(tmp_path / "a.parquet")
    found = scan(tmp_path / "a.parquet")
    assert found.frame.collect().height == 1
    assert [(s.reason, s.rows, s.first_line) for s in found.skipped] == [
        ("power_consumption is blank", 1, 2),
        ("power_consumption is not finite", 1, 3),
    ]


def test_other_columns_go_to_csv_but_not_to_pb(tmp_path):
    frame = pl.DataFrame({"day": ["2025-01-01"], "energy_kwh": [24.0]})
    assert write(frame, tmp_path / "days.csv").rows == 1
    with pytest.raises(ArtifactError, match="missing for"):
        write(frame, tmp_path / "days.pb")


def test_no_batch_at_all_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="no batch"):
        write([], tmp_path / "a.csv")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, legacy, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"old")
    frame = scan(legacy / "energy_data.csv").frame.collect()

    def batches():
        yield frame
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        write(batches(), path)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_replace_file_is_seen_whole_or_not_at_all(tmp_path):
    path = tmp_path / "note.txt"
    with replace_file(path) as file:
        file.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one"
    assert file.sha256 == hashlib.sha256(b"one").hexdigest()
    with pytest.raises(TypeError), replace_file(path) as file:
        file.write("text is not bytes")
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == [b"one"]


def test_a_directory_is_no_target(tmp_path):
    with pytest.raises(ArtifactError, match="is a directory"), replace_file(tmp_path):
        pass


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(ArtifactError, match="a part of the path is a file"),
        replace_file(tmp_path / "file" / "a.csv"),
    ):
        pass


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ArtifactError) as caught, replace_file(tmp_path / "a.csv"):
        pass
    tmp_path.chmod(0o700)
    assert caught.value.code == "PERMISSION_DENIED"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_named(tmp_path, monkeypatch, legacy, suffix):
    frame = pl.concat([scan(legacy / "energy_data.csv").frame.collect()] * 10_000)
    full = lambda target: (os.open("/dev/full", os.O_WRONLY), target.with_name("none.tmp"))
    monkeypatch.setattr("energykit.artifacts.temporary._create", full)
    with pytest.raises(ArtifactError) as caught:
        write(frame, tmp_path / f"a{suffix}")
    assert (caught.value.what, caught.value.code) == (
        "cannot be written: the disk is full",
        "RESOURCE_EXHAUSTED",
    )
