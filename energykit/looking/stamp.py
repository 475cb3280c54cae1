"""Which columns of a sample are stamps, and how they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.errors import ParameterError
from energykit.looking.apart import date_parts, time_parts
from energykit.meters.account import Account
from energykit.meters.clock import EPOCHS, HALF, Clock, check_form, is_compact
from energykit.meters.digits import SECOND_US
from energykit.meters.moment import BETWEEN_STAMPS, StampReader
from energykit.meters.quantity import unit_in
from energykit.meters.steps import numbered_step_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from energykit.looking.grid import Grid

__all__ = ["IRREGULAR", "StampGuess", "find_stamps"]

IRREGULAR = 0.5
"""Share of odd steps from which on they are said to vary."""
_UNEVEN = 0.25
"""And from which on another column's even ones are likelier the readings'."""
_DATES = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%Y", "%d %b %Y", "%Y-%m-%d", "%d-%b-%y", "%d %b %y",
    "%d/%b/%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%Y.%m.%d.", "%Y. %m. %d.", "%Y年%m月%d日",
)  # fmt: skip
_CLOCKS = (
    " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %I %p", " %H.%M", " %H.%M.%S",
    " %H%M", " %H%M%S", " %H時%M分",
)  # fmt: skip
_WORDED = (
    " %Hh%M", " %H:%M Uhr", " %H:%M:%S Uhr", " %Hh", " %H h", " %H Uhr", " HE%H", " H%H", " %H시",
    " %H時",
)  # fmt: skip
"""Times of day with letters, which state no zone."""
_TIMES = (
    "",
    *_CLOCKS,
    " %H",
    *_WORDED,
    *(f"{clock} {mark}" for clock in _CLOCKS for mark in ("%z", "%Z")),
)
_WEEKDAY = re.compile(
    r"(mon|tue|wed|thu|fri|sat|sun)([a-z]*)(,?\s+)(?=\S*\d|[a-z]+ \d)", re.IGNORECASE
)
_SHAPES = {
    "%d": r"\d{1,2}", "%m": r"\d{1,2}", "%Y": r"\d{4}", "%y": r"\d{2}", "%b": r"[^\W\d_]{3}",
    "%B": r"[^\W\d_]{3,}", "%H": r"\d{1,2}", "%I": r"\d{1,2}", "%M": r"\d\d", "%S": r"\d\d",
    "%p": rf"{HALF}(?![^\W_])", "%z": r"[+-]\d\d:?\d\d", " ": r"[\sT]*",
    "%Z": r"(?![AP]M?(?![A-Z]))[A-Z]{1,5}",
}  # fmt: skip
"""What a part of a stamp looks like."""
_PAIR = re.compile(
    rf"(?:{BETWEEN_STAMPS}|\s*[-\u2013\u2014]\s*(?=\d{{1,2}}(?:[:.h]\d\d|\s?[AaPp]))).*"
)
"""What follows the first of two stamps in a field."""
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d(?!\d)")
_SAMPLE = 300
_HOUR = re.compile(r"hour|hora|uur|stunde|heure|ora|time|zeit|tijd|^h$", re.IGNORECASE)
_OF_ROW = re.compile(r"created|inserted|modified|imported", re.IGNORECASE)
"""Names of stamps that say when a row was written, not when it is of."""
_LEAST_SHARE = 0.9
_FEWEST_ROWS = 3
"""Of a table whose last row may be its totals."""
_ROWS_A_DATE = 3
_HOUR_S = 3600
_FEWEST_EPOCH_DIGITS = 9
_MOST_COLUMNS = 12
"""Columns of stamps that are read: each further one costs time and hardly is the readings'."""


@dataclass(frozen=True, kw_only=True)
class StampGuess:
    """How the stamps of a sample can be read."""

    places: tuple[int, ...]
    """Places of the columns that make a stamp, from 0."""
    form: str | None
    """As the parameter `timestamp_format` has it; None: ISO 8601."""
    is_universal: bool
    """Whether stamps state their offset, or are Unix times."""
    has_spans: bool
    """Whether each stamp states its end, too."""
    irregularity: float
    """Share of steps that are not the most frequent one."""
    first: str
    """The first stamp, read so."""
    last: str
    """The last stamp of the sample, read so."""
    usual_s: float = 0.0
    """The most frequent step [s]; 0 where there is none."""
    step_s: int | None = None
    """Seconds of an interval where those of a day are numbered, and are not its hours."""


