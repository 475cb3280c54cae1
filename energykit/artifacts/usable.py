"""Which rows of a file can be used, and why the others cannot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from energykit.artifacts.columns import Column, Kind, Table
from energykit.artifacts.skipped import Tally
from energykit.artifacts.timestamps import canonical, is_canonical
from energykit.readings import FLOAT32_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from energykit.artifacts.skipped import BrokenRow

__all__ = ["Pass", "finish", "is_clean", "usable_rows", "usable_typed_rows"]

_FLAGS = {"true": True, "false": False, "1": True, "0": False}
_LINE = "\0line"
_REASON = "\0reason"


@dataclass
class Pass:
    """State of one pass over a file."""

    table: Table
    """What the rows are."""
    tally: Tally = field(default_factory=Tally)
    """Rows in, and rows left out."""
    lines: Sequence[int] | pl.Series = ()
    """Lines of the rows that the last block gave."""
    has_zone: bool = False
    """Whether the first usable timestamp states its zone; the others must do as it does."""
    on_bad: Callable[[int, str, str], None] | None = None
    """Called with line, column's name and reason of the first row that cannot be used, in strict
    mode; raises.
    """

    def leave_out(self, line: int, column: str, reason: str, rows: int = 1) -> None:
        """Count rows that cannot be used."""
        if self.on_bad is not None:
            self.on_bad(line, column, reason)
        self.tally.add(reason, rows, line)


def is_clean(typed: pl.DataFrame, run: Pass, *, blanks: Callable[[str], int] | None = None) -> bool:
    """Whether every row of a block can be used as it stands.

    Parameters
    ----------
    typed
        The block with numbers as Float64 and flags as Boolean or String, null where the text is
        none, and the rest as String.
    run
        The pass; the first block decides whether timestamps have a zone.
    blanks
        Returns how many values of a column are blank in the file; None: each null is.
    """
    first = typed[run.table.columns[0].name].first()
    if run.tally.rows_used == 0:
        run.has_zone = isinstance(first, str) and first.endswith("Z")
    return all(
        _is_clean(typed[column.name], column, has_zone=run.has_zone)
        and (
            not column.is_nullable
            or blanks is None
            or blanks(column.name) == typed[column.name].null_count()
        )
        for column in run.table.columns
    )


def _is_clean(values: pl.Series, column: Column, *, has_zone: bool) -> bool:
    """Whether every value of a column can be used as it is, nulls aside where it may lack them."""
    if column.kind is Kind.TIME:
        return is_canonical(values, has_zone=has_zone)
    if column.kind is Kind.NOTE:
        return True
    if values.null_count() and not column.is_nullable:
        return False
    if column.kind in {Kind.NUMBER, Kind.AMOUNT}:
        least = 0 if column.kind is Kind.AMOUNT else -FLOAT32_MAX
        return _are_between(values, least, FLOAT32_MAX)
    if column.kind is Kind.NAME:
        return _are_names(values)
    return (
        column.kind is not Kind.FLAG
        or values.dtype == pl.Boolean
        or bool(values.is_in(["True", "False"]).all())
    )


def _are_between(values: pl.Series, least: float, most: float) -> bool:
    """Whether every number is within bounds, nulls aside; NaN is not."""
    numbers = (values.drop_nulls() if values.null_count() else values).to_numpy()
    return not numbers.size or bool(numbers.min() >= least and numbers.max() <= most)


def _are_names(values: pl.Series) -> bool:
    """Whether no name is blank, begins with a blank, or holds a NUL or a line end.

    Usually a block has one household, so that one is looked at.
    """
    if len(values) and (values == values.first()).all():
        return _is_name(str(values.first()))
    return all(map(_is_name, values.unique().to_list()))


def _is_name(text: str) -> bool:
    return text != "" and text[0] not in " \t" and not any(mark in text for mark in "\0\r\n")


def finish(typed: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return a clean block as a stage sees it."""
    flags = [
        (pl.col(column.name) == "True")
        for column in table.columns
        if column.kind is Kind.FLAG and typed.schema[column.name] == pl.String
    ]
    notes = [
        pl.col(column.name).fill_null("") for column in table.columns if column.kind is Kind.NOTE
    ]
    return typed.with_columns(flags + notes) if flags or notes else typed


def usable_typed_rows(typed: pl.DataFrame, first: int, run: Pass) -> pl.DataFrame:
    """Return the rows of a typed block that can be used; count the others with reason and line.

    Parameters
    ----------
    typed
        The table's columns; numbers may be numbers or text.
    first
        Number of its first row.
    run
        The pass.
    """
    numbers = [name for name, dtype in run.table.schema.items() if dtype == pl.Float64]
    cast = typed.with_columns(pl.col(numbers).cast(pl.Float64, strict=False))
    if is_clean(cast, run, blanks=lambda name: _count_blanks(typed[name])):
        run.lines = range(first, first + typed.height)
        return finish(cast, run.table)
    lines = pl.int_range(first, first + typed.height, eager=True)
    return usable_rows(typed.with_columns(pl.all().cast(pl.String)), lines, run)


def _count_blanks(values: pl.Series) -> int:
    """Return how many values of a column are null or blank text."""
    if values.dtype != pl.String:
        return values.null_count()
    return values.null_count() + int((values.str.strip_chars() == "").sum())


