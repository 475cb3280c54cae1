"""Numbers of a meter's table: decimal comma, thousands marks, units in cells, missing values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.meters.quantity import Unit, unit_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "BLANKS",
    "FLOAT32_MAX",
    "GROUPS",
    "MINUS",
    "QUOTES",
    "SIGN",
    "NumberForm",
    "number_hint",
    "present",
    "scaled",
    "scaled_values",
]

FLOAT32_MAX = 3.4028234663852886e38
"""Largest finite number of the contract's 32-bit floats."""
BLANKS = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
"""Blanks between thousands, which look alike: one of them stands for all."""
QUOTES = "'\N{RIGHT SINGLE QUOTATION MARK}"
"""Apostrophes between thousands, alike."""
MINUS = "\N{MINUS SIGN}\N{EN DASH}\N{FULLWIDTH HYPHEN-MINUS}"
"""What files write for a minus besides the hyphen."""
SIGN = f"[+{MINUS}-]?"
"""Pattern of the sign before a number."""
GROUPS = r"[1-9]\d{{0,2}}(?:{mark}\d{{3}})+"
"""A whole number with a mark between thousands."""
_IN_CELL = re.compile(rf"^({SIGN}[\d.,{QUOTES}{BLANKS}]*\d(?:[eE][+-]?\d+)?)\s*([A-Za-z]+)$")
_BEHIND = rf"^(\d[\d.,{QUOTES}{BLANKS}]*)[{MINUS}-]$"
"""A minus behind the number, as accountants write it."""
_EXACT = 2.0**53
_DECIMALS = (0, 3, 6, 9)
_FIRST = 64
"""Values that are tried before all are."""


@dataclass(frozen=True, kw_only=True)
class NumberForm:
    """How numbers are written."""

    decimal: str = "."
    """The decimal mark."""
    thousands: str = ""
    """The mark between thousands."""

    def read(self, texts: pl.Series, quantity: str, unit: Unit) -> pl.Series:
        """Return texts as numbers in the base unit, Float64; null where a text is not a number.

        Parameters
        ----------
        texts
            String without blanks around it, null where there is no value.
        quantity
            Which quantity of the contract it is.
        unit
            Unit of numbers whose cell states none.
        """
        numbers = self._plain(texts)
        result = scaled(numbers, unit)
        failed = numbers.is_null() & texts.is_not_null()
        if not failed.any():
            return result
        return _filled(result, self._with_units(texts.filter(failed), quantity, unit), failed)

    def read_plain(
        self, texts: pl.Series, unit: Unit, missing: tuple[str, ...]
    ) -> pl.Series | None:
        """Return texts as `read` does, at once; None where one of them is not a mere number."""
        if missing or self.thousands or self.decimal != ".":
            return None
        numbers = texts.cast(pl.Float64, strict=False)
        return None if numbers.null_count() else scaled(numbers, unit)

    def _plain(self, texts: pl.Series) -> pl.Series:
        """Return texts without units as numbers."""
        numbers = self._with_hyphen(texts)
        if numbers.null_count() == texts.null_count():
            return numbers
        plain = texts.str.replace(_BEHIND, "-${1}").str.replace(f"^[{MINUS}]", "-")
        return numbers if (plain == texts).all() else self._with_hyphen(plain)

    def _with_hyphen(self, texts: pl.Series) -> pl.Series:
        """Return texts as numbers whose minus, if any, is a hyphen."""
        if self.thousands:
            texts = self._ungrouped(texts)
        if self.decimal == ",":
            texts = texts.str.replace_all(".", "x", literal=True).str.replace(
                ",", ".", literal=True
            )
        return texts.cast(pl.Float64, strict=False)

    def _ungrouped(self, texts: pl.Series) -> pl.Series:
        """Return texts without marks between thousands; null where a mark is between others.

        ``0.5`` is not 5 where ``.`` marks thousands: the file mixes two ways of writing.
        """
        alike = next((kind for kind in (BLANKS, QUOTES) if self.thousands in kind), self.thousands)
        mark, decimal = f"[{re.escape(alike)}]", re.escape(self.decimal)
        has_mark = texts.str.contains(mark).fill_null(value=False)
        if not has_mark.any():
            return texts
        grouped = rf"^[+-]?{GROUPS.format(mark=mark)}(?:{decimal}\d*)?(?:[eE][+-]?\d+)?$"
        is_wrong = has_mark & ~texts.str.contains(grouped).fill_null(value=False)
        plain = texts.str.replace_all(mark, "")
        return plain.set(is_wrong, None)

    def _with_units(self, texts: pl.Series, quantity: str, unit: Unit) -> pl.Series:
        """Return cells such as ``0.25 kWh`` as numbers; a cell's unit is of the column's kind."""
        values: list[float | None] = []
        for text in texts:
            hit = _IN_CELL.match(text)
            own = unit_of(quantity, hit.group(2)) if hit else None
            if hit is None or own is None or own.is_energy != unit.is_energy:
                values.append(None)
                continue
            number = self._plain(pl.Series([hit.group(1).strip()]))
            values.append(scaled(number, own)[0])
        return pl.Series(values, dtype=pl.Float64)


