"""Readings and reports from Parquet, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import polars as pl
import polars.selectors as cs

from energykit.artifacts.columns import Table, recognise
from energykit.artifacts.content import check_content, open_plain
from energykit.artifacts.csv_text import moments
from energykit.artifacts.usable import Pass, use_typed
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["ParquetReader", "batches_of"]

_BATCH_ROWS = 1 << 16
_MARK = b"PAR1"


class ParquetReader:
    """Reads one Parquet file of readings or of a report.

    Timestamps may be text or Datetime; numbers may be of any numeric type.

    Parameters
    ----------
    stream
        The file, at its start.
    path
        Its path.

    Raises
    ------
    ArtifactError
        The file is empty, cut off, no Parquet, or lacks columns.
    """

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self._path = path
        self.table: Table = recognise(_names(stream, path), where=str(path))

    def read(self, run: Pass, *, strict: bool = False) -> Iterator[pl.DataFrame]:
        """Yield the usable rows, batch by batch.

        Raises
        ------
        ArtifactError
            The file is damaged, or, if `strict`, a row cannot be used.
        """
        if strict:
            run.on_bad = self._refuse
        for batch in batches_of(self._path, self.table.schema.names()):
            first = run.tally.rows_in + 1
            run.tally.rows_in += batch.height
            typed = batch.with_columns(
                cs.datetime().map_batches(moments, return_dtype=pl.String), cs.numeric().cast(pl.Float64)
            )
            used = use_typed(typed, pl.int_range(first, first + batch.height, eager=True), run)
            run.tally.rows_used += used.height
            yield used

    def _refuse(self, line: int, column: str, reason: str) -> None:
        """Refuse a row that cannot be used."""
        names = self.table.schema.names()
        place = names.index(column) + 1 if column in names else 1
        raise ArtifactError(
            reason,
            where=f"{self._path}:{line}:{place}",
            hint=f"this is row {line}; leave strict mode to skip and count such rows",
        )


def batches_of(path: Path, wanted: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield columns of a Parquet file, batch by batch.

    Raises
    ------
    ArtifactError
        The file cannot be read, is cut off, damaged or no Parquet, or lacks one of the columns.
    """
    with open_plain(path) as stream:
        names = _names(stream, path)
    for name in wanted:
        if name not in names:
            raise ArtifactError(
                f"there is no column {name!r}; columns found: {', '.join(map(repr, names)) or 'none'}",
                where=str(path),
                hint="name a column that the file has",
            )
    try:
        parts = pl.scan_parquet(path, glob=False).select(wanted)
        yield from parts.collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True, lazy=True)
    except pl.exceptions.PolarsError as exc:
        raise _broken(path, f"is damaged: {exc}") from exc


def _names(stream: BinaryIO, path: Path) -> list[str]:
    """Check that a file is whole and return its columns."""
    check_content(path, stream.read(4096))
    stream.seek(-min(stream.tell(), len(_MARK)), 2)
    if stream.read() != _MARK:
        raise _broken(path, "the file is cut off: its last bytes are missing")
    try:
        return pl.scan_parquet(path, glob=False).collect_schema().names()
    except pl.exceptions.PolarsError as exc:
        raise _broken(path, f"is no Parquet file that can be read: {exc}") from exc


def _broken(path: Path, what: str) -> ArtifactError:
    """Describe a file that cannot be read."""
    return ArtifactError(what, where=str(path), hint="write the file again with the stage before", code="DATA_LOSS")
