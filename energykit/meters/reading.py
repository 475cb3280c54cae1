"""Rows of which all is known, as readings of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from energykit.meters.quantity import Quantity
from energykit.meters.side_by_side import CELLS, each_meter
from energykit.meters.stamp_text import stamp_text

if TYPE_CHECKING:
    from energykit.meters.formats import MeterFile

__all__ = ["finished_readings", "no_readings"]

_US = 1e6
_NUMBERS = ("power_consumption", "voltage", "current", "interval_s")
_READING = ("timestamp", "household_id", *_NUMBERS)


def no_readings() -> pl.DataFrame:
    """Return the table of an import without rows."""
    kinds = {name: pl.Float64 if name in _NUMBERS else pl.String for name in _READING}
    return pl.DataFrame(schema=kinds)


def finished_readings(rows: pl.DataFrame, mapped: MeterFile, *, feeds_in: bool) -> pl.DataFrame:
    """Return timed rows as readings.

    Parameters
    ----------
    rows
        With ``start`` and ``stands`` [µs].
    mapped
        The file that they are of.
    feeds_in
        Whether what is fed in is counted, too.
    """
    is_power = mapped.quantity is Quantity.POWER
    per_time = pl.lit(1.0) if is_power else 3.6e9 / pl.col("stands")
    timed = rows.with_columns(
        stamp_text(rows["start"], is_universal=mapped.is_universal).alias("timestamp"),
        per_time.alias("per_time"),
        (pl.col("stands") / _US).alias("interval_s"),
    )
    if CELLS in timed.columns:
        cells = timed[CELLS].to_numpy() * timed["per_time"].to_numpy()[:, None]
        power = pl.Series(cells.T.ravel())
        timed = each_meter(timed.drop(CELLS), mapped.meters)
    else:
        power = timed["per_time"] * timed["value0"]
    export = {"power_export": pl.col("per_time") * pl.col("fed_in")} if feeds_in else {}
    readings = timed.with_columns(power.alias("power_consumption"), **export)
    return readings.select(*_READING, *export)