def number_hint(text: str, form: NumberForm) -> str:
    """Say which marks would make a number of a text that is not one as stated; empty: none."""
    blank = re.match(rf"^{SIGN}\d{{1,3}}([{BLANKS}{QUOTES}])\d{{3}}(?!\d)", text)
    if blank and not form.thousands:
        return f"a mark parts thousands: give thousands {blank.group(1)!r}"
    if form.decimal != "." or "," not in text:
        return ""
    if re.match(rf"^{SIGN}{GROUPS.format(mark=',')}\.", text):
        return 'commas part thousands: give thousands ","'
    if re.match(rf"^{SIGN}{GROUPS.format(mark=',')}(?![\d,])", text):
        return (
            'the comma is the mark between thousands (give thousands ",") or the decimal one'
            ' (give decimal ","): a thousandfold apart, and only the owner knows which'
        )
    return 'the numbers have a decimal comma: give decimal ","'


def _filled(result: pl.Series, values: pl.Series, places: pl.Series) -> pl.Series:
    """Return a series with the values of some places replaced."""
    return result.scatter(places.arg_true(), values)


def present(texts: pl.Series, missing: tuple[str, ...]) -> pl.Series:
    """Return texts without blanks around them, null where there is no value."""
    bare = texts.str.strip_chars()
    is_absent = bare == ""
    if missing:
        is_absent |= bare.is_in(list(missing)).fill_null(value=False)
    return bare.set(is_absent, None) if is_absent.any() else bare


def scaled(numbers: pl.Series, unit: Unit) -> pl.Series:
    """Return numbers in the base unit, each the float nearest to the decimal in the file.

    ``0.57 kW`` is 570 W, where 0.57 · 1000 in floats is 569.99…: a decimal with a few places is
    made a whole number first, which floats hold exactly.
    """
    if unit.factor == 1.0 and not unit.exponent:
        return numbers
    values = scaled_values(numbers.to_numpy(), unit)
    return pl.Series(numbers.name, values).set(numbers.is_null(), None)


def scaled_values(values: NDArray[np.float64], unit: Unit) -> NDArray[np.float64]:
    """Return what `scaled` does, of an array of any shape."""
    if unit.factor != 1.0:
        return values * (10.0**unit.exponent * unit.factor)
    return _shifted(values, unit.exponent) if unit.exponent else values


def _shifted(values: NDArray[np.float64], exponent: int) -> NDArray[np.float64]:
    """Return values times a power of ten, correctly rounded where they are short decimals."""
    with np.errstate(all="ignore"):
        for decimals in _DECIMALS:
            if _whole(values[:_FIRST], decimals) is None:
                continue
            whole = _whole(values, decimals)
            if whole is not None:
                power = exponent - decimals
                return whole * 10.0**power if power >= 0 else whole / 10.0**-power
        return values * 10.0**exponent if exponent > 0 else values / 10.0**-exponent


def _whole(values: NDArray[np.float64], decimals: int) -> NDArray[np.float64] | None:
    """Return values without a point; None where a finite one has more than so many decimals."""
    whole = np.round(values * 10.0**decimals)
    is_exact = (whole / 10.0**decimals == values) & (np.abs(whole) < _EXACT)
    return whole if is_exact.all() or (is_exact | ~np.isfinite(values)).all() else None
