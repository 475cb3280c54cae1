"""Detectors of readings that repeat themselves: no house does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from services.energy_analyzer.detectors.batch import NO_TIME, SECOND, taken
from services.energy_analyzer.detectors.detector import DetectionRule, whole
from services.energy_analyzer.detectors.series import Latest, Previous, Runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.energy_analyzer.detectors.batch import Batch

__all__ = ["day_copy", "stuck"]

_DAY = 86_400 * SECOND
_MOST = 1_000_000
_SECOND = ("voltage or current",)
_Values = tuple["NDArray[np.int64]", "NDArray[np.float64]"]


def stuck(*, min_readings: int = 5) -> DetectionRule:
    """Flag readings with the power, voltage and current of those before: a stuck meter.

    Where voltage or current was not measured, what was measured decides; power alone does not: a
    standby load repeats itself, too.

    Parameters
    ----------
    min_readings
        Fewest identical readings in a row, the first one included.
    """
    runs = Runs(whole("min_readings", min_readings, 2, _MOST) - 1, lead=1)
    before = [Previous(), Previous(), Previous()]

    def fit(batch: Batch) -> bool:
        now = np.stack([batch.power, batch.voltage, batch.current])
        then = [memory.of(batch, values) for values, memory in zip(now, before, strict=True)]
        runs.add(batch, _are_alike(now, np.stack(then)))
        return True

    return DetectionRule(runs.on, fit, needs=_SECOND, is_ordered=True)


def _are_alike(now: NDArray[np.float64], then: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether readings are identical in what was measured: in power, and in voltage or current.

    Parameters
    ----------
    now, then
        Power, voltage and current, float64 of shape (3, n); NaN where it was not measured.
    """
    power, voltage, current = now == then
    lacks = np.isnan(now[1:])
    if not lacks.any():
        return np.asarray(power & voltage & current)
    no_voltage, no_current = lacks & np.isnan(then[1:])
    return np.asarray(power & ((voltage & (current | no_current)) | (current & no_voltage)))


def day_copy(*, min_readings: int = 3) -> DetectionRule:
    """Flag readings that are identical in power, voltage and current to those 24 hours earlier.

    A hole was filled with yesterday. Where voltage or current was not measured, see `stuck`.

    A reading that is not later than all its household's readings before is not compared, and ends a
    run.

    Parameters
    ----------
    min_readings
        Fewest copied readings in a row.
    """
    runs = Runs(whole("min_readings", min_readings, 1, _MOST))
    latest, days = Latest(), _Days()

    def fit(batch: Batch) -> bool:
        is_later = (batch.time > latest.before(batch)) & (batch.time != NO_TIME)
        runs.add(batch, days.copied(batch, is_later))
        return True

    return DetectionRule(runs.on, fit, needs=_SECOND, is_ordered=True)


class _Days:
    """The last 24 hours of each household."""

    def __init__(self) -> None:
        self._of: dict[int, _Values] = {}

    def copied(self, batch: Batch, is_later: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether each reading equals the one 24 hours earlier, of those that are in order."""
        values = np.stack([batch.power, batch.voltage, batch.current])
        result = np.zeros(is_later.size, dtype=bool)
        for household, at in batch.series():
            kept = at[is_later[at]]
            if kept.size:
                result[kept] = self._compare(
                    household, taken(batch.time, kept), taken(values, kept)
                )
        return result

    def _compare(
        self, household: int, time: NDArray[np.int64], values: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        if household in self._of:
            known_time, known = self._of[household]
            times, every = (
                np.concatenate([known_time, time]),
                np.concatenate([known, values], axis=1),
            )
        else:
            times, every = time, values
        at = np.searchsorted(times, time - _DAY)  # always found: the reading itself is later
        first = int(np.searchsorted(times, time[-1] - _DAY))
        self._of[household] = times[first:].copy(), every[:, first:].copy()
        return np.asarray((times[at] == time - _DAY) & _are_alike(every[:, at], values))
