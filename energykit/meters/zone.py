"""Zones: wall clocks against UTC, with the hour that exists twice and the one that does not."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.meters.digits import DAY_US, SECOND_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["OddDay", "Universal", "Zone", "zone_hint", "zone_of"]

_FIXED = re.compile(r"^(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?([0-5]\d))?$", re.IGNORECASE)
_GRID_US = 15 * 60 * SECOND_US
"""Clocks change at whole quarter-hours of UTC, at most once a day."""
_LARGEST_OFFSET_H = 18


@dataclass(frozen=True, kw_only=True)
class Universal:
    """Wall-clock times in UTC."""

    earlier: NDArray[np.int64]
    """Moments [µs]; of two that are possible, the earlier."""
    later: NDArray[np.int64]
    """The same; of two that are possible, the later."""
    is_double: NDArray[np.bool_]
    """Where the clock shows the time twice."""
    is_absent: NDArray[np.bool_]
    """Where the clock never shows the time."""


@dataclass(frozen=True, kw_only=True)
class OddDay:
    """A day on which a clock changes."""

    start_us: int
    """Its midnight on the clock [µs since 1970]."""
    first_us: int
    """Time of day from which on the clock shows times twice, or skips them [µs]."""
    longer_us: int
    """How much longer it is than others [µs], below 0 for a shorter one."""


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A clock's zone."""

    name: str
    """In the tz database, or a fixed offset as parameters write it."""
    offset_us: int | None = None
    """Offset from UTC of a clock that never changes [µs]; None: as the tz database says."""

    def universal(self, local: NDArray[np.int64]) -> Universal:
        """Return wall-clock times in UTC.

        Parameters
        ----------
        local
            Wall-clock times as microseconds since 1970 on that clock.
        """
        no = np.zeros(len(local), dtype=bool)
        changes, offsets = self._changes(local)
        if len(offsets) == 1:
            moment = local - offsets[0]
            return Universal(earlier=moment, later=moment, is_double=no, is_absent=no)
        before = local - _at(changes, offsets, local - DAY_US)
        after = local - _at(changes, offsets, local + DAY_US)
        is_before = before + _at(changes, offsets, before) == local
        is_after = after + _at(changes, offsets, after) == local
        earlier = np.where(is_before, np.where(is_after, np.minimum(before, after), before), after)
        later = np.where(is_after, np.where(is_before, np.maximum(before, after), after), before)
        return Universal(
            earlier=earlier,
            later=later,
            is_double=is_before & is_after & (before != after),
            is_absent=~is_before & ~is_after,
        )

    def odd_days(self, around: NDArray[np.int64]) -> Iterator[OddDay]:
        """Yield the days near wall-clock times [µs] that are longer or shorter than others."""
        changes, offsets = self._changes(around)
        for change, before, after in zip(changes, offsets[:-1], offsets[1:], strict=True):
            first = int(change + min(before, after))  # where clocks go back, from here on again
            start = first // DAY_US * DAY_US
            yield OddDay(start_us=start, first_us=first - start, longer_us=int(before - after))

    def local(self, moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return moments of UTC [µs] as wall-clock times of the zone [µs]."""
        changes, offsets = self._changes(moments)
        return moments + _at(changes, offsets, moments)

    def _changes(self, around: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the moments near times at which the offset changes, and the offsets around."""
        if self.offset_us is not None:
            return np.empty(0, dtype=np.int64), np.array([self.offset_us])
        if not len(around):
            return np.empty(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
        first, last = (
            _year(int(edge)) for edge in (around.min() - 3 * DAY_US, around.max() + 3 * DAY_US)
        )
        changes, offsets = _changes_between(self.name, first, last)
        low = np.searchsorted(changes, around.min() - 3 * DAY_US)
        high = np.searchsorted(changes, around.max() + 3 * DAY_US)
        return changes[low:high], offsets[low : high + 1]

    @property
    def absent_reason(self) -> str:
        """Why a stamp is none that the clock never shows."""
        return (
            f"timestamp does not exist on the clock of {self.name} (daylight saving begins);"
            f" a meter on one time all year has time_zone {self.winter_offset!r}"
        )

    @property
    def winter_offset(self) -> str:
        """The clock's offset without daylight saving, as parameters write it: ``"+10:00"``."""
        if self.offset_us is not None:
            return self.name
        _, offsets = _changes_between(self.name, 2024, 2024)
        minutes = int(offsets.min()) // (60 * SECOND_US)
        sign = "-" if minutes < 0 else "+"
        return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def zone_of(name: str) -> Zone | None:
    """Return a zone by its tz name or its offset, ``"+10:00"``; None where neither fits."""
    if name.upper() in {"UTC", "Z", "GMT"}:
        return Zone(name=name, offset_us=0)
    fixed = _FIXED.match(name.strip())
    if fixed:
        sign, hours, minutes = fixed.groups()
        seconds = int(hours) * 3600 + int(minutes or 0) * 60
        if int(hours) > _LARGEST_OFFSET_H:
            return None
        return Zone(name=name, offset_us=(-seconds if sign == "-" else seconds) * SECOND_US)
    try:
        pl.Series([0]).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(name)
    except pl.exceptions.PolarsError:
        return None
    return Zone(name=name)


def zone_hint(name: str) -> str:
    """Say which zone a name that is not known may mean."""
    zones = zoneinfo.available_timezones()
    place = name.strip().replace(" ", "_").casefold()
    close = sorted(zone for zone in zones if place in {zone.casefold(), _town(zone)})
    if not close:
        towns = {_town(zone): zone for zone in sorted(zones)}
        close = [towns[town] for town in get_close_matches(place.rpartition("/")[2], towns, n=1)]
    hint = (
        "valid: a name of the tz database, such as 'Europe/Paris', or a fixed offset, such as"
        " '+10:00'"
    )
    return f"did you mean {close[0]!r}? {hint}" if close else hint


def _town(zone: str) -> str:
    """Return the last part of a zone's name."""
    return zone.rpartition("/")[2].casefold()


def _year(moment_us: int) -> int:
    return int(np.datetime64(moment_us, "us").astype("datetime64[Y]").astype(int)) + 1970


@lru_cache(maxsize=64)
def _changes_between(
    name: str, first_year: int, last_year: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the moments of years at which a zone's offset changes, and its offsets."""
    first, last = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    days, of_day = _offsets(pl.datetime_range(first, last, "1d", time_unit="us", eager=True), name)
    changing = np.flatnonzero(of_day[1:] != of_day[:-1])
    steps = [days[day] + np.arange(0, DAY_US + 1, _GRID_US) for day in changing]
    fine = np.concatenate([days[:1], *steps])
    universal, offsets = _offsets(pl.Series(fine).cast(pl.Datetime("us", "UTC")), name)
    changes = np.flatnonzero(offsets[1:] != offsets[:-1]) + 1
    return universal[changes], offsets[np.concatenate([[0], changes])]


def _offsets(moments: pl.Series, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return moments of UTC [µs], and the offset that holds at each [µs]."""
    local = moments.dt.convert_time_zone(name).dt.replace_time_zone(None)
    universal = moments.to_physical().to_numpy()
    return universal, local.to_physical().to_numpy() - universal


def _at(
    changes: NDArray[np.int64], offsets: NDArray[np.int64], moments: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the offset that holds at moments of UTC."""
    return offsets[np.searchsorted(changes, moments, side="right")]
