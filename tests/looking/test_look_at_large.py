"""A look at a large file: in part, which is said, and in a second or two."""

import datetime as dt
import gzip
import sys
import time

import polars as pl
import pytest

from energykit.looking import look
from energykit.looking.grid import read_grid
from energykit.looking.stamp import find_stamps
from energykit.meters.moment import StampReader
from tests.looking.files import FILES, energy, hours


def test_a_large_file_is_looked_at_in_part_and_that_is_said(file):
    text = "ts,power W\n" + "".join(f"{1736899200 + 60 * n},500\n" for n in range(120_000))
    seen = look(file(text))
    assert seen.bytes_read < seen.size
    assert f"looked at the first {seen.bytes_read:,} of {seen.size:,} bytes only" in repr(seen)


def million_rows():
    yield "t,kWh\n"
    start = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    for day in range(695):
        date = f"{start + dt.timedelta(days=day):%Y-%m-%d}"
        yield "".join(f"{date} {m // 60:02d}:{m % 60:02d},0.01\n" for m in range(1440))


def many_households():
    yield "t,house,kWh\n"
    for quarter in range(40):
        yield "".join(
            f"2025-01-01 {quarter // 4:02d}:{quarter % 4 * 15:02d},h{n},0.5\n" for n in range(5000)
        )


def nem12_of_meters():
    yield "100,NEM12,202501170000,A,B\n"
    for meter in range(400):
        yield f"200,NMI{meter:07d},E1,E1,E1,N1,M1,KWH,30,20250201\n"
        yield "".join(f"300,202501{d:02d}," + "0.25," * 48 + "A,,,,\n" for d in range(1, 32))


LARGE = {
    "a million rows": (million_rows, "meter.csv"),
    "quarter-hours of three days": (lambda: FILES["numbered intervals"][0].replace("500", "0.123"), "meter.csv"),
    "fractions beside each other": (lambda: "t," + ",".join(f"c{n}" for n in range(96)) + "\n" + "".join(f"2025-01-1{d}," + ",".join(["0.123456"] * 96) + "\n" for d in range(3)), "meter.csv"),
    "a column for each of 2,000 meters": (lambda: "t," + ",".join(f"m{n}" for n in range(2000)) + "\n" + "".join(f"{t}," + ",".join(["0.123456"] * 2000) + "\n" for t in hours()), "meter.csv"),
    "5,000 households": (many_households, "meter.csv"),
    "NEM12 of 400 meters": (nem12_of_meters, "meter.csv"),
}  # fmt: skip


DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d/%m/%Y 00:00", "%d-%b-%Y", "%m/%d/%Y 12:00 AM")


@pytest.mark.parametrize("form", DATES)
def test_a_table_of_hundreds_of_dates_is_read_in_few_of_them(file, form, monkeypatch):
    tried, read = [], StampReader.read
    monkeypatch.setattr(
        StampReader, "read", lambda *given, **named: tried.append(1) or read(*given, **named)
    )
    start = dt.date(2024, 1, 20)
    rows = [
        ";".join((start + dt.timedelta(row + n)).strftime(form) for n in range(300)) + ";0,5"
        for row in range(30)
    ]
    header = ";".join(f"date {n}" for n in range(300)) + ";kWh"
    seen = look(file("\n".join([header, *rows, ""])))
    assert seen.parameters["columns"] == {"timestamp": "date 0", "power_consumption": "kWh"}
    assert energy(seen.path, seen.parameters) == pytest.approx(15.0)
    assert len(tried) < 50


_MOST_CPU_S = 4.0 if sys.gettrace() is None else 12.0
"""Several times what the slowest takes on two busy cores; a coverage looks at every line."""


@pytest.mark.parametrize("name", LARGE)
def test_a_look_takes_a_second_or_two_whatever_the_file(tmp_path, name):
    make, file_name = LARGE[name]
    path = tmp_path / file_name
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(make())
    before = time.process_time()
    seen = look(path)
    assert time.process_time() - before < _MOST_CPU_S
    assert seen.is_recognised, seen
    assert seen.is_whole == (path.stat().st_size <= 1 << 20)


@pytest.mark.parametrize(("name", "most"), [("a row a day", 8), ("numbered intervals", 2)])
def test_columns_of_numbers_are_not_tried_as_stamps(file, name, most, monkeypatch):
    tried = []
    read = StampReader.read
    monkeypatch.setattr(
        StampReader, "read", lambda *given, **named: tried.append(1) or read(*given, **named)
    )
    grid = read_grid(FILES[name][0].split("\n"))
    assert find_stamps(grid)
    assert len(tried) <= most


def test_a_packed_or_columnar_file_is_looked_at_in_part_too(tmp_path):
    text = "ts,power W\n" + "".join(f"{1736899200 + 60 * n},500\n" for n in range(120_000))
    packed = tmp_path / "meter.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    table = pl.read_csv(text.encode())
    table.write_parquet(tmp_path / "meter.parquet")
    for path in (packed, tmp_path / "meter.parquet"):
        seen = look(path)
        assert not seen.is_whole
        assert seen.is_recognised
        assert "bytes only" in repr(seen)
        assert seen.readings.height < 120_000


def test_telegrams_that_a_sample_cuts_are_not_called_damaged(file):
    telegram = "/X\r\n\r\n0-0:1.0.0({}W)\r\n1-0:1.8.1({:010.3f}*kWh)\r\n!\r\n"
    start = dt.datetime(2025, 1, 15, tzinfo=dt.UTC)
    texts = [
        telegram.format(f"{start + dt.timedelta(seconds=10 * n):%y%m%d%H%M%S}", 1000 + n / 1000)
        for n in range(20_000)
    ]
    seen = look(file("".join(texts), "p1.txt"))
    assert not seen.is_whole
    assert not [remark for remark in seen.remarks if "left out" in remark]
