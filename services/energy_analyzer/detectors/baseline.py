"""Detector of a power that is unusual for the household at this hour."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.errors import ParameterError
from services.energy_analyzer.detectors.batch import NO_TIME, SECOND
from services.energy_analyzer.detectors.detector import DetectionRule, between
from services.energy_analyzer.detectors.series import Marks, household_and_place, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from services.energy_analyzer.detectors.batch import Batch

__all__ = ["Means", "robust_z", "z_scores"]

_Sums = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.int32]"]
"""Households' windows, each with the sum of its power [mW] and its rows."""
_SHORTEST_S, _LONGEST_S = 1.0, 86_400.0
_MILLIWATT = 1e3
_MOST_W = 1e9
_EARLIEST_S = 604_800 * 113_000
"""Moved by these whole weeks, times before 1970 have windows from 0, too [s]."""
_PERIODS = {"day": 24, "week": 168}
"""Hours after which the baseline repeats."""
_NORMAL = 0.6745
"""Third quartile of the standard normal distribution: makes z comparable with a standard score."""
_LEAST_SPREAD = {"linear": 20.0, "log": 0.1}
"""Least median absolute deviation, so that a constant load has a finite z [W], [1]."""
_FLOOR_W = 10.0
"""Power below it counts as this much on the logarithmic scale [W]."""


def robust_z(
    *, threshold: float = 5.0, window_s: float = 900.0, scale: str = "log", period: str = "day"
) -> DetectionRule:
    """Flag a quarter-hour whose mean power is far from the household's median for that hour.

    z = 0.6745 · (x - median) / MAD, where MAD is the median absolute deviation (Iglewicz and
    Hoaglin: How to Detect and Handle Outliers, 1993), over all the household's windows in the same
    hour of the period. The defaults are argued with figures in docs/detectors.md. Each window takes
    20 bytes while the readings are learnt.

    Parameters
    ----------
    threshold
        Largest absolute z that is not flagged [1].
    window_s
        Length of a window, which the readings' mean is taken over [s].
    scale
        ``log``: x is the logarithm of the mean power, so that twice and half are equally far;
        ``linear``: the mean.
    period
        ``day``: an hour of the day is compared with itself; ``week``: an hour of the week.
    """
    between("threshold", threshold, 0)
    between("window_s", window_s, _SHORTEST_S, _LONGEST_S, unit="s")
    for name, value, valid in (("scale", scale, _LEAST_SPREAD), ("period", period, _PERIODS)):
        if value not in valid:
            raise ParameterError.refuse(name, value, ", ".join(valid))
    means = Means(window_s)
    marks: Marks | None = None

    def fit(batch: Batch) -> bool:
        means.add(batch)
        return True

    def flag(batch: Batch) -> NDArray[np.bool_]:
        nonlocal marks
        marks = marks or _unusual(means, threshold, scale, _PERIODS[period])
        return np.asarray(marks.on(batch.household, means.window(batch)) & (batch.time != NO_TIME))

    return DetectionRule(flag, fit)


class Means:
    """Mean power of every household in windows of time.

    Parameters
    ----------
    window_s
        Length of a window [s].
    """

    def __init__(self, window_s: float) -> None:
        self.window_s = window_s
        """Length of a window [s]."""
        self._parts: list[_Sums] = []

    def window(self, batch: Batch) -> NDArray[np.int64]:
        """Return the number of each reading's window, from 0."""
        if self.window_s == int(self.window_s):  # one division of whole numbers says the same
            since = np.maximum(batch.clock, -_EARLIEST_S * SECOND) + _EARLIEST_S * SECOND
            return np.asarray(since // (int(self.window_s) * SECOND))
        seconds = np.maximum(batch.clock // SECOND, -_EARLIEST_S) + _EARLIEST_S
        return (seconds // self.window_s).astype(np.int64)

    def add(self, batch: Batch) -> None:
        """Take in a batch; sums are whole milliwatts: where batches end changes nothing."""
        counted = batch.order
        counted = counted[np.isfinite(batch.power[counted]) & (batch.time[counted] != NO_TIME)]
        milliwatt = np.rint(np.clip(batch.power[counted], -_MOST_W, _MOST_W) * _MILLIWATT).astype(
            np.int64
        )
        keys = key_of(batch.household[counted], self.window(batch)[counted])
        self._parts.append(_summed(keys, milliwatt, np.ones(keys.size, np.int32)))

    def households(self) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.float64]]]:
        """Yield household, windows and mean power [W] of each; nothing is added afterwards."""
        if not self._parts:
            return
        keys, sums, rows = self._every()
        if not keys.size:
            return
        changes = np.flatnonzero(np.diff(household_and_place(keys)[0])) + 1
        for begin, end in pairwise([0, *changes.tolist(), keys.size]):
            household, window = household_and_place(keys[begin:end])
            yield int(household[0]), window, sums[begin:end] / rows[begin:end] / _MILLIWATT

    def _every(self) -> _Sums:
        """Return all sums, and keep none: each column is let go as soon as it is whole."""
        keys, sums, rows = (list(column) for column in zip(*self._parts, strict=True))
        self._parts = []
        columns = []
        for column in (keys, sums, rows):
            columns.append(np.concatenate(column))
            column.clear()
        return _summed(*columns)


def _summed(keys: NDArray[np.int64], sums: NDArray[np.int64], rows: NDArray[np.int32]) -> _Sums:
    """Return each key once, ascending, with its sums."""
    if not keys.size:
        return keys, sums, rows
    if (keys[1:] < keys[:-1]).any():
        order = np.argsort(keys, kind="stable")
        keys, sums, rows = keys[order], sums[order], rows[order]
    heads = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[heads], np.add.reduceat(sums, heads), np.add.reduceat(rows, heads, dtype=np.int32)


def _unusual(means: Means, threshold: float, scale: str, hours: int) -> Marks:
    """Return the windows that are far from usual."""
    marks = Marks()
    for household, windows, mean in means.households():
        far = windows[
            np.abs(z_scores(windows.astype(np.float64) * means.window_s, mean, scale, hours))
            > threshold
        ]
        marks.add(np.full(far.size, household), far, far + 1)
    return marks


def z_scores(
    seconds: NDArray[np.float64], power: NDArray[np.float64], scale: str, hours: int
) -> NDArray[np.float64]:
    """Return how far each mean of a household is from usual.

    Parameters
    ----------
    seconds
        Start of each window [s].
    power
        Mean power [W].
    scale
        ``linear`` or ``log``.
    hours
        Hours after which the baseline repeats [h].
    """
    value = np.log(np.maximum(power, _FLOOR_W)) if scale == "log" else power
    table = pl.DataFrame({"hour": (seconds // 3600).astype(np.int64) % hours, "value": value})
    table = table.with_columns(off=pl.col("value") - pl.col("value").median().over("hour"))
    spread = pl.col("off").abs().median().over("hour").clip(lower_bound=_LEAST_SPREAD[scale])
    return table.select(_NORMAL * pl.col("off") / spread).to_series().to_numpy()
