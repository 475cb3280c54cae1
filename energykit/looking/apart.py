"""Dates and times of day whose parts are in columns of their own: year, month, day, hour, half."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energykit.meters.clock import HALF

if TYPE_CHECKING:
    from energykit.looking.grid import Grid

__all__ = ["StampParts", "date_parts", "lacks_year", "time_parts"]

_YEAR = re.compile(r"ye?a?r|yyyy|jahr|ann[ée]e|a[ñn]o|anno|jaar|år|rok|vuosi")
_MONTH = re.compile(r"month|mo|mm|monat|mois|m[eê]s|mese|maand|måned|månad|miesiąc|kuukausi")
_DAY = re.compile(r"day|dd|dy|dayofmonth|tag|jour|d[íi]a|giorno|dag|dzień|päivä")
_HOUR = re.compile(
    r"(?:hour|hr|hh|h|he|stunde|heure|hora|ora|uur|timme|time|godzina|tunti)(?:ending|beginning)?"
)
_MINUTE = re.compile(r"minutes?|min|mi|minuto|minuut|minut")
_HALF = re.compile(HALF)
_LAST = {"%m": 12, "%d": 31, "%H": 25, "%I": 12, "%M": 59, "%y": 99}
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_LAST_HOUR = 24
_ABBREVIATED = 3
_FEWEST_ROWS = 3


@dataclass(frozen=True, kw_only=True)
class StampParts:
    """Columns that together are a date, or a time of day."""

    places: tuple[int, ...]
    """Their places from 0, the longest unit first."""
    form: str
    """How their texts, joined by blanks, are written."""


def date_parts(grid: Grid) -> StampParts | None:
    """Return the columns of year, month and day; None where one of them is not there."""
    year, month, day = _date_columns(grid)
    if year is None or month is None or day is None:
        return None
    return StampParts(places=(year[0], month[0], day[0]), form=f"{year[1]} {month[1]} {day[1]}")


def lacks_year(grid: Grid) -> bool:
    """Whether month and day are in columns of their own, and the year is in none."""
    year, month, day = _date_columns(grid)
    return year is None and month is not None and day is not None


def time_parts(grid: Grid, place: int) -> StampParts | None:
    """Return the columns of a time of day that begins with the hour in one column.

    None where that does not hold hours, or is all there is of a time of day behind a date.

    Parameters
    ----------
    grid
        The sample.
    place
        Place of the column of hours.
    """
    if not _HOUR.fullmatch(_plain(grid.names[place])):
        return None
    half = next((p for p in range(len(grid.names)) if _are_halves(grid, p)), None)
    is_half = half is not None and _holds(grid, place, "%I")
    if not is_half and not _holds(grid, place, "%H"):
        return None
    parts = [(place, "%I" if is_half else "%H")]
    minute = _place(grid, _MINUTE, ("%M",))
    is_number = any(int(t) >= _LAST_HOUR for t in grid.column(place) if t.isdecimal())
    parts += [minute] if minute is not None and not is_number else []  # else of an hour
    parts += [(half, "%p")] if half is not None and is_half else []
    places, marks = zip(*parts, strict=True)
    return StampParts(places=places, form=" ".join(marks))


def _date_columns(grid: Grid) -> list[tuple[int, str] | None]:
    """Return the columns of year, month and day, and how each is written; None: it is missing."""
    wanted = ((_YEAR, ("%Y", "%y")), (_MONTH, ("%m", "%b", "%B")), (_DAY, ("%d",)))
    return [_place(grid, names, marks) for names, marks in wanted]


def _place(grid: Grid, names: re.Pattern[str], marks: tuple[str, ...]) -> tuple[int, str] | None:
    """Return the first column that is called so and holds what a mark means, and the mark."""
    for place, name in enumerate(grid.names):
        if names.fullmatch(_plain(name)):
            mark = next((mark for mark in marks if _holds(grid, place, mark)), None)
            if mark is not None:
                return place, mark
    return None


def _plain(name: str) -> str:
    return re.sub(r"[\W\d_]+", "", name).casefold()


def _holds(grid: Grid, place: int, mark: str) -> bool:
    """Whether all texts of a column, but perhaps that of a row of totals, are what a mark means."""
    texts = grid.column(place)
    texts = texts[:-1] if len(texts) > _FEWEST_ROWS and not texts[-1].isdecimal() else texts
    if mark in {"%b", "%B"}:
        is_short = all(len(text) == _ABBREVIATED for text in texts)
        return bool(texts) and all(map(str.isalpha, texts)) and is_short == (mark == "%b")
    if not texts or not all(text.isdecimal() for text in texts):
        return False
    numbers = [int(text) for text in texts]
    if mark == "%Y":
        return min(numbers) >= _FIRST_YEAR and max(numbers) < _LAST_YEAR
    return max(numbers) <= _LAST[mark]


def _are_halves(grid: Grid, place: int) -> bool:
    """Whether a column says the half of the day, and nothing else."""
    texts = set(grid.column(place))
    return bool(texts) and all(map(_HALF.fullmatch, texts))
