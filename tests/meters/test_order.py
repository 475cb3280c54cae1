"""Rows out of order: parted in one pass, sorted piece by piece, each used once."""

import polars as pl
import pytest

from energykit.errors import ArtifactError
from energykit.meters import MeterImport, meter_parameters, order, store, survey
from energykit.meters.account import Account
from energykit.meters.rows import ROW

NO_VALUE = dict.fromkeys(("span", "voltage", "current"))


def frames_of(moments, size):
    rows = pl.DataFrame({"moment": moments}).with_columns(
        line=pl.int_range(2, len(moments) + 2),
        household_id=pl.lit("h"),
        register=pl.lit(0),
        later=pl.lit(0),
        value0=pl.col("moment").cast(pl.Float64),
        **{name: pl.lit(None) for name in NO_VALUE},
    )
    rows = rows.select(*ROW, "value0").cast(dict(ROW))
    return [rows.slice(at, size) for at in range(0, rows.height, size)]


@pytest.mark.parametrize("size", [7, 100, 5000])
@pytest.mark.parametrize("kind", ["newest first", "interleaved", "twice"])
def test_pieces_hold_every_row_once_and_ascend(monkeypatch, size, kind):
    count = 3000
    moments = {
        "newest first": list(range(count, 0, -1)),
        "interleaved": [n * 7919 % count + 1 for n in range(count)],
        "twice": [*range(1, count + 1), *range(1, count + 1)],
    }[kind]
    monkeypatch.setattr(survey, "PIECE_ROWS", 256)
    monkeypatch.setattr(store, "_MEMORY_BYTES", 20_000)  # most pieces go to disk
    frames, passes, account = frames_of(moments, size), [], Account()

    def again():
        passes.append(1)
        return iter(frames)

    out = pl.concat(order.in_order(again, account))
    assert out["moment"].to_list() == list(range(1, count + 1))
    assert len(passes) == 2
    assert sum(entry.rows for entry in account.adjustments if "twice" in entry.what) == (
        count if kind == "twice" else 0
    )


# two days of half-hours: what tells the rows of a day apart is not named
UNNAMED = {
    "the time of day, of equal values": [
        f"2025-01-{d},{n % 24:02d}:{n // 24}0,0.25" for d in (15, 16) for n in range(48)
    ],
    "the number of the interval": [f"2025-01-{d},{n},0.25" for d in (15, 16) for n in range(1, 49)],
    "the direction, of other values": [
        f"2025-01-15 {h:02d}:00,{way},{kwh}"
        for h in range(24)
        for way, kwh in (("pobór", 0.5), ("oddanie", 0.2))
    ],
}


@pytest.mark.parametrize("what", UNNAMED)
def test_rows_that_only_an_unnamed_column_tells_apart_are_refused(tmp_path, what):
    path = tmp_path / "meter.csv"
    path.write_text("\n".join(["t,what,kWh", *UNNAMED[what], ""]), encoding="utf-8")
    parameters = meter_parameters(columns={"timestamp": "t", "power_consumption": "kWh"})
    with pytest.raises(
        ArtifactError, match="one household and time, the first in line 3"
    ) as caught:
        list(MeterImport([path], parameters).readings())
    assert "name what tells them apart" in str(caught.value)


def test_a_file_that_was_written_thrice_is_used_once(tmp_path):
    path = tmp_path / "meter.csv"
    rows = [f"2025-01-{d},{d}" for d in range(10, 20)]
    path.write_text("\n".join(["t,kWh", *rows, *rows, *rows, ""]), encoding="utf-8")
    parameters = meter_parameters(columns={"timestamp": "t", "power_consumption": "kWh"})
    one_import = MeterImport([path], parameters)
    readings = pl.concat(one_import.readings())
    joules = readings["power_consumption"] * readings["interval_s"]
    assert joules.sum() / 3.6e6 == pytest.approx(145)
    assert ("rows are there twice: used once", 20) in [
        (said.what, said.rows) for said in one_import.account.adjustments
    ]
