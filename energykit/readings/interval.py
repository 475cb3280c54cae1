"""How long a reading stands: the one rule behind every energy, every gap and every hour measured.

Per household, in time order, each timestamp once:

1. A reading that says how long it stands (``interval_s``) does so, at most until the next one.
2. Any other stands until the next one, unless the time until then is a gap.
3. What a gap is follows the times between the readings around it, not one step of the whole file:
   a time is a gap if it is more than 1.5 times as long as nearly all of its neighbours. It is none
   if a third of the eight times before and the eight after are about as long or longer (a meter
   that reads twice a day, a logger that jitters), or if the three next to it on one side all are,
   or it is one of three in a row (a meter that goes from 10 to 30 minutes).
4. Before a gap, and at the end, a reading stands as long as most of the up to eight before it: the
   most frequent time counts, the shortest of several. If the last two are about as long, the meter
   keeps a step, and only those about as long have a say. Where there is none before, it stands as
   long as the next.

A meter that stores changes only has no gaps (``holds_until_next``), and nothing says how long its
last state held, which stands for no time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "GAP_STEPS",
    "NEIGHBOURS",
    "NOT_SAID",
    "Intervals",
    "find_gaps",
    "intervals",
    "resolve",
    "usual_step",
]

GAP_STEPS = 1.5
"""A time between readings of more than this many steps is a gap: a reading is missing [1]."""
NEIGHBOURS = 8
"""Times on either side that say what is usual around a time between readings."""
NOT_SAID = np.iinfo(np.int64).min
"""Stands where a reading does not say how long it stands, and where there is no next one."""
_NEAREST, _FEWEST_NEAREST = 3, 2
"""Times next to it on one side that make a new step if all are as long; at least so many. So do as
many in a row, itself included.
"""
_LEAST_SHARE = 3
"""One in so many neighbours must be as long for a time to be usual."""


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """What the rule says of each reading of one household."""

    stands_us: NDArray[np.int64]
    """Time that each reading stands for [µs]; 0 for one that a later one with the same timestamp
    replaces; `NOT_SAID` for a lone reading that does not say it.
    """
    is_gap: NDArray[np.bool_]
    """Whether a gap follows each reading."""


def intervals(
    time_us: NDArray[np.int64],
    interval_us: NDArray[np.int64] | None = None,
    *,
    holds_until_next: bool = False,
) -> Intervals:
    """Return how long each reading of one household stands.

    Parameters
    ----------
    time_us
        Timestamps in ascending order [µs]; of equal ones the last counts.
    interval_us
        What the readings say themselves [µs], `NOT_SAID` where they do not; None: none does.
    holds_until_next
        Whether a reading stands until the next one whatever lies between.
    """
    said = np.full(time_us.size, NOT_SAID) if interval_us is None else interval_us
    counts = np.ones(time_us.size, dtype=bool)
    counts[:-1] = np.diff(time_us) != 0
    lag = np.full(int(counts.sum()), NOT_SAID)
    lag[:-1] = np.diff(time_us[counts])
    bounds = np.array([0, lag.size])
    stands, gap = np.zeros(time_us.size, np.int64), np.zeros(time_us.size, dtype=bool)
    gap[counts] = find_gaps(lag, bounds, said[counts], holds_until_next=holds_until_next)
    stands[counts] = resolve(
        lag, bounds, said[counts], gap[counts], holds_until_next=holds_until_next
    )
    return Intervals(stands_us=stands, is_gap=gap)


def find_gaps(
    lag: NDArray[np.int64],
    bounds: NDArray[np.int64],
    said: NDArray[np.int64],
    *,
    holds_until_next: bool = False,
    gap_steps: float = GAP_STEPS,
) -> NDArray[np.bool_]:
    """Whether each time to the next reading is a gap.

    Parameters
    ----------
    lag
        Time to the next reading of the same household [µs], above 0; `NOT_SAID` for the last.
        Households one after another.
    bounds
        Where each household begins; one more for the end.
    said
        What the readings say themselves [µs], or `NOT_SAID`.
    holds_until_next
        See `intervals`.
    gap_steps
        How many times as long as its neighbours a time must be [1].
    """
    if holds_until_next or not lag.size:
        return np.zeros(lag.size, dtype=bool)
    is_said = said != NOT_SAID
    gap = is_said & (lag > said * gap_steps) & (lag != NOT_SAID)
    length = np.diff(bounds)
    filled = np.where(lag == NOT_SAID, np.iinfo(np.int64).max, lag)
    least = np.minimum.reduceat(filled, bounds[:-1][length > 0])
    candidate = np.flatnonzero(~is_said & (lag > gap_steps * np.repeat(least, length[length > 0])))
    if candidate.size:
        begin = np.repeat(bounds[:-1], length)[candidate]
        end = np.repeat(bounds[1:], length)[candidate] - 1
        gap[candidate] = ~_is_usual(lag, candidate, begin, end, gap_steps)
    return np.asarray(gap)


def _is_usual(
    lag: NDArray[np.int64],
    at: NDArray[np.int64],
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    gap_steps: float,
) -> NDArray[np.bool_]:
    """Whether times between readings are usual among their neighbours from `begin` to `end`."""
    before = at[:, None] - np.arange(1, NEIGHBOURS + 1)
    after = at[:, None] + np.arange(1, NEIGHBOURS + 1)
    is_there = np.hstack([before >= begin[:, None], after < end[:, None]])
    place = np.clip(np.hstack([before, after]), 0, lag.size - 1)
    is_alike = (lag[place] * gap_steps >= lag[at, None]) & is_there
    usual = _LEAST_SHARE * is_alike.sum(axis=1) >= is_there.sum(axis=1)
    for first in (0, NEIGHBOURS):
        near = slice(first, first + _NEAREST)
        alike, there = is_alike[:, near].sum(axis=1), is_there[:, near].sum(axis=1)
        usual |= (alike == there) & (there >= _FEWEST_NEAREST)
    in_a_row = sum(
        np.logical_and.accumulate(side, axis=1).sum(axis=1)
        for side in (is_alike[:, :NEIGHBOURS], is_alike[:, NEIGHBOURS:])
    )
    return np.asarray(usual | (in_a_row >= _NEAREST - 1))


def resolve(
    lag: NDArray[np.int64],
    bounds: NDArray[np.int64],
    said: NDArray[np.int64],
    gap: NDArray[np.bool_],
    *,
    holds_until_next: bool = False,
) -> NDArray[np.int64]:
    """Return the time that each reading stands for [µs], `NOT_SAID` where nothing says it.

    Parameters
    ----------
    lag, bounds, said, holds_until_next
        See `find_gaps`.
    gap
        What `find_gaps` returned.
    """
    is_last = lag == NOT_SAID
    step = np.where(said != NOT_SAID, said, np.where(gap | is_last, NOT_SAID, lag))
    if holds_until_next:
        step[is_last & (step == NOT_SAID)] = 0
    step = _filled(step, bounds, np.where(is_last, np.iinfo(np.int64).max, lag))
    return np.asarray(np.where(is_last, step, np.minimum(step, lag)))


def _filled(
    step: NDArray[np.int64], bounds: NDArray[np.int64], most: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return steps, each that is `NOT_SAID` from those before it, at a household's begin the next.

    A step that was filled has a say in those behind it, as in a `Timeline`, where it is known by
    then. Each round settles at least the first of those that depend on one another; nearly always
    one round settles all.

    Parameters
    ----------
    step, bounds
        Steps household by household.
    most
        The longest that each may be.
    """
    lacking = np.flatnonzero(step == NOT_SAID)
    if not lacking.size:
        return step
    household = np.searchsorted(bounds, lacking, side="right") - 1
    begin, end = bounds[household], bounds[household + 1]
    known = np.concatenate([[-1], np.flatnonzero(step != NOT_SAID), [step.size]])
    at = np.searchsorted(known, lacking)
    before, after = known[at - 1], known[at]
    source = np.where(before >= begin, before, np.where(after < end, after, lacking))
    steps = step.copy()
    steps[lacking] = np.minimum(step[source], most[lacking])
    filled = doubtful = lacking[(lacking > begin) & (steps[lacking] != NOT_SAID)]
    while doubtful.size:
        first = begin[np.searchsorted(lacking, doubtful)]
        usual = np.minimum(_usual_before(steps, doubtful, first), most[doubtful])
        changed = doubtful[usual != steps[doubtful]]
        steps[doubtful] = usual
        doubtful = _just_behind(changed, filled)
    return steps


