"""Rows out of order: parted in one pass, sorted piece by piece, each used once."""

import polars as pl
import pytest

from energykit.meters import order, store, survey
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
