"""Readings and reports from CSV text."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from energykit.artifacts.columns import Table, recognise
from energykit.artifacts.csv_blocks import Block, CsvBlocks, TextRows
from energykit.artifacts.usable import Pass, finish, is_clean, usable_rows
from energykit.errors import ArtifactError
from energykit.readings.prefetch import prefetch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl

    from energykit.artifacts.csv_plain import Parsed

__all__ = ["CsvReader", "Refusal"]


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

    def read(self, run: Pass, *, strict: bool = False) -> Iterator[pl.DataFrame]:
        """Yield the usable rows, block by block.

        Raises
        ------
        ArtifactError
            A line or a quoted field has no end within a megabyte, or, if `strict`, a row cannot be
            used.
        """
        with closing(prefetch(self._split())) as parts:
            for part in parts:
                if strict:
                    run.on_bad = Refusal(self._path, self._source, part.block)
                used = self._used(part, run)
                run.tally.rows_used += used.height
                yield used

    def _split(self) -> Iterator[_Part]:
        """Split the file's blocks, by polars where that is right."""
        schema = self.table.schema
        for block in self._source.blocks():
            text = self._source.plain(block)
            typed = None if text is None else self._source.parsed(text, block.height, schema)
            yield _Part(
                block,
                typed,
                None if typed is not None else self._source.records(block, schema.names()),
            )

    def _used(self, part: _Part, run: Pass) -> pl.DataFrame:
        """Return a block's usable rows; usually every one of them can be used as it stands."""
        if part.typed is not None and _is_clean(part.typed, run):
            first, height = part.block.first_line, part.typed.frame.height
            run.tally.rows_in += height
            run.lines = range(first, first + height)
            return finish(part.typed.frame, run.table)
        rows = part.rows or self._source.texts(part.block, self.table.schema.names())
        run.tally.rows_in += rows.texts.height + sum(row.lines for row in rows.broken)
        return usable_rows(rows.texts, rows.lines, run, rows.broken)


def _is_clean(typed: Parsed, run: Pass) -> bool:
    """Whether every row of a block can be used as it stands."""
    lacking = [column.name for column in run.table.columns if column.is_nullable]
    has_nulls = any(typed.frame[name].null_count() for name in lacking)
    return (typed.is_exact or not has_nulls) and is_clean(typed.frame, run)


@dataclass(frozen=True)
class _Part:
    """A block of the file, split."""

    block: Block
    typed: Parsed | None
    """Its rows, where polars could split them."""
    rows: TextRows | None
    """Its rows as text, where it could not."""


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
