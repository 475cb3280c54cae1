"""Readings cut where a clock's quarter-hour ends, so that energy falls into its hour and its day.

Every time zone in use is a whole number of quarter-hours ahead of UTC, so pieces that end with
UTC's quarters also end with the hours and days of every zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["QUARTER_US", "Pieces", "cut"]

QUARTER_US = 900_000_000
"""A quarter of an hour [µs]."""


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """Parts of readings, in the order of the readings."""

    reading: NDArray[np.int64]
    """Position of the reading that each is a part of."""
    begin_us: NDArray[np.int64]
    """When each begins [µs]."""
    length_us: NDArray[np.int64]
    """How long each is [µs]."""


def cut(
    time_us: NDArray[np.int64], stands_us: NDArray[np.int64], every_us: int = QUARTER_US
) -> Pieces:
    """Cut readings at the multiples of a length of time.

    Parameters
    ----------
    time_us
        When each reading begins [µs].
    stands_us
        How long each stands [µs], 0 or more; one that stands for no time is one piece of no length.
    every_us
        Pieces end at multiples of this [µs].
    """
    first = time_us // every_us
    last = np.maximum((time_us + stands_us - 1) // every_us, first)
    parts = last - first + 1
    reading = np.repeat(np.arange(time_us.size), parts)
    if reading.size == time_us.size:
        return Pieces(reading=reading, begin_us=time_us, length_us=stands_us)
    number = np.arange(reading.size) - np.repeat(np.cumsum(parts) - parts, parts)
    edge = (first[reading] + number) * every_us
    begin = np.maximum(edge, time_us[reading])
    end = np.minimum(edge + every_us, (time_us + stands_us)[reading])
    return Pieces(reading=reading, begin_us=begin, length_us=np.maximum(end - begin, 0))
