"""A column a meter: read side by side or one below the other, the readings are the same."""

import numpy as np
import polars as pl
import pytest

from energykit.meters import Account, side_by_side
from energykit.meters.store import RowStore

METERS = tuple(f"flat {n}" for n in range(1, 7))
BERLIN = "Europe/Berlin"


def hours(first, count):
    """Return what a clock shows at some hours, the first in UTC."""
    start = pl.Series([first]).str.to_datetime(time_zone="UTC").dt.timestamp("us")[0]
    moments = start + pl.int_range(count, eager=True) * 3_600_000_000
    clock = moments.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(BERLIN)
    return clock.dt.strftime("%Y-%m-%d %H:%M").to_list()


def table(stamps, cell=lambda row, meter: f"{(row * 7 + meter) % 10 / 10}"):
    """Return a table in kWh with a column a meter."""
    rows = [[t, *(cell(row, meter) for meter in range(6))] for row, t in enumerate(stamps)]
    return "\n".join(",".join(row) for row in [["t", *METERS], *rows, []])


AUTUMN = hours("2025-10-25T20:00:00", 40)
SPRING = hours("2025-03-29T20:00:00", 40)
STEADY = hours("2025-01-15T00:00:00", 30)
HOLE = [*STEADY[:10], *STEADY[16:]]
CASES = {
    "steady": [table(STEADY)],
    "the hour that exists twice": [table(AUTUMN)],
    "the hour that does not exist": [table([*SPRING[:6], "2025-03-30 02:00", *SPRING[6:]])],
    "a gap": [table(HOLE)],
    "newest first": [table(AUTUMN[::-1])],
    "a stamp twice": [table([*STEADY, STEADY[3]])],
    "one cell blank": [table(STEADY, lambda row, meter: "" if (row, meter) == (4, 2) else "0.5")],
    "one cell a word": [table(AUTUMN, lambda row, meter: "x" if (row, meter) == (4, 2) else "0.5")],
    "one cell too large": [table(STEADY, lambda row, meter: "1e39" if row == meter == 5 else "1")],
    "a stamp that is none": [table([*STEADY, "soon"])],
    "a stamp with a zone": [table([*STEADY, "2025-01-20T00:00:00Z"])],
    "few rows": [table(STEADY[:3])],
    "ends": [table([*STEADY[1:24], "2025-01-16 01:00", "2025-01-17 00:00"])],
    "two files that overlap": [table(STEADY[:20]), table(STEADY[10:])],
}


def import_of(imported, texts, **parameters):
    result = imported(
        *texts,
        columns={"timestamp": "t"},
        layout="wide_by_meter",
        time_zone=BERLIN,
        units={"power_consumption": "kWh"},
        quantity="energy",
        **parameters,
    )
    readings = result.readings.sort("household_id", "timestamp")
    return readings, result.left_out, result.said


@pytest.mark.parametrize("extra", [{}, {"step_s": 3600}, {"stamps": "end"}])
@pytest.mark.parametrize("name", CASES)
def test_the_readings_do_not_depend_on_how_the_table_is_read(name, extra, imported, monkeypatch):
    beside = import_of(imported, CASES[name], **extra)
    monkeypatch.setattr(side_by_side, "FEWEST_METERS", 1000)
    below = import_of(imported, CASES[name], **extra)
    assert beside[0].equals(below[0])
    assert beside[1:] == below[1:]


def test_whole_tables_stay_side_by_side(imported, monkeypatch):
    heights, add = [], RowStore.add

    def counted(store, rows):
        heights.append(rows.height)
        add(store, rows)

    monkeypatch.setattr(RowStore, "add", counted)
    readings, _, _ = import_of(imported, [table(AUTUMN)])
    assert heights[:1] == [len(AUTUMN)]  # what follows is of the look at the file
    assert readings.height == len(AUTUMN) * len(METERS)
    assert readings["household_id"].unique().sort().to_list() == list(METERS)


def test_ends_of_intervals_are_found_whatever_the_number_of_households(imported):
    quarters = [f"2025-01-15 {n // 4:02d}:{n % 4 * 15:02d}" for n in range(1, 96)]
    rows = [f"{t},{h},0.25" for h in range(50) for t in [*quarters, "2025-01-16 00:00"]]
    result = imported(
        "\n".join(["t,meter,kWh", *rows, ""]),
        columns={"timestamp": "t", "household_id": "meter", "power_consumption": "kWh"},
    )
    assert result.stamps[0] == "2025-01-15T00:00:00"
    assert any("stamps are taken for ends" in remark for remark in result.remarks)


def test_a_row_that_is_left_out_counts_once_for_each_meter():
    account = Account()
    rows = pl.DataFrame({"line": [2, 3, 4], "stands": [60, None, 900]})
    assert account.without(rows, pl.col("stands") > 900, "long").equals(rows)
    assert account.without(rows, pl.col("stands") > 60, "long")["line"].to_list() == [2, 3]
    beside = side_by_side.with_cells(rows, np.zeros((6, 3)))
    assert account.without(beside, pl.col("line") < 4, "early").height == 1
    assert [(item.reason, item.rows, item.first_line) for item in account.skipped] == [
        ("early", 12, 2),
        ("long", 1, 4),
    ]