def find_stamps(grid: Grid) -> list[StampGuess]:
    """Return the ways in which a sample's stamps can be read, the likeliest first.

    Parameters
    ----------
    grid
        The sample.
    """
    by_place: list[list[StampGuess]] = []
    for place in range(len(grid.names)):
        by_place.append(_guesses(grid, (place,)))
        if sum(map(bool, by_place)) == _MOST_COLUMNS:
            break
    single = [guess for guesses in by_place for guess in guesses]
    has_stamps = any(guess.irregularity < 1 for guess in single)
    pairs = [] if has_stamps else _by_parts(grid)
    pairs = pairs or [
        guess
        for place, found in enumerate(by_place)
        if found
        for guess in _pairs(grid, place, by_place)
    ]
    by_pair = {guess.places[0] for guess in pairs}
    alone = [guess for guess in single if guess.places[0] not in by_pair]
    timed = [guess for guess in alone if guess.irregularity < 1]
    if not timed:  # rows of one time, or a single row
        timed = [guess for guess in alone if guess.form not in EPOCHS or len(grid.rows) == 1]
    return sorted(
        [*pairs, *timed],
        key=lambda guess: (
            guess.irregularity > _UNEVEN,
            bool(_OF_ROW.search(grid.names[guess.places[0]])),
            guess.places[0],
            guess.irregularity,
        ),
    )


def _pairs(grid: Grid, place: int, by_place: Sequence[Sequence[StampGuess]]) -> list[StampGuess]:
    """Return the ways to read a date with its time of day, or its interval's number, behind it.

    That is in the next column; further behind only where many rows have one date.
    """
    last = len(grid.names) if _repeats(grid, place) else place + 2
    for behind in range(place + 1, min(last, len(grid.names))):
        if behind < len(by_place) and _are_dates(by_place[behind]):
            continue
        if len(grid.column(behind)) < _LEAST_SHARE * len(grid.column(place)):
            continue
        time = time_parts(grid, behind)
        if time is not None and len(time.places) > 1 and place < len(by_place):
            forms = [f"{guess.form or '%Y-%m-%d'} {time.form}" for guess in by_place[place]]
            return _guesses(grid, (place, *time.places), forms=forms)
        step_s = _numbers_intervals(grid, (place,), behind)
        if step_s or _is_hour(grid, behind):
            guesses = _guesses(grid, (place, behind), step_s)
            if guesses:
                return guesses
    return []


def _by_parts(grid: Grid) -> list[StampGuess]:
    """Return the ways to read year, month and day that are in columns of their own."""
    date = date_parts(grid)
    if date is None:
        return []
    for place in range(len(grid.names)):
        if place in date.places:
            continue
        places: tuple[int, ...] = (place,)
        forms, step_s = [f"{date.form}{time}" for time in _CLOCKS], None
        if time := time_parts(grid, place):
            places, forms = time.places, [f"{date.form} {time.form}"]
        elif step_s := _numbers_intervals(grid, date.places, place):
            forms = [f"{date.form} %H"]
        elif grid.is_numeric(place):
            continue
        if guesses := _guesses(grid, (*date.places, *places), step_s, forms):
            return guesses
    return _guesses(grid, date.places, forms=[date.form])


def _repeats(grid: Grid, place: int) -> bool:
    """Whether most rows have the date of another."""
    texts = grid.column(place)
    return len(set(texts)) * _ROWS_A_DATE < len(texts)


def _numbers_intervals(grid: Grid, date: Sequence[int], behind: int) -> int | None:
    """Return the seconds of an interval where a column numbers those of each date from 1."""
    days = [[row[place] for place in date] for row in grid.rows]
    first = next((day for day in days if all(day)), [])
    texts = {row[behind] for row, day in zip(grid.rows, days, strict=True) if day == first}
    if not all(map(str.isdecimal, texts)):
        return None
    numbers = sorted(map(int, texts))
    return numbered_step_s(len(numbers)) if numbers == list(range(1, len(numbers) + 1)) else None


def _is_hour(grid: Grid, place: int) -> bool:
    """Whether a column of whole numbers is called an hour, rather than a value of the day."""
    if not grid.is_numeric(place):
        return True
    is_value = unit_in("power_consumption", grid.label(place)) is not None
    return not is_value and bool(_HOUR.search(grid.names[place]))


def _are_dates(guesses: Sequence[StampGuess]) -> bool:
    """Whether a column is a date of its own, so not the time of day of the one before."""
    return any(guess.form is None or "%d" in guess.form for guess in guesses)


