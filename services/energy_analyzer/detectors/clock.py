"""Detectors of readings that are missing, repeated or out of order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.readings import GAP_STEPS, Timeline
from services.energy_analyzer.detectors.batch import NO_TIME, SECOND, grown, taken
from services.energy_analyzer.detectors.detector import DetectionRule, between
from services.energy_analyzer.detectors.series import Latest, Marks, ValueCounts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.energy_analyzer.detectors.batch import Batch

__all__ = ["clock_drift", "duplicate", "gap", "unsorted"]

_HOUR = 3600 * SECOND


def gap(*, steps: float = GAP_STEPS, step_s: float | None = None) -> DetectionRule:
    """Flag the first reading after a hole: more time than usual since the reading before.

    What is usual follows the times between the readings around it (docs/intervals.md), or is what
    the readings say themselves.

    Parameters
    ----------
    steps
        How many usual steps may pass between two readings [1].
    step_s
        The usual step [s]; None: what is usual around the reading.
    """
    between("steps", steps, 1)
    if step_s is not None:
        return _longer_than(steps * between("step_s", step_s, 1e-6, 1e9, unit="s") * SECOND)
    holes = _Holes(steps)
    return DetectionRule(holes.flag, holes.fit, is_ordered=True)


def _longer_than(longest: float) -> DetectionRule:
    """Return a rule for times between readings that are longer than a limit [µs]."""
    latest = Latest()

    def flag(batch: Batch) -> NDArray[np.bool_]:
        before = latest.before(batch)
        is_long = batch.time > before.astype(np.float64) + longest
        return np.asarray((before != NO_TIME) & is_long)

    return DetectionRule(flag, is_ordered=True)


class _Holes:
    """Finds gaps by the rule of intervals, among the readings that are in order."""

    def __init__(self, steps: float) -> None:
        self._timeline = Timeline(gap_steps=steps)
        self._learnt, self._judged = _InOrder(), _InOrder()
        self._marks = Marks()
        self._is_open = True

    def fit(self, batch: Batch) -> bool:
        """Look at a batch."""
        is_later, place = self._learnt.places(batch)
        at = np.flatnonzero(is_later)
        said = ["interval_s"] if "interval_s" in batch.frame.columns else []
        rows = batch.frame.select("household_id", *said)
        rows = rows if at.size == rows.height else rows[at]
        moments = pl.Series("moment", taken(batch.time, at)).cast(pl.Datetime("us"))
        numbers = pl.Series("number", taken(batch.household, at))
        self._mark(self._timeline.add(rows.with_columns(moments, numbers, place=taken(place, at))))
        return True

    def flag(self, batch: Batch) -> NDArray[np.bool_]:
        """Return which readings end a gap."""
        if self._is_open:
            self._mark(self._timeline.end())
            self._is_open = False
        is_later, place = self._judged.places(batch)
        return is_later & self._marks.on(batch.household, place)

    def _mark(self, rows: pl.DataFrame) -> None:
        """Remember which readings follow a gap."""
        if not rows.is_empty():
            ends = rows.filter("is_gap")
            place = ends["place"].to_numpy() + 1
            self._marks.add(ends["number"].to_numpy(), place, place + 1)


class _InOrder:
    """Which readings are later than all before of their household, and their place among those."""

    def __init__(self) -> None:
        self._latest = Latest()
        self._counts = np.zeros(0, np.int64)

    def places(self, batch: Batch) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Return for each reading whether it is later, and how many such were before it."""
        is_later = (batch.time > self._latest.before(batch)) & (batch.time != NO_TIME)
        self._counts = grown(self._counts, batch.households, 0)
        flags = batch.grouped(is_later).astype(np.int64)
        total = np.concatenate([[0], np.cumsum(flags)])
        heads, lengths = batch.heads[:-1], np.diff(batch.heads)
        begin = self._counts[batch.present] - total[heads]
        place = batch.ungrouped(total[:-1] + np.repeat(begin, lengths))
        self._counts[batch.present] += total[batch.heads[1:]] - total[heads]
        return is_later, place


class _Steps:
    """The step that each household's readings have most often."""

    def __init__(self) -> None:
        self._steps = ValueCounts()
        self._latest = Latest()
        self._usual = np.empty(0)

    def fit(self, batch: Batch) -> bool:
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


def duplicate() -> DetectionRule:
    """Flag a reading with the same timestamp as the household's latest reading."""
    latest = Latest()

    def flag(batch: Batch) -> NDArray[np.bool_]:
        return np.asarray((batch.time == latest.before(batch)) & (batch.time != NO_TIME))

    return DetectionRule(flag, is_ordered=True)


def unsorted() -> DetectionRule:
    """Flag a reading that is earlier than one its household already had."""
    latest = Latest()
    return DetectionRule(
        lambda batch: np.asarray((batch.time < latest.before(batch)) & (batch.time != NO_TIME))
    )


def clock_drift() -> DetectionRule:
    """Flag a timestamp off the raster of most timestamps of the household: its clock is wrong.

    The raster is the step that the household's readings have most often, or what it has in common
    with an hour, and the time since a multiple of it.
    """
    steps, phases, usual = _Steps(), ValueCounts(), np.empty(0, np.int64)

    def fit(batch: Batch) -> bool:
        is_timed = batch.time != NO_TIME
        phases.add(batch.household[is_timed], batch.time[is_timed] % _HOUR)
        return steps.fit(batch)

    def flag(batch: Batch) -> NDArray[np.bool_]:
        nonlocal usual
        known = steps.usual(batch.households)
        step = np.gcd(np.where(np.isfinite(known), known, 1).astype(np.int64), _HOUR)
        if usual.size < batch.households:
            usual = _phases(phases.counts(), step)
        step = step[batch.household]
        return np.asarray((batch.time % step != usual[batch.household]) & (batch.time != NO_TIME))

    return DetectionRule(flag, fit, is_ordered=True)


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
