"""Peak demand: the highest mean power over a quarter of an hour.

Quarters follow the clock (00, 15, 30, 45 minutes), as meters for billing count them. Only quarters
count that are measured from begin to end. A reading that stands for a quarter of an hour or longer
is a demand by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["QUARTER_S", "Demand", "Peak"]

QUARTER_S = 900
"""Length of the interval [s]."""
_QUARTER_US = QUARTER_S * 1_000_000
_GROUP = ("household_id", "quarter")


@dataclass(frozen=True)
class Peak:
    """The highest quarter of a household."""

    power_w: float
    """Mean power of the quarter [W]."""
    start: datetime
    """When the quarter starts."""


class Demand:
    """Finds the highest quarter of each household, batch by batch."""

    def __init__(self) -> None:
        self._open: pl.DataFrame | None = None
        self._best: pl.DataFrame | None = None

    def add(self, rows: pl.DataFrame) -> None:
        """Add readings, in time order within each household.

        Parameters
        ----------
        rows
            ``household_id``, ``moment`` Datetime[µs], ``power`` [W], ``stands_us`` [µs].
        """
        columns = rows.select("household_id", "moment", "power", "stands_us")
        long = columns.filter(pl.col("stands_us") >= _QUARTER_US)
        if not long.is_empty():
            self._keep(long.rename({"power": "power_w", "moment": "start"}))
        short = columns.filter(pl.col("stands_us").is_between(1, _QUARTER_US - 1))
        if not short.is_empty():
            self._sum(_split_at_quarters(short))

    def peaks(self) -> dict[str, Peak]:
        """Return the highest quarter of each household that has one; nothing more may be added."""
        if self._open is not None:
            self._close(self._open)
            self._open = None
        rows = self._best.iter_rows() if self._best is not None else ()
        return {name: Peak(power_w, start) for name, power_w, start in rows}

    def _sum(self, parts: pl.DataFrame) -> None:
        both = parts if self._open is None else pl.concat([self._open, parts])
        groups = both.group_by(_GROUP).agg(pl.col("w_us", "stands_us").sum())
        is_open = pl.col("quarter") == pl.col("quarter").max().over("household_id")
        self._open = groups.filter(is_open)
        self._close(groups.filter(~is_open))

    def _close(self, quarters: pl.DataFrame) -> None:
        whole = quarters.filter(pl.col("stands_us") >= _QUARTER_US)
        mean = (pl.col("w_us") / pl.col("stands_us")).alias("power_w")
        self._keep(whole.select("household_id", mean, pl.col("quarter").alias("start")))

    def _keep(self, demands: pl.DataFrame) -> None:
        """Keep the highest of these, the earliest of several."""
        new = demands.select("household_id", "power_w", "start")
        both = new if self._best is None else pl.concat([self._best, new])
        highest = pl.all().get(pl.col("power_w").arg_max())
        self._best = both.sort("start").group_by("household_id").agg(highest)


def _split_at_quarters(rows: pl.DataFrame) -> pl.DataFrame:
    """Return power times time by quarter; a reading that goes on past one counts in both."""
    quarter = pl.col("moment").dt.truncate(f"{QUARTER_S}s")
    following = quarter + pl.duration(seconds=QUARTER_S)
    over = (pl.col("moment") - following).dt.total_microseconds() + pl.col("stands_us")
    dated = rows.with_columns(
        quarter.alias("quarter"), pl.max_horizontal(over, 0).alias("over"), following.alias("next")
    )
    here = dated.with_columns(pl.col("stands_us") - pl.col("over"))
    there = dated.filter(pl.col("over") > 0).with_columns(
        pl.col("next").alias("quarter"), pl.col("over").alias("stands_us")
    )
    w_us = (pl.col("power") * pl.col("stands_us")).alias("w_us")
    return pl.concat([here, there]).select("household_id", "quarter", w_us, "stands_us")