def _texts(grid: Grid, places: Sequence[int]) -> pl.Series:
    """Return the texts of a stamp's columns joined, a sample of them."""
    rows = grid.rows[:_SAMPLE]
    return pl.Series([" ".join(row[place] for place in places) for row in rows], dtype=pl.String)


def _guesses(
    grid: Grid, places: Sequence[int], step_s: int | None = None, forms: Sequence[str] = ()
) -> list[StampGuess]:
    """Return the ways to read columns as stamps, in some forms or in those they look like."""
    texts = _texts(grid, places)
    reading = _reading(texts, forms or _forms(texts), step_s or _HOUR_S)
    stated = None if step_s == _HOUR_S else step_s
    return [replace(_guess(places, form, moments), step_s=stated) for form, moments in reading]


def _reading(
    texts: pl.Series, forms: Sequence[str | None], step_s: int
) -> list[tuple[str | None, pl.DataFrame]]:
    """Return each form in which texts can be read, with their moments."""
    found = []
    for form in forms:
        try:
            reader = StampReader(Clock(form=check_form(form)), Account(), step_s * 1_000_000)
            frame = reader.read(texts, None, pl.int_range(len(texts), eager=True)).frame
        except (ParameterError, pl.exceptions.PolarsError):
            continue
        if frame["moment"].null_count() <= _most_unread(len(texts)):
            found.append((form, frame))
            if form is None:
                break
    return found


def _most_unread(rows: int) -> float:
    """Return how many rows of a sample may have no stamp: a row of totals always."""
    return max((1 - _LEAST_SHARE) * rows, rows >= _FEWEST_ROWS)


def _forms(texts: pl.Series) -> list[str | None]:
    """Return the forms that are worth a try: those that the first text has the shape of."""
    first = next((text for text in texts if any(map(str.isdigit, text))), "")
    if is_compact(first):
        return ["%Y%m%d%H%M%S" if len(first) == len("20250115003000") else "%Y%m%d%H%M"]
    digits = first.replace(".", "", 1)
    if digits.isdigit() and len(first.partition(".")[0]) >= _FEWEST_EPOCH_DIGITS:
        return list(EPOCHS)
    if digits.isdigit() and len(first) != len("20250115"):
        return []
    forms = [date + time for date, time in product(_DATES, _TIMES) if _fits(first, date, time)]
    weekday = _WEEKDAY.match(first)
    if weekday and not forms:
        rest = texts.str.slice(weekday.end()).head(1)
        mark = ("%A" if weekday[2] else "%a") + weekday[3]
        return [f"{mark}{form or '%Y-%m-%d'}" for form in _forms(rest)]
    return [None, *forms] if _ISO_DATE.match(first) else [*forms]


def _fits(text: str, date: str, time: str) -> bool:
    """Whether a text may be a date and a time of some form, or two of them."""
    hit = _shape(date, time).match(text)
    return hit is not None and (hit.end() == len(text) or _PAIR.match(text, hit.end()) is not None)


@cache
def _shape(date: str, time: str) -> re.Pattern[str]:
    """Return the pattern of texts that may begin with a date and a time of some form."""
    day, clock = (
        "".join(_SHAPES.get(part, re.escape(part)) for part in re.findall(r"%.|[^%]", form))
        for form in (date, time)
    )
    return re.compile(rf"{day}(?!\d){clock}")


def _guess(places: Sequence[int], form: str | None, frame: pl.DataFrame) -> StampGuess:
    moments = frame["moment"].drop_nulls().to_numpy()
    usual_s, irregularity = _steps(moments)
    return StampGuess(
        places=tuple(places),
        form=form,
        is_universal=bool(frame["is_universal"].all()) or form in EPOCHS,
        has_spans=frame["span"].null_count() == 0,
        irregularity=irregularity,
        usual_s=usual_s,
        first=_shown(moments[0]),
        last=_shown(moments[-1]),
    )


def _shown(moment: np.int64) -> str:
    return str(np.datetime64(int(moment), "us").astype("datetime64[s]"))


def _steps(moments: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[float, float]:
    """Return the most frequent step [s] and the share of others; 0 and 1 where none goes on."""
    steps = np.abs(np.diff(moments))
    values, counts = np.unique(steps[steps > 0], return_counts=True)
    if not values.size:
        return 0.0, 1.0
    most = counts.argmax()
    return float(values[most] / SECOND_US), float(1 - counts[most] / counts.sum())