def usable_rows(
    texts: pl.DataFrame, lines: pl.Series, run: Pass, broken: Sequence[BrokenRow] = ()
) -> pl.DataFrame:
    """Return the rows that can be used, typed; count the others with reason and line.

    Parameters
    ----------
    texts
        The table's columns as String; null or blank where there is nothing.
    lines
        Line of each row, Int64.
    run
        The pass.
    broken
        Rows that could not even be split into columns.
    """
    time = texts.columns[0]
    stamped = texts.with_columns(canonical(texts[time]).alias("\0time"), lines.alias(_LINE))
    stamped = stamped.with_columns(
        pl.coalesce(_reason(column) for column in run.table.columns).alias(_REASON)
    )
    stamped = _same_zone(stamped, run)
    _count(stamped.filter(pl.col(_REASON).is_not_null()).select(_LINE, _REASON), broken, run)
    good = stamped.filter(pl.col(_REASON).is_null()).with_columns(pl.col("\0time").alias(time))
    run.lines = good[_LINE]
    return good.select(_typed(column) for column in run.table.columns)


def _reason(column: Column) -> pl.Expr:
    """Return why a value cannot be used, null where it can."""
    if column.kind is Kind.NOTE:
        return pl.lit(None, dtype=pl.String)
    has_line_end = pl.col(column.name).str.contains("[\r\n]")
    said = pl.lit(f"{column.name} holds a line end: is a quote left open?")
    return pl.when(has_line_end).then(said).otherwise(_wrong_value(column))


def _wrong_value(column: Column) -> pl.Expr:
    """Return why a value that holds no line end cannot be used, null where it can."""
    name, value = column.name, pl.col(column.name)
    blank = value.is_null() | (value.str.strip_chars() == "")
    if column.kind is Kind.RATIO or column.is_nullable:
        return pl.when(~blank).then(_wrong_number(column))
    because = pl.when(blank).then(pl.lit(f"{name} is blank"))
    if column.kind is Kind.TIME:
        return because.when(pl.col("\0time").is_null()).then(
            pl.lit(f"{name} is not an ISO 8601 date and time")
        )
    if column.kind is Kind.NAME:
        return because.when(value.str.contains("\0", literal=True)).then(
            pl.lit(f"{name} holds a NUL byte")
        )
    if column.kind is Kind.FLAG:
        known = value.str.strip_chars().str.to_lowercase().is_in(list(_FLAGS))
        return because.when(~known).then(pl.lit(f"{name} is neither True nor False"))
    return because.otherwise(_wrong_number(column))


def _wrong_number(column: Column) -> pl.Expr:
    """Return why a text is not a usable number, null where it is one or is blank."""
    name, number = column.name, _number(pl.col(column.name))
    no_number = pl.when(number.is_null()).then(pl.lit(f"{name} is not a number"))
    if column.kind is Kind.RATIO:
        return no_number
    infinite = no_number.when(number.is_nan() | number.is_infinite()).then(
        pl.lit(f"{name} is not finite")
    )
    large = infinite.when(number.abs() > FLOAT32_MAX).then(
        pl.lit(f"{name} is larger than a 32-bit float holds")
    )
    if column.kind is Kind.AMOUNT:
        return large.when(number < 0).then(pl.lit(f"{name} is negative"))
    return large


def _number(value: pl.Expr) -> pl.Expr:
    """Return text as a number, null where it is none."""
    return value.str.strip_chars().cast(pl.Float64, strict=False)


def _same_zone(stamped: pl.DataFrame, run: Pass) -> pl.DataFrame:
    """Give a reason to rows that state a zone where the first usable one does not, or reverse."""
    time = run.table.columns[0].name
    usable = stamped.filter(pl.col(_REASON).is_null())
    if usable.is_empty():
        return stamped
    if run.tally.rows_used == 0:
        run.has_zone = str(usable["\0time"][0]).endswith("Z")
    reason = f"{time} has {'no' if run.has_zone else 'a'} time zone, unlike the first reading"
    differs = pl.col(_REASON).is_null() & (pl.col("\0time").str.ends_with("Z") != run.has_zone)
    return stamped.with_columns(
        pl.when(differs).then(pl.lit(reason)).otherwise(pl.col(_REASON)).alias(_REASON)
    )


def _count(bad: pl.DataFrame, broken: Sequence[BrokenRow], run: Pass) -> None:
    """Count rows that cannot be used, by reason, the first line first."""
    rows = pl.lit(1, dtype=pl.Int64).alias("rows")
    schema = {_LINE: pl.Int64, _REASON: pl.String, "rows": pl.Int64}
    more = pl.DataFrame([tuple(row) for row in broken], schema=schema, orient="row")
    every = pl.concat([bad.select(_LINE, _REASON, rows), more])
    groups = every.group_by(_REASON).agg(pl.col("rows").sum(), pl.col(_LINE).min())
    for reason, rows, line in groups.sort(_LINE).iter_rows():
        run.leave_out(line, str(reason).split(" ", 1)[0], reason, rows)


def _typed(column: Column) -> pl.Expr:
    """Return a usable column as a stage sees it."""
    value = pl.col(column.name)
    if column.dtype == pl.Float64:
        return _number(value)
    if column.kind is Kind.FLAG:
        return value.str.strip_chars().str.to_lowercase().is_in(["true", "1"])
    return value.fill_null("")
