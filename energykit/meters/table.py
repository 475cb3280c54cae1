"""A meter's table of any kind of file: where its columns are, and its rows as text in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import polars as pl
import polars.selectors as cs

from energykit.artifacts.csv_text import moments
from energykit.artifacts.parquet_reader import batches_of, schema_of
from energykit.meters.data_row import data_test
from energykit.meters.delimited import TextPart, text_parts
from energykit.meters.heading import Heading, find_heading
from energykit.meters.source import BLOCK_BYTES, TextFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from energykit.meters.account import Account
    from energykit.meters.parameters import MeterParameters

__all__ = ["SHEETS", "MeterTable", "open_table"]

SHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".parquet")
"""Suffixes of files that are not text."""
_SHIFT = {"wide_by_time": 3, "wide_by_meter": 1}
"""How much smaller parts are where a row of a file becomes many (as a power of two)."""


class MeterTable(Protocol):
    """A table of text."""

    heading: Heading
    """Where it begins, and its columns."""

    def parts(self, places: Sequence[int]) -> Iterator[TextPart]:
        """Yield the columns at some places, part by part."""


def open_table(path: Path, parameters: MeterParameters, account: Account) -> MeterTable:
    """Open a meter's file; its suffix says what kind it is, text where that is not known.

    Raises
    ------
    ArtifactError
        The file cannot be read, or lacks the columns that are wanted.
    """
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _ParquetTable(path)
    if suffix in SHEETS:
        from energykit.meters.workbook import WorkbookTable

        return WorkbookTable(path, parameters)
    return _TextTable(path, parameters, account)


class _TextTable:
    """A delimited text file."""

    def __init__(self, path: Path, parameters: MeterParameters, account: Account) -> None:
        self._file = TextFile(path, parameters.encoding)
        self._account = account
        self._part_bytes = BLOCK_BYTES >> _SHIFT.get(parameters.layout or "", 0)
        lines = self._file.first_lines()
        self.heading = find_heading(
            lines,
            parameters.columns.wanted,
            separator=parameters.separator,
            header=parameters.header,
            is_data=data_test(parameters),
        )
        self._say()

    def parts(self, places: Sequence[int]) -> Iterator[TextPart]:
        """Yield the columns at some places, part by part."""
        yield from text_parts(self._file, self.heading, places, self._part_bytes)
        odd = self._file.lines_of_other_encoding
        if odd:
            self._account.adjust("lines are not UTF-8: read as Windows-1252", odd)

    def _say(self) -> None:
        """Say what is before the table."""
        heading = self.heading
        if heading.line > 1:
            self._account.adjust(
                f"the header is line {heading.line}: the lines before it are not used"
            )
        if heading.line == 0:
            self._account.adjust("there is no header: columns are named by their first values")
            if heading.first_row > 1:
                self._account.adjust(f"rows begin in line {heading.first_row}")


class _ParquetTable:
    """A Parquet file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        names = tuple(schema_of(path))
        self.heading = Heading(line=1, first_row=1, names=names, separator=",")

    def parts(self, places: Sequence[int]) -> Iterator[TextPart]:
        """Yield the columns at some places, part by part."""
        named = {str(place): self.heading.names[place] for place in sorted(set(places))}
        first = 1
        for batch in batches_of(self._path, list(named.values())):
            texts = batch.with_columns(
                cs.datetime().map_batches(moments, return_dtype=pl.String)
            ).cast(pl.String)
            lines = pl.int_range(first, first + batch.height, eager=True)
            yield TextPart(
                texts=texts.select(pl.col(n).alias(p) for p, n in named.items()), lines=lines
            )
            first += batch.height
