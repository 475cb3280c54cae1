"""How long each reading stands for, and the energy that makes: never across a gap.

A reading stands for the time until the next reading of its household, but at most for the
household's step: the most frequent time between its readings. So a gap adds nothing, and of
readings with the same timestamp only the last counts. The step is known at the end only; until then
power is summed by household, day and time to the next reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from services.report_generator.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MS_PER_S", "WH_PER_KWH", "Durations", "Timeline", "quality"]

WH_PER_KWH = 1000.0
_MS_PER_H = 3_600_000.0
MS_PER_S = 1000.0
_GAP_STEPS = 1.5
"""A time between readings of more than this many steps is a gap: at least one reading is missing.
"""
_KEYS = ("household_id", "day", "lag_ms")


class Timeline:
    """Tells each reading how long it is to the next one of its household, batch by batch.

    The last reading of each household waits for the next batch.
    """

    def __init__(self) -> None:
        self._waiting: pl.DataFrame | None = None

    def add(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the readings whose next one is known.

        Parameters
        ----------
        batch
            ``household_id`` String, ``moment`` Datetime, ``power`` [W], ``flagged`` Boolean.

        Returns
        -------
        pl.DataFrame
            The same columns, and ``lag_ms`` Int64: time to the next reading [ms].
        """
        rows = batch if self._waiting is None else pl.concat([self._waiting, batch])
        lagged = rows.with_columns(_lag(rows))
        self._waiting = lagged.filter(pl.col("lag_ms").is_null()).drop("lag_ms")
        return lagged.drop_nulls("lag_ms")

    def end(self) -> pl.DataFrame:
        """Return the last reading of each household; ``lag_ms`` is null."""
        waiting = self._waiting if self._waiting is not None else pl.DataFrame()
        return waiting.with_columns(lag_ms=pl.lit(None, dtype=pl.Int64))


def _lag(rows: pl.DataFrame) -> pl.Series:
    """Return the time to the next reading of the same household [ms], null for the last."""
    lag = pl.col("moment").shift(-1) - pl.col("moment")
    if rows["household_id"].n_unique() > 1:
        lag = lag.over("household_id")
    return rows.select(lag.dt.total_milliseconds().alias("lag_ms")).to_series()


class Durations:
    """Sums power, and power of flagged readings, by household, day and time to the next reading."""

    def __init__(self) -> None:
        self._sums = Sums(_KEYS, ("power_w", "flagged_w", "readings"))

    def add(self, lagged: pl.DataFrame) -> None:
        """Add readings.

        Parameters
        ----------
        lagged
            ``household_id``, ``moment``, ``power`` [W], ``flagged`` Boolean, ``lag_ms`` [ms].
        """
        groups = lagged.group_by(
            "household_id", pl.col("moment").dt.date().alias("day"), "lag_ms"
        ).agg(
            pl.col("power").sum().alias("power_w"),
            pl.col("power").filter("flagged").sum().alias("flagged_w"),
            pl.len().cast(pl.Int64).alias("readings"),
        )
        self._sums.add(groups)

    def table(self) -> pl.DataFrame:
        """Return the energy of each household, day and time to the next reading.

        Returns
        -------
        pl.DataFrame
            ``household_id``; ``day`` Date; ``lag_ms``; ``readings``; ``step_ms``: the household's
            step, null where nothing tells; ``energy_kwh``, ``flagged_kwh`` of flagged readings;
            ``hours``: time that was measured [h].
        """
        sums = self._sums.total()
        steps = _steps(sums)
        known = pl.col("household_id").replace_strict(steps, default=None, return_dtype=pl.Int64)
        lag, step = pl.col("lag_ms"), pl.col("step_ms")
        stands_ms = (
            pl.when(lag >= 0).then(pl.min_horizontal(lag, step)).otherwise(step).fill_null(0)
        )
        return sums.with_columns(known.alias("step_ms")).with_columns(
            (pl.col("power_w") * stands_ms / _MS_PER_H / WH_PER_KWH).alias("energy_kwh"),
            (pl.col("flagged_w") * stands_ms / _MS_PER_H / WH_PER_KWH).alias("flagged_kwh"),
            (pl.col("readings") * stands_ms / _MS_PER_H).alias("hours"),
        )


def _steps(sums: pl.DataFrame) -> Mapping[str, int | None]:
    """Return each household's most frequent time between readings [ms], the shortest of several."""
    forward = sums.filter(pl.col("lag_ms") > 0)
    counts = forward.group_by("household_id", "lag_ms").agg(pl.col("readings").sum())
    order = ["readings", "lag_ms"]
    found = (
        counts.sort(order, descending=[True, False])
        .group_by("household_id", maintain_order=True)
        .first()
    )
    whole = (
        counts.group_by("lag_ms")
        .agg(pl.col("readings").sum())
        .sort(order, descending=[True, False])
    )
    usual = whole["lag_ms"].first() if whole.height else None
    steps = dict(found.select("household_id", "lag_ms").iter_rows())
    return {name: steps.get(name, usual) for name in sums["household_id"].unique()}


def quality(table: pl.DataFrame) -> pl.DataFrame:
    """Return what is wrong with each household's timestamps.

    Parameters
    ----------
    table
        What `Durations.table` returned.

    Returns
    -------
    pl.DataFrame
        ``household_id``, ``step_s`` [s], ``gaps``, ``missing`` readings, ``longest_gap_h`` [h],
        ``duplicates``, ``out_of_order``.
    """
    lag, step, readings = pl.col("lag_ms"), pl.col("step_ms"), pl.col("readings")
    is_gap = lag > step * _GAP_STEPS
    missing = ((lag / step).round() - 1).cast(pl.Int64)
    return (
        table.group_by("household_id")
        .agg(
            (step.first() / MS_PER_S).alias("step_s"),
            readings.filter(is_gap).sum().alias("gaps"),
            (readings * missing).filter(is_gap).sum().alias("missing"),
            (lag.filter(is_gap).max().fill_null(0) / _MS_PER_H).alias("longest_gap_h"),
            readings.filter(lag == 0).sum().alias("duplicates"),
            readings.filter(lag < 0).sum().alias("out_of_order"),
        )
        .sort("household_id")
    )
