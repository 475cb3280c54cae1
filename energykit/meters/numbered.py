"""Intervals of a day by number on the days on which the clock changes: counted, or the clock's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from energykit.meters.clock import Stamps
from energykit.meters.digits import DAY_US

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from energykit.meters.account import Account
    from energykit.meters.zone import OddDay, Zone

__all__ = ["on_the_clock"]

_HOUR_US = 3_600_000_000


def on_the_clock(
    zone: Zone | None,
    dates: Stamps,
    number: pl.Series,
    since: pl.Series,
    *,
    step_us: int,
    account: Account,
) -> tuple[Stamps, pl.Series]:
    """Return stamps, and how long after each is the moment meant, with days of change as they are.

    On such days numbers count from midnight, 1 … 25 or 1 … 23; or each is that of an hour of the
    clock, so that one is there twice, or is skipped.

    Parameters
    ----------
    zone
        The clock's zone; None: not known.
    dates
        The day of each row.
    number
        Number of its interval, from 1; 0 where there is nothing in the row.
    since
        How long after midnight the moment is if numbers count [µs].
    step_us
        Length of an interval [µs].
    account
        Takes what is doubtful.
    """
    if zone is None or dates.moment.null_count() == len(number):
        return dates, since
    day, numbers = dates.moment.fill_null(-1).to_numpy(), number.fill_null(0).to_numpy()
    start, after = dates.moment, since
    for odd in zone.odd_days(dates.moment.drop_nulls().to_numpy()):
        is_there = day == odd.start_us
        if not is_there.any():
            continue
        of_clock = _are_of_clock(odd, numbers[is_there], step_us)
        if of_clock is None:
            _say_even(odd, zone, account)
        if of_clock:
            here = pl.Series(is_there)
            before = (number - 1).clip(lower_bound=0) * step_us
            start = start.zip_with(~here, start + before)
            after = after.zip_with(~here, since - before)
    return Stamps(moment=start, is_universal=dates.is_universal), after


def _are_of_clock(odd: OddDay, numbers: NDArray[np.int64], step_us: int) -> bool | None:
    """Whether a day of change has the numbers of the clock's intervals; None: of other days."""
    per_day, first = DAY_US // step_us, odd.first_us // step_us
    count = abs(odd.longer_us) // step_us
    is_long = odd.longer_us > 0
    last_rows = int((numbers == per_day).sum())
    if not last_rows or (is_long and (numbers > per_day).any()):
        return False
    at_change = int(((numbers > first) & (numbers <= first + count)).sum())
    return True if at_change == (2 * count * last_rows if is_long else 0) else None


def _say_even(odd: OddDay, zone: Zone, account: Account) -> None:
    hours = (DAY_US + odd.longer_us) / _HOUR_US
    account.adjust(
        f"a day of {hours:g} hours has as many numbers as others, counted from midnight: a meter on"
        f" one time all year has time_zone {zone.winter_offset!r}"
    )
