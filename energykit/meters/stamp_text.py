"""Moments as the contract writes them: by the texts of their days and of their seconds."""

from __future__ import annotations

from functools import cache

import polars as pl

from energykit.meters.digits import DAY_US, SECOND_US

__all__ = ["stamp_text"]

_FORM = "%Y-%m-%dT%H:%M:%S%.f"
_DAY_S = 86_400
_MOST_DAYS = 1 << 16
"""Days of which texts are kept ready at a time."""


def stamp_text(moments: pl.Series, *, is_universal: bool) -> pl.Series:
    """Return moments [µs since 1970, Int64] as text, with ``Z`` where they are in UTC."""
    days = moments // DAY_US
    since = moments - days * DAY_US
    bounds = days.to_numpy()
    is_long = len(bounds) == 0 or int(bounds.max() - bounds.min()) >= _MOST_DAYS
    if is_long or bool((since % SECOND_US != 0).any()):
        return moments.cast(pl.Datetime("us")).dt.strftime(_FORM) + ("Z" if is_universal else "")
    first, last = int(bounds.min()), int(bounds.max())
    dates = pl.int_range(first, last + 1, dtype=pl.Int32, eager=True).cast(pl.Date)
    times = _times(is_universal=is_universal).gather(since // SECOND_US)
    return dates.dt.strftime("%Y-%m-%dT").gather(days - first) + times


@cache
def _times(*, is_universal: bool) -> pl.Series:
    """Return the text of every second of a day."""
    seconds = pl.int_range(_DAY_S, eager=True) * SECOND_US
    return seconds.cast(pl.Datetime("us")).dt.strftime("%H:%M:%SZ" if is_universal else "%H:%M:%S")
