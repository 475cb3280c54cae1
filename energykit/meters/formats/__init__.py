"""Files with a structure of their own, recognised by how they begin."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from energykit.meters.whole_days import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from energykit.meters.account import Account
    from energykit.meters.quantity import Quantity
    from energykit.meters.source import TextFile

__all__ = [
    "FORMATS",
    "FormatReader",
    "Formatted",
    "MeterFile",
    "cut_sample",
    "format_of",
    "reader_of",
]

FORMATS = ("nem12", "espi", "dsmr")
"""Formats with a structure of their own, by the name of their module."""


class MeterFile(Protocol):
    """A meter's file that is open: a table or a format of its own."""

    @property
    def quantity(self) -> Quantity:
        """What its values are."""

    @property
    def signs(self) -> tuple[int, ...]:
        """Sign of each register."""

    @property
    def has_registers(self) -> bool:
        """Whether each register has rows of its own."""

    @property
    def meters(self) -> tuple[str, ...]:
        """Households whose rows may come side by side (`energykit.meters.side_by_side`)."""

    @property
    def feeds_in(self) -> bool:
        """Whether it counts what is drawn and what is fed in; known after the last row."""

    @property
    def is_universal(self) -> bool:
        """Whether moments are in UTC; known after the first row."""

    @property
    def proves_ends(self) -> bool:
        """Whether a stamp can only be the end of an interval; known after the last row."""

    @property
    def names_end(self) -> str:
        """Name of the stamp's column where it says that stamps are ends."""

    @property
    def example(self) -> str:
        """The first text that should be a number and is not."""

    def rows(self) -> Iterator[pl.DataFrame]:
        """Yield its rows, once."""


class FormatReader(Protocol):
    """Reads one format; each module of this package is one."""

    TITLE: str
    """What a look calls it."""
    QUANTITY: Quantity
    """What its values are."""
    SIGNS: tuple[int, ...]
    """Sign of each register where they count up; a single one where values have a sign."""

    @staticmethod
    def begins(head: bytes) -> bool:
        """Whether a file that begins so is of this format."""

    @staticmethod
    def whole_records(sample: bytes, /) -> bytes | None:
        """Return the beginning of a file up to its last whole record; None: it cannot be cut."""

    @staticmethod
    def rows(file: TextFile, account: Account) -> Iterator[pl.DataFrame]:
        """Yield rows (`energykit.meters.rows.ROW` and the values), moments in UTC.

        Values are ``value0``, or those of a whole day (`energykit.meters.whole_days.DAY`). Blocks
        of the file are whole lines. ``account.rows_in`` counts what should be a row, and
        ``account.leave_out`` says which of them is none; stamps of a clock become UTC with
        `energykit.meters.zone`.
        """


class Formatted:
    """A file of a format of its own.

    Parameters
    ----------
    file
        The file.
    reader
        Reads its format.
    account
        Takes what is left out.
    """

    is_universal = True
    proves_ends = False
    names_end = ""
    example = ""
    meters = ()

    def __init__(self, file: TextFile, reader: FormatReader, account: Account) -> None:
        self._file = file
        self._reader = reader
        self._account = account
        self.quantity = reader.QUANTITY
        """What its values are."""
        self.signs = reader.SIGNS
        """Sign of each register."""
        self.has_registers = self.quantity.value != "counter"
        """Whether each register has rows of its own."""
        self.feeds_in = min(self.signs) < 0
        """Whether it counts what is drawn and what is fed in; known after the last row."""

    def rows(self) -> Iterator[pl.DataFrame]:
        """Yield its rows, once."""
        for rows in self._reader.rows(self._file, self._account):
            values = rows[DAY if DAY in rows.columns else "value0"].to_numpy()
            self.feeds_in = self.feeds_in or bool((values < 0).any())
            yield rows


def reader_of(name: str) -> FormatReader:
    """Return the reader of a format."""
    reader: FormatReader = import_module(f"energykit.meters.formats.{name}")  # type: ignore[assignment]
    return reader


def format_of(head: bytes) -> str | None:
    """Return the format that a file's first bytes show; None where it is a table."""
    return next((name for name in FORMATS if reader_of(name).begins(head)), None)


def cut_sample(form: str, sample: bytes) -> bytes | None:
    """Return the beginning of a file of a format without what is cut off; None: it needs all."""
    return reader_of(form).whole_records(sample)
