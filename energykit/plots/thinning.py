"""Thinning: fewer points that draw the same picture, with gaps left open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from energykit.plots.frames import Series

__all__ = ["drawn", "isolated", "thinned"]

_INTERVALS = 4000
"""More than a screen has columns, so that thinning cannot be seen."""


def thinned(
    times: NDArray[np.datetime64], values: NDArray[np.float64], *, intervals: int = _INTERVALS
) -> NDArray[np.intp]:
    """Return the positions of the first, lowest, highest and last reading of each equal interval.

    A line through those readings covers the same pixels as one through all of them, as long as the
    picture has fewer columns than there are intervals (U. Jugel et al., M4: A
    Visualization-Oriented Time Series Data Aggregation, VLDB 2014).

    Parameters
    ----------
    times
        Instants in order, shape (n,).
    values
        Readings, shape (n,); NaN is kept as it is.
    intervals
        Number of intervals.

    Returns
    -------
    numpy.ndarray
        Positions in order; all of them when there are not more than four an interval.
    """
    if times.size <= 4 * intervals:
        return np.arange(times.size)
    ticks = (times - times[0]).astype(np.int64)
    interval = ticks // (int(ticks[-1]) // intervals + 1)
    starts = np.flatnonzero(np.diff(interval, prepend=-1))
    ends = np.append(starts[1:], times.size) - 1
    by_value = np.lexsort((np.nan_to_num(values, nan=np.inf), interval))
    by_value_falling = np.lexsort((-np.nan_to_num(values, nan=-np.inf), interval))
    unknown = np.flatnonzero(np.isnan(values))
    return np.unique(
        np.concatenate([starts, ends, by_value[starts], by_value_falling[starts], unknown])
    )


def drawn(readings: Series) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
    """Return the points of a line: thinned, with a NaN in each gap so that nothing is drawn across.

    Parameters
    ----------
    readings
        One household.
    """
    gaps = readings.gaps
    edges = np.union1d(gaps, gaps - 1)
    kept = np.union1d(thinned(readings.times, readings.power), edges).astype(np.intp)
    breaks = np.searchsorted(kept, gaps)
    ends = readings.times[gaps - 1] + readings.stands_us[gaps - 1].astype("timedelta64[us]")
    times = np.insert(readings.times[kept], breaks, ends)
    return times, np.insert(readings.power[kept], breaks, np.nan)


def isolated(readings: Series) -> NDArray[np.intp]:
    """Return the positions of readings with a gap on either side: a line cannot show them.

    Parameters
    ----------
    readings
        One household.
    """
    edges = np.concatenate([[0], readings.gaps, [readings.power.size]])
    alone: NDArray[np.intp] = edges[:-1][np.diff(edges) == 1]
    return alone
