"""A sample of a table: which separator, which header, which decimal mark."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from energykit.looking.marks import NumberMarks, find_marks, is_number
from energykit.meters.heading import COMMENT, fields_of
from energykit.meters.number import NumberForm, present
from energykit.meters.quantity import UNITS, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Grid", "is_absent", "read_grid"]

_MARKS = ("\x1f", "\t", ";", "|", ",", " ")
_LEAST_SHARE = 0.6
"""Share of lines that must have the same number of fields."""
_FEWEST_INTERVALS = 23
"""Of a day, the short one by hours."""
_ABSENT = re.compile(
    r"^(?:n/?a|nan|null|none|nil|missing|unknown|unavailable|fehlt|-+|\.+|\?+|#n/?a|#n/?v)$",
    re.IGNORECASE,
)
"""What files write where there is no value."""
_UNIT = re.compile(
    r"^(?:[\[(].*[\])]|[kMGm]?(?:Wh?|V|A|VAh?|varh?|J)|%|°C|Hz|[A-Z]{3}|€)$", re.IGNORECASE
)
"""What a row of units below a header has."""
_FEWEST_HEADINGS = 2
_FEWEST_ROWS = 3
"""Of a column of numbers that may have one text."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Rows of a sample, split."""

    separator: str
    """What separates the fields."""
    header: int
    """Line of the header, 0 where there is none."""
    names: tuple[str, ...]
    """Names of the columns; their places where there is no header."""
    rows: tuple[tuple[str, ...], ...]
    """Rows of data without blanks around the fields."""
    first_row: int
    """Line of the first row of data."""
    marks: NumberMarks
    """The marks in its numbers."""
    units: tuple[str, ...] = ()
    """What a row of units below the header says of each column, blank where it says nothing."""

    def label(self, place: int) -> str:
        """Return a column's name with the unit that a row of units states."""
        unit = self.units[place] if self.units else ""
        return f"{self.names[place]} [{unit}]" if unit else self.names[place]

    def column(self, place: int) -> list[str]:
        """Return the texts of a column that are not blank, and do not say that there is none."""
        return [row[place] for row in self.rows if row[place] and not is_absent(row[place])]

    def absent(self, place: int) -> set[str]:
        """Return the texts of a column that say that there is no value."""
        return {row[place] for row in self.rows if is_absent(row[place])}

    def numbers(self, place: int, quantity: str = "power_consumption") -> pl.Series:
        """Return a column as numbers, each in its row; null where a text is not one."""
        form = NumberForm(decimal=self.marks.decimal, thousands=self.marks.thousands)
        texts = present(pl.Series([row[place] for row in self.rows], dtype=pl.String), ())
        return form.read(texts, quantity, next(iter(UNITS[quantity].values())))

    def is_numeric(self, place: int) -> bool:
        """Whether nearly all texts of a column are numbers."""
        texts = self.column(place)
        most = len(texts) - 1 if len(texts) >= _FEWEST_ROWS else len(texts)
        return bool(texts) and sum(map(is_number, texts)) >= min(most, 0.9 * len(texts))


def is_absent(text: str) -> bool:
    """Whether a text says that there is no value."""
    return bool(_ABSENT.match(text))


def read_grid(lines: Sequence[str]) -> Grid | None:
    """Split sample lines into a table; None where no separator gives one."""
    used = [(n, line) for n, line in enumerate(lines, 1) if _is_row(line)]
    mark, width = _separator([line for _, line in used])
    if not mark:
        return None
    split = [(n, fields_of(line, mark)) for n, line in used]
    width = _named_width([fields for _, fields in split], width)
    table = [(n, _fitted(fields, width)) for n, fields in split if _fits(fields, width)]
    if not table:
        return None
    start = _first_data(table, width)
    units = _units(table[:start])
    header = table[start - 1 - bool(units)] if start else None
    rows = tuple(tuple(fields) for _, fields in table[start:])
    names = tuple(header[1]) if header else tuple(str(n + 1) for n in range(width))
    marks = find_marks(list(zip(*rows, strict=True)), mark)
    return Grid(
        separator=mark,
        header=header[0] if header else 0,
        names=names,
        rows=rows,
        first_row=table[start][0] if start < len(table) else len(lines) + 1,
        marks=marks,
        units=units,
    )


