"""Values of a table's columns: numbers in the base unit, and why some texts are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from energykit.meters.number import FLOAT32_MAX, present

if TYPE_CHECKING:
    from energykit.meters.number import NumberForm
    from energykit.meters.quantity import Unit

__all__ = ["Values", "read_values"]


@dataclass(frozen=True, kw_only=True)
class Values:
    """A column of power or energy."""

    numbers: pl.Series
    """In the base unit, Float64; null where there is none."""
    reason: pl.Series
    """Why there is none, String; null where there is one."""
    example: str = ""
    """The first text that should be a number and is not."""


def read_values(
    column: pl.Series,
    name: str | pl.Series,
    form: NumberForm,
    unit: Unit,
    missing: tuple[str, ...],
) -> Values:
    """Read a column as the file has it.

    Parameters
    ----------
    column
        String, perhaps with blanks around.
    name
        The column's name, for the reasons; it may differ from row to row.
    form
        How numbers are written.
    unit
        Unit of numbers whose cell states none.
    missing
        Texts that mean that there is no value.
    """
    numbers = form.read_plain(column, unit, missing)
    if numbers is None:
        column = present(column, missing)
        numbers = form.read(column, "power_consumption", unit)
    bad = numbers.is_null() | ~numbers.is_finite() | (numbers.abs() > FLOAT32_MAX)
    if not bad.any():
        nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(column))
        return Values(numbers=numbers, reason=nothing)
    failed = column.filter(numbers.is_null() & column.is_not_null())
    return Values(
        numbers=numbers.set(bad, None),
        reason=_reason(column, numbers, bad, pl.lit(name)),
        example=str(failed.first() or ""),
    )


def _reason(column: pl.Series, numbers: pl.Series, bad: pl.Series, name: pl.Expr) -> pl.Series:
    """Say of each text that is bad why it is."""
    reason = (
        pl.when(pl.lit(column).is_null())
        .then(name + " is missing")
        .when(pl.lit(numbers).is_null())
        .then(name + " is not a number")
        .when(pl.lit(~numbers.is_finite()))
        .then(name + " is not finite")
        .when(pl.lit(bad))
        .then(name + " is larger than a 32-bit float holds")
    )
    return pl.select(reason.alias("reason")).to_series()
