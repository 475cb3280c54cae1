"""Peak demand: the highest mean power over a quarter of an hour.

Quarters follow the clock (00, 15, 30, 45 minutes), as meters for billing count them. Only quarters
with all their readings count: as many as the household's step makes, one where the step is longer.
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
_GROUP = ("household_id", "quarter")
_BEST = ("household_id", "readings")


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

    def add(self, lagged: pl.DataFrame) -> None:
        """Add readings.

        Parameters
        ----------
        lagged
            ``household_id``, ``moment``, ``power`` [W], ``lag_ms`` [ms]; those with a lag of 0 do
            not count.
        """
        quarter = pl.col("moment").dt.truncate(f"{QUARTER_S}s").alias("quarter")
        sums = (
            lagged.filter(pl.col("lag_ms").ne_missing(0))
            .group_by("household_id", quarter)
            .agg(pl.col("power").sum().alias("power_w"), pl.len().cast(pl.Int64).alias("readings"))
        )
        both = sums if self._open is None else pl.concat([self._open, sums])
        groups = both.group_by(_GROUP).agg(pl.col("power_w", "readings").sum())
        is_open = pl.col("quarter") == pl.col("quarter").max().over("household_id")
        self._open = groups.filter(is_open)
        self._close(groups.filter(~is_open))

    def peaks(self, step_s: dict[str, float]) -> dict[str, Peak]:
        """Return the highest whole quarter of each household that has one; nothing more may be added.

        Parameters
        ----------
        step_s
            Time between a household's readings [s].
        """
        if self._open is not None:
            self._close(self._open)
        found: dict[str, Peak] = {}
        for name, readings, power_w, start in (
            self._best.iter_rows() if self._best is not None else ()
        ):
            whole = max(1, round(QUARTER_S / step_s[name])) if step_s.get(name) else 1
            if readings >= whole and (name not in found or power_w > found[name].power_w):
                found[name] = Peak(power_w, start)
        return found

    def _close(self, quarters: pl.DataFrame) -> None:
        """Keep the highest of these quarters by number of readings: how many make one whole is known at the end."""
        mean = pl.col("power_w") / pl.col("readings")
        means = quarters.select(
            "household_id", "readings", mean.alias("power_w"), pl.col("quarter").alias("start")
        )
        both = means if self._best is None else pl.concat([self._best, means])
        highest = pl.col("power_w").arg_max()
        self._best = both.sort("start").group_by(_BEST).agg(pl.all().get(highest))
