"""Uses of appliances and refrigerator cycles: drawn per block of days, summed into means.

Starts are a Poisson process whose rate follows the hour, the kind of day and the season: candidates
are drawn at the highest rate and each is kept with the probability of its moment. Times are whole
seconds and powers multiples of 1/1024 W, so that sums of them are exact in double precision:
neither the order of summation nor where a batch begins can change a bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from services.energy_generator.appliances import APPLIANCES, start_seconds_table
from services.energy_generator.draws import Draws, Stream
from services.energy_generator.grid import DAY_S, TimeGrid, local_offset_s
from services.energy_generator.h0 import H0_W_PER_MWH, MEAN_W_PER_MWH, day_class, day_kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.energy_generator.traits import Traits

__all__ = ["Segments", "draw_segments", "interval_means"]

_POINTS = 513
_STARTS = start_seconds_table(_POINTS).ravel()
_PHASES = max(len(appliance.phases) for appliance in APPLIANCES)
_POWER = np.array(
    [[w for w, _ in a.phases] + [0.0] * (_PHASES - len(a.phases)) for a in APPLIANCES]
)
_SECONDS = np.array(
    [[m * 60.0 for _, m in a.phases] + [0.0] * (_PHASES - len(a.phases)) for a in APPLIANCES]
)
_TAN = np.array([np.sqrt(1 / a.power_factor**2 - 1) for a in APPLIANCES])
_POWER_SPREAD = np.array([a.power_spread for a in APPLIANCES])
_DURATION_SPREAD = np.array([a.duration_spread for a in APPLIANCES])
_SEASONAL = np.array([a.is_seasonal for a in APPLIANCES])
# A day's total over the mean day's, season by kind of day; with the dynamisation it becomes _MOST
# at the most.
_DAY_WEIGHT = (H0_W_PER_MWH.mean(axis=-1) / MEAN_W_PER_MWH).ravel()
_MOST = 1.45
_JITTER = 0.1
_TICKS = 1024.0


@dataclass(frozen=True)
class Segments:
    """Stretches of constant power, one per row."""

    row: NDArray[np.int64]
    """Which household, as a row of the traits."""
    start_s: NDArray[np.int64]
    """Start, seconds since 1970-01-01 UTC."""
    end_s: NDArray[np.int64]
    """End, seconds since 1970-01-01 UTC."""
    power_w: NDArray[np.float64]
    """Active power [W]."""
    tan: NDArray[np.float64]
    """Reactive over active power."""


@dataclass(frozen=True)
class _Candidates:
    """Raw draws of every (household, block), one after the other."""

    counts: NDArray[np.int64]  # household by block by appliance
    uniform: NDArray[np.float64]  # candidate by 5
    jitter: NDArray[np.float64]  # household by block by cycle


def draw_segments(
    draws: Draws, traits: Traits, grid: TimeGrid, blocks: range, zone: str
) -> Segments:
    """Draw what runs in some blocks, and what was started in the blocks around them.

    A local day lies partly in the UTC day before or after, and a use outlasts its block: one block
    more is drawn on each side.
    """
    around = range(blocks.start - 1, blocks.stop + 1)
    candidates = _draw_candidates(draws, traits, grid, around)
    uses = _uses(candidates, traits, grid, around, zone)
    cycles = _cycles(candidates.jitter, traits, grid, around)
    return Segments(
        *(
            np.concatenate([getattr(uses, name), getattr(cycles, name)])
            for name in Segments.__dataclass_fields__
        )
    )


def _draw_candidates(draws: Draws, traits: Traits, grid: TimeGrid, blocks: range) -> _Candidates:
    rates = traits.uses_per_day * (grid.block_s / DAY_S) * np.where(_SEASONAL, _MOST, 1.0)
    counts = np.empty((len(traits.index), len(blocks), len(APPLIANCES)), dtype=np.int64)
    jitter = np.empty((len(traits.index), len(blocks), grid.block_s // 3000 + 2))
    uniform = []
    for row, household in enumerate(traits.index.tolist()):
        for column, block in enumerate(blocks):
            numbers = draws.at(Stream.EVENTS, household, block)
            counts[row, column] = numbers.poisson(rates[row])
            uniform.append(numbers.random((int(counts[row, column].sum()), 5)))
            numbers.random(out=jitter[row, column])
    return _Candidates(counts, np.concatenate(uniform), jitter)


def _uses(drawn: _Candidates, traits: Traits, grid: TimeGrid, blocks: range, zone: str) -> Segments:
    """Place candidates, keep each with the probability of its day, cut it into its phases."""
    kinds = len(APPLIANCES)
    cell = np.repeat(np.arange(drawn.counts.size), drawn.counts.ravel())
    kind = cell % kinds
    row, column = np.divmod(cell // kinds, len(blocks))
    days = (blocks.start + column) * (grid.block_s // DAY_S)
    days = days + (drawn.uniform[:, 0] * (grid.block_s // DAY_S)).astype(np.int64)
    kept = _is_kept(days, kind, drawn.uniform[:, 1])
    row, kind, days, uniform = row[kept], kind[kept], days[kept], drawn.uniform[kept]
    local = days * DAY_S + _second_of_day(kind, days, uniform[:, 2]) + traits.habit_s[row]
    start = _to_utc(local, zone)
    strength = traits.power_of_model[row, kind] * (
        1 + _POWER_SPREAD[kind] * (2 * uniform[:, 3] - 1)
    )
    stretch = 1 + _DURATION_SPREAD[kind] * (2 * uniform[:, 4] - 1)
    ends = start[:, None] + np.round(np.cumsum(_SECONDS[kind], axis=1) * stretch[:, None]).astype(
        np.int64
    )
    starts = np.concatenate([start[:, None], ends[:, :-1]], axis=1)
    power = _POWER[kind] * strength[:, None]
    phases = power > 0
    return Segments(
        np.broadcast_to(row[:, None], power.shape)[phases],
        starts[phases],
        ends[phases],
        power[phases],
        np.broadcast_to(_TAN[kind][:, None], power.shape)[phases],
    )


def _is_kept(
    days: NDArray[np.int64], kind: NDArray[np.int64], chance: NDArray[np.float64]
) -> NDArray[np.bool_]:
    if not days.size:
        return np.zeros(0, dtype=np.bool_)
    first = int(days.min())
    classes, factors = day_class(np.arange(first, int(days.max()) + 1))
    weight = _DAY_WEIGHT[classes] * factors / _MOST
    return np.where(_SEASONAL[kind], chance < weight[days - first], True)


def _second_of_day(
    kind: NDArray[np.int64], days: NDArray[np.int64], u: NDArray[np.float64]
) -> NDArray[np.int64]:
    position = u * (_POINTS - 1)
    below = position.astype(np.int64)
    index = (kind * 3 + day_kind(days)) * _POINTS + below
    second = _STARTS[index] + (position - below) * (_STARTS[index + 1] - _STARTS[index])
    return np.asarray(second, dtype=np.int64)


def _to_utc(local_s: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """Move local seconds to UTC; around a change of clocks a use may start an hour off."""
    if zone == "UTC" or not local_s.size:
        return local_s
    hours, position = np.unique(local_s // 3600, return_inverse=True)
    ahead = np.asarray(local_offset_s(hours * 3600, zone))
    return np.asarray(local_s - ahead[position], dtype=np.int64)


def _cycles(jitter: NDArray[np.float64], traits: Traits, grid: TimeGrid, blocks: range) -> Segments:
    """Place the refrigerators' cycles: evenly, each start moved a little."""
    block_start = np.array(blocks) * grid.block_s
    period, phase = traits.fridge_period_s[:, None], traits.fridge_phase_s[:, None]
    first = np.ceil((block_start - phase) / period)
    count = np.arange(jitter.shape[-1])
    nominal = phase[..., None] + (first[..., None] + count) * period[..., None]
    moved = nominal + (_JITTER * period)[..., None] * (2 * jitter - 1)
    start = np.round(moved).astype(np.int64)
    end = (
        start
        + np.round(traits.fridge_duty * traits.fridge_period_s).astype(np.int64)[:, None, None]
    )
    inside = nominal < (block_start + grid.block_s)[:, None]
    row = np.broadcast_to(np.arange(len(traits.index))[:, None, None], start.shape)[inside]
    return Segments(row, start[inside], end[inside], traits.fridge_w[row], traits.fridge_tan[row])


