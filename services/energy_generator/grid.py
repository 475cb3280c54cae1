"""The grid of time: steps, blocks of whole days, the local clock, and timestamps as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DAY_S", "TimeGrid", "iso_text", "local_offset_s"]

DAY_S = 86400
_LONG_STEP_S = 300


@dataclass(frozen=True)
class TimeGrid:
    """Steps of equal length from a start; blocks are whole days counted from 1970-01-01."""

    start_s: int
    """Start of the first interval, seconds since 1970-01-01 UTC."""
    step_s: int
    """Length of an interval [s]; divides a day."""
    rows: int
    """Intervals per household."""

    @property
    def end_s(self) -> int:
        """End of the last interval, seconds since 1970-01-01 UTC."""
        return self.start_s + self.rows * self.step_s

    @property
    def block_s(self) -> int:
        """Length of a block [s]: a day, or a week where the steps are long."""
        return DAY_S if self.step_s <= _LONG_STEP_S else 7 * DAY_S

    @property
    def block_rows(self) -> int:
        """Intervals per block."""
        return self.block_s // self.step_s

    @property
    def offset_s(self) -> int:
        """How far the intervals start after the multiples of the step."""
        return self.start_s % self.step_s

    @property
    def blocks(self) -> range:
        """Blocks that hold the period's intervals."""
        first = (self.start_s - self.offset_s) // self.block_s
        last = (self.end_s - self.step_s - self.offset_s) // self.block_s
        return range(first, last + 1)

    def times(self, blocks: range) -> NDArray[np.int64]:
        """Return the starts of the blocks' intervals, seconds since 1970-01-01 UTC."""
        first = blocks.start * self.block_s + self.offset_s
        return first + np.arange(len(blocks) * self.block_rows, dtype=np.int64) * self.step_s

    def inside(self, blocks: range) -> slice:
        """Return which of the blocks' intervals belong to the period."""
        first = blocks.start * self.block_s + self.offset_s
        rows = len(blocks) * self.block_rows
        return slice(
            max(0, (self.start_s - first) // self.step_s),
            min(rows, (self.end_s - first) // self.step_s),
        )


def local_offset_s(times: NDArray[np.int64], zone: str) -> NDArray[np.int64] | int:
    """Return how far the local clock is ahead of UTC at each moment [s].

    Parameters
    ----------
    times
        Seconds since 1970-01-01 UTC, ascending.
    zone
        Name of a time zone, as in the tz database.
    """
    if zone == "UTC":
        return 0
    first = int(times[0]) // 1800
    halves = np.arange(
        first, int(times[-1]) // 1800 + 1
    )  # zones change their offset on the half hour
    clock = pl.Series(halves * 1_800_000).cast(pl.Datetime("ms", "UTC")).dt.convert_time_zone(zone)
    ahead = (clock.dt.base_utc_offset() + clock.dt.dst_offset()).dt.total_seconds().to_numpy()
    return np.asarray(ahead[times // 1800 - first], dtype=np.int64)


def iso_text(times: NDArray[np.int64]) -> pl.Series:
    """Return moments as ISO 8601 text ending in ``Z``; formats each day and time of day once.

    Parameters
    ----------
    times
        Seconds since 1970-01-01 UTC.
    """
    day, second = np.divmod(times, DAY_S)
    earliest = day.min() if day.size else 0
    days, day_index = _distinct(day - earliest)
    seconds, second_index = _distinct(second)
    dates = pl.Series(days + earliest).cast(pl.Int32).cast(pl.Date).dt.to_string("%Y-%m-%dT")
    clocks = pl.Series(seconds * 1_000_000_000).cast(pl.Time).dt.to_string("%H:%M:%SZ")
    return (dates.gather(day_index) + clocks.gather(second_index)).alias("timestamp")


def _distinct(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return distinct values and the place of each among them; small values ≥ 0, no sorting."""
    is_used = np.zeros(int(values.max(initial=0)) + 1, dtype=np.bool_)
    is_used[values] = True
    return np.flatnonzero(is_used), (np.cumsum(is_used) - 1)[values]
