"""The two tables of the contract, readings and report, and the columns that make a file either."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING

import polars as pl

from energykit.errors import ArtifactError, ForeignTableError
from energykit.readings.carried import CARRIED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["READINGS", "REPORT", "TABLES", "Column", "Kind", "Table", "recognise"]


class Kind(StrEnum):
    """What the text of a column must be."""

    TIME = "time"
    """An ISO 8601 date and time."""
    NAME = "name"
    """Text that is not blank."""
    NUMBER = "number"
    """A finite number that a 32-bit float can hold."""
    AMOUNT = "amount"
    """A finite number from 0."""
    RATIO = "ratio"
    """A number, also infinite or undefined (blank or NaN)."""
    FLAG = "flag"
    """True or False."""
    NOTE = "note"
    """Any text, also none."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    """Its name in files and stages."""
    kind: Kind
    """What its text must be."""
    is_optional: bool = False
    """Whether a file may lack it."""
    is_nullable: bool = False
    """Whether a row may lack it: null in a frame, blank in text."""
    is_filled: bool = False
    """Whether a frame has it, all null, where the file lacks it."""

    @property
    def dtype(self) -> pl.DataType:
        """Type of the column in a stage's frame."""
        if self.kind in {Kind.NUMBER, Kind.AMOUNT, Kind.RATIO}:
            return pl.Float64()
        return pl.Boolean() if self.kind is Kind.FLAG else pl.String()


@dataclass(frozen=True)
class Table:
    """One kind of file: its name and its columns in order."""

    name: str
    """What the rows are, as a plural noun or a noun of quantity."""
    columns: tuple[Column, ...]
    """Columns in the order of a stage's frame."""

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that a file must have."""
        return tuple(column.name for column in self.columns if not column.is_optional)

    @property
    def schema(self) -> pl.Schema:
        """Names and types of all columns."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def among(self, names: Collection[str]) -> Table:
        """Return the table with those of its columns that a file has."""
        return Table(self.name, tuple(column for column in self.columns if column.name in names))

    @property
    def complete(self) -> Table:
        """The table with the columns that a frame has in any case."""
        whole = next(table for table in TABLES if table.name == self.name)
        names = self.schema.names()
        return Table(
            self.name,
            tuple(column for column in whole.columns if column.is_filled or column.name in names),
        )


_NEARLY = 0.85
"""From this likeness on a column's name is taken for a misspelt one."""
_CARRIED = tuple(
    Column(
        name,
        Kind.NUMBER if may_be_negative else Kind.AMOUNT,
        is_optional=True,
        is_nullable=True,
    )
    for name, may_be_negative in CARRIED.items()
)

READINGS = Table(
    "readings",
    (
        Column("timestamp", Kind.TIME),
        Column("household_id", Kind.NAME),
        Column("power_consumption", Kind.NUMBER),
        Column("voltage", Kind.NUMBER, is_optional=True, is_nullable=True, is_filled=True),
        Column("current", Kind.NUMBER, is_optional=True, is_nullable=True, is_filled=True),
        *_CARRIED,
    ),
)
"""Meter readings: active power [W], RMS voltage [V] and current [A] where they were measured, the
time that each stands for [s] and what was fed in within it [W] where it says so.
"""

REPORT = Table(
    "report",
    (
        Column("timestamp", Kind.TIME),
        Column("household_id", Kind.NAME),
        Column("power", Kind.NUMBER),
        Column("efficiency", Kind.RATIO, is_nullable=True),
        Column("status", Kind.NOTE, is_optional=True),
        Column("anomaly_detected", Kind.FLAG),
        Column("reasons", Kind.NOTE, is_optional=True),
        *_CARRIED,
    ),
)
"""Analysed readings: active power [W], power factor [1] (NaN: undefined; null: none), status,
whether flagged and why, the time that each stands for [s] and what was fed in within it [W] where
it says so.
"""

TABLES = (READINGS, REPORT)
"""Every kind of table that `scan` recognises."""


def recognise(names: Sequence[str], *, where: str) -> Table:
    """Return the table that a file's columns make, with the columns that the file has.

    Parameters
    ----------
    names
        The file's columns.
    where
        The place that holds them, for the error's text.

    Raises
    ------
    ArtifactError
        One of the contract's columns appears twice, or one is misspelt.
    ForeignTableError
        Columns are missing; the text names them and the columns found.
    """
    known = {column.name for table in TABLES for column in table.columns}
    twice = sorted(name for name in known if names.count(name) > 1)
    if twice:
        raise ArtifactError(
            f"column {twice[0]!r} appears {names.count(twice[0])} times in the header",
            where=where,
            hint="keep one of them, or give the others another name",
        )
    for table in TABLES:
        if set(table.required) <= set(names):
            _refuse_misspelt(table, names, where)
            return table.among(names)
    raise _missing(names, where)


def _refuse_misspelt(table: Table, names: Sequence[str], where: str) -> None:
    """Refuse a column named nearly like an optional one, which would pass for lacking."""
    lacking = {column.name for column in table.columns} - set(names)
    for name in names:
        close = get_close_matches(name.strip().lower(), lacking, n=1, cutoff=_NEARLY)
        if close:
            raise ArtifactError(
                f"column {name!r} is unknown, and {close[0]!r} is missing",
                where=where,
                hint=f"write it as {close[0]!r}, or give it a name that is less alike",
            )


def _missing(names: Sequence[str], where: str) -> ForeignTableError:
    """Describe what the nearest table lacks."""
    table = max(TABLES, key=lambda table: len(set(table.required) & set(names)))
    lacking = [name for name in table.required if name not in names]
    columns = ", ".join(repr(name) for name in names) or "none"
    return ForeignTableError(
        f"column {', '.join(map(repr, lacking))} missing for {table.name}; "
        f"columns found: {columns}",
        where=where,
        hint=_advice(names),
    )


def _advice(names: Sequence[str]) -> str:
    """Say what to do about missing columns: a foreign file is imported, our own is repaired."""
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        return (
            'the separator is not a comma: import the file with scenario "import" and its separator'
        )
    return (
        "name the columns as the contract does, "
        'or import the file with scenario "import" and a column map'
    )
