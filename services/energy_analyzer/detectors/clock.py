"""Detectors of readings that are missing, repeated or out of order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from services.energy_analyzer.detectors.batch import NO_TIME, SECOND
from services.energy_analyzer.detectors.detector import Watch, between
from services.energy_analyzer.detectors.series import Latest, Tally

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.energy_analyzer.detectors.batch import Batch

__all__ = ["clock_drift", "duplicate", "gap", "unsorted"]

_HOUR = 3600 * SECOND


def gap(*, steps: float = 1.5, step_s: float | None = None) -> Watch:
    """Flag the first reading after a hole: more time has passed since the reading before than usual.

    Parameters
    ----------
    steps
        How many usual steps may pass between two readings [1].
    step_s
        The usual step [s]; None: the step that the household's readings have most often.
    """
    between("steps", steps, 1)
    if step_s is not None:
        between("step_s", step_s, 1e-6, 1e9, unit="s")
    learner, latest = _Steps(), Latest()

    def judge(batch: Batch) -> NDArray[np.bool_]:
        before = latest.before(batch)
        usual = (
            step_s * SECOND
            if step_s is not None
            else learner.usual(batch.households)[batch.household]
        )
        return np.asarray(
            (before != NO_TIME) & (batch.time > before.astype(np.float64) + steps * usual)
        )

    return Watch(judge, learner.learn if step_s is None else None, is_ordered=True)


class _Steps:
    """The step that each household's readings have most often."""

    def __init__(self) -> None:
        self._steps = Tally()
        self._latest = Latest()
        self._usual = np.empty(0)

    def learn(self, batch: Batch) -> bool:
        before = self._latest.before(batch)
        is_later = (before != NO_TIME) & (batch.time > before)
        self._steps.add(batch.household[is_later], batch.time[is_later] - before[is_later])
        return True

    def usual(self, households: int) -> NDArray[np.float64]:
        """Return it for each household, in microseconds; infinite where it has no two readings."""
        if self._usual.size < households:
            counts = self._steps.counts().sort("rows", "value", descending=[True, False])
            first = counts.group_by("household", maintain_order=True).agg(pl.col("value").first())
            self._usual = np.full(households, np.inf)
            known = first.filter(pl.col("household") < households)
            self._usual[known["household"].to_numpy()] = known["value"].to_numpy()
        return self._usual


def duplicate() -> Watch:
    """Flag a reading with the same timestamp as the household's latest reading."""
    latest = Latest()

    def judge(batch: Batch) -> NDArray[np.bool_]:
        return np.asarray((batch.time == latest.before(batch)) & (batch.time != NO_TIME))

    return Watch(judge, is_ordered=True)


def unsorted() -> Watch:
    """Flag a reading that is earlier than one its household already had."""
    latest = Latest()
    return Watch(
        lambda batch: np.asarray((batch.time < latest.before(batch)) & (batch.time != NO_TIME))
    )


def clock_drift() -> Watch:
    """Flag a timestamp off the raster that most of the household's timestamps are on: its clock is wrong.

    The raster is the step that the household's readings have most often, or what it has in common
    with an hour, and the time since a multiple of it.
    """
    steps, phases, usual = _Steps(), Tally(), np.empty(0, np.int64)

    def learn(batch: Batch) -> bool:
        is_timed = batch.time != NO_TIME
        phases.add(batch.household[is_timed], batch.time[is_timed] % _HOUR)
        return steps.learn(batch)

    def judge(batch: Batch) -> NDArray[np.bool_]:
        nonlocal usual
        known = steps.usual(batch.households)
        step = np.gcd(np.where(np.isfinite(known), known, 1).astype(np.int64), _HOUR)
        if usual.size < batch.households:
            usual = _phases(phases.counts(), step)
        step = step[batch.household]
        return np.asarray((batch.time % step != usual[batch.household]) & (batch.time != NO_TIME))

    return Watch(judge, learn, is_ordered=True)


def _phases(counts: pl.DataFrame, step: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the time since a multiple of the step that most timestamps of each household have."""
    known = counts.filter(pl.col("household") < step.size)
    folded = known.with_columns(
        value=pl.col("value") % pl.Series(step[known["household"].to_numpy()])
    )
    rows = (
        folded.group_by("household", "value")
        .agg(pl.col("rows").sum())
        .sort("rows", "value", descending=[True, False])
    )
    first = rows.group_by("household", maintain_order=True).agg(pl.col("value").first())
    phases = np.zeros(step.size, np.int64)
    phases[first["household"].to_numpy()] = first["value"].to_numpy()
    return phases