def interval_means(
    segments: Segments, households: int, times: NDArray[np.int64], step_s: int
) -> Any:
    """Return active and reactive power, each household by interval [W, var].

    Both are exact means over the intervals.

    Parameters
    ----------
    segments
        What runs, in any order.
    households
        Number of rows of the result.
    times
        Starts of the intervals, seconds since 1970-01-01 UTC, `step_s` apart.
    step_s
        Length of the intervals [s].
    """
    width = times.size + 2
    span = times.size * step_s
    start = np.clip(segments.start_s - times[0], 0, span)
    end = np.clip(segments.end_s - times[0], 0, span)
    first, into = np.divmod(start, step_s)
    last, over = np.divmod(end, step_s)
    row = segments.row * width
    at = np.concatenate([row + first, row + first + 1, row + last, row + last + 1])
    return tuple(
        _running_sum(at, _changes(watts, into / step_s, over / step_s), households, width)
        for watts in (segments.power_w, segments.power_w * segments.tan)
    )


def _changes(watts: NDArray[Any], into: NDArray[Any], over: NDArray[Any]) -> NDArray[np.float64]:
    """Return changes of the mean: at the start, one interval later, at the end, one later."""
    whole = np.round(watts * _TICKS)
    begins = np.round(whole * (1 - into))
    ends = np.round(whole * (1 - over))
    return np.concatenate([begins, whole - begins, -ends, ends - whole]) / _TICKS


def _running_sum(
    at: NDArray[Any], changes: NDArray[Any], households: int, width: int
) -> NDArray[np.float64]:
    total = np.bincount(at, weights=changes, minlength=households * width).astype(
        np.float64, copy=False
    )
    total = total.reshape(households, width)
    return np.cumsum(total, axis=1, out=total)[:, :-2]
