"""Wide tables: a row a day with a column for each interval, and a column for each meter."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from energykit.meters.clock import Clock
    from energykit.meters.delimited import TextPart

__all__ = ["DayColumns", "day_columns", "long_part", "meter_columns"]

_TIME = re.compile(
    r"^\D*?(\d{1,2})[:.h](\d\d)(?::\d\d)?(?:\s*(?:-|to|bis)\s*\d{1,2}[:.h]\d\d(?::\d\d)?)?\D*$"
)
_HALF_TIME = re.compile(
    r"^\D*?(\d{1,2})(?:[:.](\d\d))?(?:[:.]\d\d)?\s?([ap])\.?\s?m(?![^\W_])"
    r"(?:\.?\s*(?:-|\u2013|to)\s*\d{1,2}(?:[:.]\d\d){0,2}\s?[ap]\.?\s?m)?\D*$",
    re.IGNORECASE,
)
"""A time of the 12-hour clock, ``1 AM`` or ``1:00 a.m. - 2:00 a.m.``."""
_NUMBER = re.compile(r"^\D*(\d{1,4})\D*$")
_TOTAL = re.compile(
    r"(?<![^\W_])(?:(?:grand|sub)?total[es]*|summen?|sum|totaal|som|soma|suma|somme|(?:ins)?gesamt"
    r"|alle?|daily|tages(?:summe|verbrauch|wert))(?![^\W_])",
    re.IGNORECASE,
)
_STEPS_S = {24: 3600, 48: 1800, 96: 900, 144: 600, 288: 300, 1440: 60}
"""Seconds of an interval by how many a day has."""
_LONGEST_DAY = 25 / 24
_DAY_S = 86_400
_US = 1_000_000


@dataclass(frozen=True, kw_only=True)
class DayColumns:
    """The columns of the intervals of a day."""

    places: tuple[str, ...]
    """Places of the columns, in the order of the day."""
    labels: tuple[str, ...]
    """Time of day at which each begins on the wall clock; none where they are numbered."""
    step_us: int
    """Length of an interval [µs]."""

    @property
    def per_day(self) -> int:
        """How many an ordinary day has."""
        return _DAY_S * _US // self.step_us

    def clock(self, clock: Clock) -> Clock:
        """Return how the stamps of the long table are written."""
        if not self.labels or clock.form is None:
            return clock
        return replace(clock, form=f"{clock.form} %H:%M")


def day_columns(names: Mapping[str, str], where: str) -> DayColumns:
    """Find the columns of the intervals of a day by their names: times of day, or numbers from 1.

    Parameters
    ----------
    names
        Name by place of every column that is not mapped to anything else.
    where
        The file, for the error.

    Raises
    ------
    ArtifactError
        There are no such columns, or their number is not that of the intervals of a day.
    """
    names = {place: name for place, name in names.items() if not _TOTAL.search(name)}
    minutes = {p: minute for p, name in names.items() if (minute := _minute(name)) is not None}
    if minutes:
        return _by_label(minutes, where)
    numbered = {
        place: int(hit.group(1)) for place, name in names.items() if (hit := _NUMBER.match(name))
    }
    places = sorted(numbered, key=lambda place: numbered[place])
    _refuse_odd_numbers([numbered[place] for place in places], where)
    step_s = _step_s(len(places), where)
    return DayColumns(places=tuple(places), labels=(), step_us=step_s * _US)


def _refuse_odd_numbers(numbers: Sequence[int], where: str) -> None:
    """Refuse columns whose numbers do not follow each other: one of them is not an interval."""
    of_hours = [number // 100 * 60 + number % 100 for number in numbers]  # 0015, 0030 … 2400
    for sequence in (list(numbers), of_hours):
        if len({b - a for a, b in itertools.pairwise(sequence)}) <= 1:
            return
    odd = next(b for a, b in itertools.pairwise(numbers) if b - a != 1)
    raise ArtifactError(
        f"the columns' numbers do not follow each other: {odd} is there twice or not after the"
        " one before",
        where=where,
        hint="name the columns of the intervals in columns.power_consumption, in their order",
    )


def _minute(name: str) -> int | None:
    """Return the minute of the day that a name begins with; None where it does not."""
    half = _HALF_TIME.match(name)
    hit = half or _TIME.match(name)
    if hit is None:
        return None
    hour = int(hit[1]) % 12 + 12 * (hit[3][0] in "Pp") if half else int(hit[1])
    return hour * 60 + int(hit[2] or 0)


def _by_label(minutes: Mapping[str, int], where: str) -> DayColumns:
    """Return columns called by times of day; of ends, the first is one step after 00:00."""
    places = list(minutes)
    step_s = _step_s(len(places), where)
    begin = [minutes[place] for place in places]
    is_first_end = begin[0] * 60 == step_s and begin[-1] == 0
    if min(begin) * 60 == step_s or 24 * 60 in begin or is_first_end:  # called by their ends
        begin = [(minute * 60 - step_s) % _DAY_S // 60 for minute in begin]
    order = sorted(range(len(places)), key=lambda n: begin[n])
    labels = tuple(f"{begin[n] // 60:02d}:{begin[n] % 60:02d}" for n in order)
    return DayColumns(places=tuple(places[n] for n in order), labels=labels, step_us=step_s * _US)


def _step_s(count: int, where: str) -> int:
    """Return an interval's length in a day of so many columns; the long day has more."""
    for usual, step_s in _STEPS_S.items():
        if usual <= count <= usual * _LONGEST_DAY:
            return step_s
    raise ArtifactError(
        f"{count} columns are called by times of day or numbers, which is not a day of intervals",
        where=where,
        hint=f"a day has {', '.join(map(str, _STEPS_S))} (or an hour more); else name the columns",
    )


def meter_columns(names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the places of the columns that are meters: all but totals and nameless ones."""
    return tuple(place for place, name in names.items() if name and not _TOTAL.search(name))


def long_part(part: TextPart, day: DayColumns, keys: Sequence[str], stamp: str) -> TextPart:
    """Return a part with a row for each interval; ``"value"`` is its only value column.

    Parameters
    ----------
    part
        Rows of days.
    day
        The columns of the intervals.
    keys
        Places of the columns that are kept as they are.
    stamp
        Place of the date's column, the last where there are several.
    """
    texts = part.texts.with_columns(part.lines.alias("line"))
    numbers = {place: number for number, place in enumerate(day.places)}
    long = texts.unpivot(
        on=list(day.places), index=["line", *keys], variable_name="place", value_name="value"
    ).with_columns(number=pl.col("place").replace_strict(numbers, return_dtype=pl.Int64))
    long = long.sort("line", "number", maintain_order=True)
    is_spare = (pl.col("number") >= day.per_day) & (
        pl.col("value").fill_null("").str.strip_chars() == ""
    )
    long = long.filter(~is_spare)
    if day.labels:
        label = pl.col("number").replace_strict(dict(enumerate(day.labels)), return_dtype=pl.String)
        joined = pl.concat_str(pl.col(stamp).str.strip_chars(), pl.lit(" "), label)
        long = long.with_columns(joined.alias(stamp))
        elapsed = pl.zeros(long.height, dtype=pl.Int64, eager=True)
    else:
        elapsed = long["number"] * day.step_us
    return replace(
        part,
        texts=long.select(*keys, "value"),
        lines=long["line"],
        elapsed=elapsed,
        span_us=day.step_us,
    )