def _is_row(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(COMMENT)


def _separator(lines: Sequence[str]) -> tuple[str, int]:
    """Return the separator that splits most lines alike (empty: none), and the number of fields."""
    options = []
    for order, mark in enumerate(_MARKS):
        split = [fields_of(line, mark) for line in lines]
        # rows of a short day end in blanks, which count where nothing else is alike
        for widths in (Counter(map(_width, split)), Counter(map(len, split))):
            widths.pop(1, None)
            width, count = max(widths.items(), key=lambda item: item[::-1], default=(0, 0))
            if width and count >= _LEAST_SHARE * len(lines):
                options.append((-order, mark, width))
                break
    if options:
        _, mark, width = max(options)
        return mark, width
    is_single = lines and all(is_number(line.strip()) for line in lines[1:])
    return (";", 1) if is_single else ("", 0)


def _width(fields: Sequence[str]) -> int:
    """Return the number of fields without empty ones behind the last."""
    width = len(fields)
    while width and not fields[width - 1]:
        width -= 1
    return width


def _named_width(rows: Sequence[Sequence[str]], width: int) -> int:
    """Return the number of columns with those behind the last value that the header names."""
    usual, _ = Counter(map(len, rows)).most_common(1)[0]
    return usual if usual > width and usual in map(_width, rows) else width


def _units(rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[str, ...]:
    """Return the units that the row above the data states below names; empty where it is not."""
    if len(rows) < _FEWEST_HEADINGS:
        return ()
    (_, names), (_, texts) = rows[-2:]
    units = tuple(text.strip("[]() ") for text in texts)
    stated = [(name, text) for name, text in zip(names, texts, strict=True) if text]
    is_named = all(name and not unit_of("power_consumption", name) for name, _ in stated)
    are_units = all(_UNIT.match(text) for _, text in stated)
    has_power = any(unit_of("power_consumption", unit) for unit in units)
    return units if is_named and are_units and has_power else ()


def _fits(fields: Sequence[str], width: int) -> bool:
    return len(fields) >= width >= _width(fields) > 0 and _width(fields) * 2 > width


def _fitted(fields: Sequence[str], width: int) -> list[str]:
    return [*fields[:width], *[""] * (width - len(fields))]


def _first_data(table: Sequence[tuple[int, list[str]]], width: int) -> int:
    """Return the place of the first row of data: from there on, columns of numbers hold numbers."""
    tail = [fields for _, fields in table[len(table) // 2 :]]
    numeric = [
        place
        for place in range(width)
        if sum(is_number(fields[place]) for fields in tail) * 2 > len(tail)
    ]
    stamped = [
        place
        for place in range(width)
        if place not in numeric and sum(map(_has_digit, (f[place] for f in tail))) == len(tail)
    ]
    for start, (_, fields) in enumerate(table):
        if not all(_has_digit(fields[place]) for place in stamped):
            continue
        texts = [fields[place] for place in numeric]
        if _are_ordinals(texts):
            continue
        if numeric and all(map(_may_be_value, texts)) and any(texts):
            return start
    return min(1, len(table) - 1)


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _may_be_value(text: str) -> bool:
    return not text or is_number(text) or is_absent(text)


def _are_ordinals(texts: Sequence[str]) -> bool:
    """Whether texts number the intervals of a day, as a header does: 1, 2, … 24."""
    if len(texts) < _FEWEST_INTERVALS or not all(map(str.isdecimal, texts)):
        return False
    first = int(texts[0])
    return first in {0, 1} and list(map(int, texts)) == list(range(first, first + len(texts)))