def _usual_before(
    step: NDArray[np.int64], at: NDArray[np.int64], begin: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the most frequent step before each place, the shortest of several.

    Where the last two are alike, the meter keeps a step, and only those like it count.
    """
    places = at[:, None] - np.arange(1, NEIGHBOURS + 1)
    steps = step[np.maximum(places, 0)]
    is_there = places >= begin[:, None]
    last = steps[:, :1]
    is_alike = (steps * GAP_STEPS >= last) & (steps <= last * GAP_STEPS) & is_there
    keeps_step = is_alike[:, 1] | ~is_there[:, 1]
    is_alike = np.where(keeps_step[:, None], is_alike, is_there)
    is_same = (steps[:, :, None] == steps[:, None, :]) & is_alike[:, None, :]
    rows = np.where(is_alike, is_same.sum(axis=2), 0)
    is_most = rows == rows.max(axis=1, keepdims=True)
    return np.asarray(np.where(is_most, steps, np.iinfo(np.int64).max).min(axis=1))


def _just_behind(changed: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return those of some places that have a changed one among the neighbours before them."""
    if not changed.size:
        return changed
    last = np.searchsorted(changed, at) - 1
    return at[(last >= 0) & (at - changed[last] <= NEIGHBOURS)]


def usual_step(lag_us: NDArray[np.int64]) -> int | None:
    """Return the most frequent time between readings [µs], the shortest of several; None: no time.

    Parameters
    ----------
    lag_us
        Times between readings [µs]; those that are not above 0 do not count.
    """
    values, rows = np.unique(lag_us[lag_us > 0], return_counts=True)
    return int(values[np.argmax(rows)]) if values.size else None
