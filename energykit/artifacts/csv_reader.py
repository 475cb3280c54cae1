"""Readings and reports from CSV text."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from energykit.artifacts.columns import Kind, Table, recognise
from energykit.artifacts.csv_blocks import Block, CsvBlocks
from energykit.artifacts.usable import Pass, finish, is_clean, use
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["CsvReader"]


class CsvReader:
    """Reads one CSV file of readings or of a report.

    Parameters
    ----------
    stream
        The file, at its start.
    path
        Its path, for errors.

    Raises
    ------
    ArtifactError
        The file is empty, no CSV text in UTF-8, or lacks columns.
    """

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self._path = path
        self._source = CsvBlocks(stream, path)
        self.table: Table = recognise(self._source.names, where=f"{path}:1:1")
        self._numbers = [column.name for column in self.table.columns if column.kind in {Kind.NUMBER, Kind.RATIO}]

    def read(self, run: Pass, *, strict: bool = False) -> Iterator[pl.DataFrame]:
        """Yield the usable rows, block by block.

        Raises
        ------
        ArtifactError
            A line or a quoted field has no end within a megabyte, or, if `strict`, a row cannot be used.
        """
        for block in self._source.blocks():
            if strict:
                run.on_bad = self._refusal(block)
            used = self._clean(block, run)
            if used is None:
                rows = self._source.texts(block, self.table.schema.names())
                run.tally.rows_in += rows.texts.height + len(rows.broken)
                used = use(rows.texts, rows.lines, run, rows.broken)
            run.tally.rows_used += used.height
            yield used

    def _clean(self, block: Block, run: Pass) -> pl.DataFrame | None:
        """Return a block's rows if every one of them can be used as it stands: the fast way, and the usual one."""
        text = self._source.plain(block)
        if text is None:
            return None
        typed = self._source.parsed(text, self.table.schema.names(), self._numbers)
        if typed is None or not is_clean(typed, run):
            return None
        run.tally.rows_in += typed.height
        run.lines = pl.int_range(block.first_line, block.first_line + typed.height, eager=True)
        return finish(typed, run.table)

    def _refusal(self, block: Block) -> Refusal:
        return Refusal(self._path, self._source, block)


class Refusal:
    """Raises the error of strict mode for a row of a block."""

    def __init__(self, path: Path, source: CsvBlocks, block: Block) -> None:
        self._path = path
        self._source = source
        self._block = block

    def __call__(self, line: int, column: str, reason: str) -> None:
        """Refuse a row that cannot be used.

        Raises
        ------
        ArtifactError
            Always.
        """
        character = self._source.column_of(self._block.text_of(line), column)
        raise ArtifactError(
            reason,
            where=f"{self._path}:{line}:{character}",
            hint="repair the row, or leave strict mode to skip and count such rows",
        )
