"""Detector of a power that stands out from the readings around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from services.energy_analyzer.detectors.detector import DetectionRule, between, whole
from services.energy_analyzer.detectors.series import Marks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.energy_analyzer.detectors.batch import Batch

__all__ = ["hampel"]

_NORMAL = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
_CHUNK_ROWS = 1 << 13


def hampel(
    *, threshold: float = 10.0, neighbours: int = 15, least_w: float = 5000.0
) -> DetectionRule:
    """Flag a power far from the median of the readings around it, by their own spread.

    With the median and the median absolute deviation (MAD) over a reading and its `neighbours`
    readings before and after, it is flagged where it is further from the median than threshold ·
    1.4826 · MAD, and than `least_w` (Hampel 1974; Pearson et al., EURASIP J. Adv. Signal Process.
    2016:87). The first and the last `neighbours` readings of a household are not flagged. A kettle
    stands out, too: `least_w` says how much of it is a fault.

    Parameters
    ----------
    threshold
        Largest distance that is not flagged, in standard deviations [1].
    neighbours
        Readings on either side.
    least_w
        Largest distance that is never flagged [W].
    """
    between("threshold", threshold, 0)
    between("least_w", least_w, 0, unit="W")
    outliers = _Outliers(whole("neighbours", neighbours, 1, 1000), threshold * _NORMAL, least_w)
    return DetectionRule(
        lambda batch: outliers.marks.on(batch.household, batch.ordinal),
        outliers.fit,
        is_ordered=True,
    )


class _Outliers:
    """Finds outliers once the readings after them are known."""

    def __init__(self, neighbours: int, factor: float, least_w: float) -> None:
        self.marks = Marks()
        self._neighbours, self._factor, self._least_w = neighbours, factor, least_w
        self._tails: dict[int, NDArray[np.float64]] = {}

    def fit(self, batch: Batch) -> bool:
        for household, at in batch.series():
            values = batch.power[at]
            tail = self._tails.get(household, values[:0])
            values = np.concatenate([tail, values])
            ordinal = int(batch.ordinal[at[0]]) - tail.size + self._neighbours
            far = ordinal + self._far(values)
            self.marks.add(np.full(far.size, household), far, far + 1)
            self._tails[household] = values[-2 * self._neighbours :].copy()
        return True

    def _far(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return which of the values with all their neighbours are outliers, from 0."""
        width = 2 * self._neighbours + 1
        if values.size < width:
            return np.empty(0, np.int64)
        windows = np.lib.stride_tricks.sliding_window_view(values, width)
        middle = values[self._neighbours : -self._neighbours]
        possible = np.flatnonzero(_farthest(values, width, middle) > self._least_w)
        median = _medians(values, windows, possible)
        distance = np.abs(middle[possible] - median)
        is_far = distance > self._least_w
        at, median, distance = possible[is_far], median[is_far], distance[is_far]
        cuts = range(_CHUNK_ROWS, at.size, _CHUNK_ROWS)
        parts = zip(*(np.split(column, cuts) for column in (at, median, distance)), strict=True)
        return np.concatenate([part[0][self._stands_out(values, *part)] for part in parts])

    def _stands_out(
        self,
        values: NDArray[np.float64],
        at: NDArray[np.int64],
        median: NDArray[np.float64],
        distance: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """Whether distances are larger than the spread allows, of windows that begin at places.

        The spread need not be known: more than half of a window must be so much nearer to the
        median.
        """
        near = np.zeros(at.size, dtype=np.int32)
        for place in range(2 * self._neighbours + 1):
            around = values.take(at + place)
            around -= median
            np.abs(around, out=around)
            around *= self._factor
            near += around < distance
        return near > self._neighbours


def _medians(
    values: NDArray[np.float64], windows: NDArray[np.float64], at: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the medians of some windows: of all of them at once where most are wanted."""
    if 2 * at.size > len(windows) and np.isfinite(values).all():
        width = windows.shape[1]
        return pl.Series(values).rolling_median(width).to_numpy()[width - 1 :][at]
    parts = np.split(at, range(_CHUNK_ROWS, at.size, _CHUNK_ROWS))
    return np.concatenate([np.median(windows[part], axis=1) for part in parts])


def _farthest(
    values: NDArray[np.float64], width: int, middle: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how far a middle is from the extremes of its window: its median is at most so far."""
    low, high = _extremes(np.minimum, values, width), _extremes(np.maximum, values, width)
    return np.asarray(np.maximum(middle - low, high - middle))


def _extremes(pick: np.ufunc, values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return the least or greatest value of each window, in as many steps as `width` has bits.

    Two windows of a power of two, which overlap, make one of any width between it and the next.
    """
    reach = 1
    while 2 * reach <= width:
        values = pick(values[:-reach], values[reach:])
        reach *= 2
    rest = width - reach
    return np.asarray(pick(values[: values.size - rest], values[rest:]))
