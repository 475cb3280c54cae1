"""The marks in a sample's numbers: decimal, between thousands, and what they do not prove."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energykit.meters.number import BLANKS, GROUPS, MINUS, QUOTES, SIGN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["NumberMarks", "find_marks", "is_number"]

_ANY = rf"[.,{QUOTES}{BLANKS}]"
_NUMBER = re.compile(
    rf"^{SIGN}(?:\d+|\d{{1,3}}(?:{_ANY}\d{{3}})+)?(?:[.,]\d+)?(?:[eE][+-]?\d+)?(?:\s*[kmMG]?Wh?|[{MINUS}-])?$"
)
_COMMA = re.compile(rf"^{SIGN}[\d.{QUOTES}{BLANKS}]*\d,\d+\D*$")
_POINT = re.compile(rf"^{SIGN}[\d,{QUOTES}{BLANKS}]*\d\.\d+\D*$")
_PLAIN = re.compile(rf"^{SIGN}\d+$")
_LEAST_GROUPED = 1000


@dataclass(frozen=True, kw_only=True)
class NumberMarks:
    """The marks in numbers."""

    decimal: str
    """The decimal mark."""
    thousands: str = ""
    """The mark between thousands; empty for none."""
    doubt: str = ""
    """What the numbers do not prove."""


def is_number(text: str) -> bool:
    """Whether a text is a number, with any decimal mark, perhaps with a unit of power or energy."""
    return bool(text) and any(map(str.isdigit, text)) and bool(_NUMBER.match(text))


def find_marks(columns: Sequence[Sequence[str]], separator: str) -> NumberMarks:
    """Return the marks in the numbers of a table.

    Parameters
    ----------
    columns
        The texts of each column.
    separator
        What separates the fields.
    """
    numbers = [[text for text in texts if is_number(text)] for texts in columns]
    for texts in numbers:
        for mark in (",",) if separator == "," else (",", "."):
            if _parts_thousands(texts, mark, is_quoted=separator == ","):
                return _of_whole_numbers(next(t for t in texts if mark in t), mark)
    every = [text for texts in numbers for text in texts]
    commas, points = (sum(bool(form.match(t)) for t in every) for form in (_COMMA, _POINT))
    decimal = "," if commas > points else "."
    return NumberMarks(decimal=decimal, thousands=_between_thousands(every, decimal))


def _parts_thousands(texts: Sequence[str], mark: str, *, is_quoted: bool) -> bool:
    """Whether a column's point or comma parts thousands: below 1,000 its numbers have none.

    With three decimals, smaller numbers would have them, too.
    """
    marked = [text for text in texts if mark in text]
    grouped = re.compile(rf"^{SIGN}{GROUPS.format(mark=re.escape(mark))}$")
    if not marked or not all(map(grouped.match, marked)):
        return False
    rest = [text for text in texts if mark not in text]
    is_small = all(_PLAIN.match(t) and int(t.lstrip(f"+-{MINUS}")) < _LEAST_GROUPED for t in rest)
    return is_small and (bool(rest) or is_quoted)


def _of_whole_numbers(example: str, mark: str) -> NumberMarks:
    """Return the marks of numbers that are whole, and say how else they could be read."""
    other = "." if mark == "," else ","
    whole, parts = example.replace(mark, ""), example.replace(mark, ".")
    doubt = (
        f"{example!r} is read as {whole}, as smaller numbers have no decimals; where it is"
        f" {parts}, give decimal {mark!r} and no thousands"
    )
    return NumberMarks(decimal=other, thousands=mark, doubt=doubt)


def _between_thousands(texts: Iterable[str], decimal: str) -> str:
    """Return the mark between thousands that numbers prove: a blank, or one beside decimals."""
    groups = rf"\d{{1,3}}({_ANY})\d{{3}}(?:\1\d{{3}})*"
    form = re.compile(rf"^{SIGN}{groups}({re.escape(decimal)}\d+)?\D*$")
    for text in texts:
        hit = form.match(text)
        if hit and hit.group(1) != decimal and (hit.group(2) or hit.group(1) not in ".,"):
            return hit.group(1)
    return ""
