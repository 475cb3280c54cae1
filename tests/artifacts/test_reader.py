"""Scanning: the frame of a file, its kind, its lines, and what is reported while it is read."""

import polars as pl

from energykit.artifacts import csv_blocks as blocks
from energykit.artifacts import scan

HEADER = "timestamp,household_id,power_consumption,voltage,current\n"
GOOD = "2025-01-01T00:00:00Z,HH-0,120.5,230.0,5.1\n"


def test_a_report_is_recognised_by_its_columns(file):
    text = (
        "timestamp,household_id,power,efficiency,anomaly_detected\n"
        "2025-01-01T00:00:00Z,HH-0,120.5,nan,True\n"
    )
    found = scan(file(text))
    row = found.frame.collect().rows(named=True)[0]
    assert found.kind == "report"
    assert row["efficiency"] != row["efficiency"]
    assert row["anomaly_detected"] is True


def test_the_frame_may_be_collected_again(file):
    found = scan(file(HEADER + GOOD * 3 + "x,HH-0,1,1,1\n"))
    assert found.frame.collect().equals(found.frame.collect())
    assert (found.rows_in, len(found.skipped)) == (4, 1)


def test_projection_and_filter_are_applied(file):
    frame = scan(file(HEADER + GOOD + GOOD.replace("120.5", "7"))).frame
    assert frame.filter(pl.col("power_consumption") < 100).select("voltage").collect().rows() == [
        (230.0,)
    ]
    assert frame.head(1).collect().height == 1


def test_line_of_finds_the_line_of_a_used_row(file):
    found = scan(
        file(HEADER + "x,HH,1,1,1\n" + GOOD + '2025-01-01T00:00:00Z,"a\nb",1,1,1\n' + GOOD)
    )
    assert [found.line_of(position) for position in range(2)] == [3, 6]


def test_rows_are_reported_while_reading(file, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 64)
    seen = []
    scan(file(HEADER + GOOD * 10), on_rows=seen.append).frame.collect()
    assert seen == sorted(seen)
    assert seen[-1] == 10
