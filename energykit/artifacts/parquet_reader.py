"""Readings and reports from Parquet, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import polars as pl
import polars.selectors as cs

from energykit.artifacts.columns import Table, recognise
from energykit.artifacts.content import check_content
from energykit.artifacts.csv_text import moments
from energykit.artifacts.usable import Pass, use_typed
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ParquetReader"]

_BATCH_ROWS = 1 << 16


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
        check_content(path, stream.read(4096))
        stream.seek(-min(stream.tell(), 4), 2)
        if stream.read(4) != b"PAR1":
            raise self._broken("the file is cut off: its last bytes are missing")
        try:
            names = pl.scan_parquet(path, glob=False).collect_schema().names()
        except pl.exceptions.PolarsError as exc:
            raise self._broken(f"is no Parquet file that can be read: {exc}") from exc
        self.table: Table = recognise(names, where=str(path))

    def read(self, run: Pass, *, strict: bool = False) -> Iterator[pl.DataFrame]:
        """Yield the usable rows, batch by batch.

        Raises
        ------
        ArtifactError
            The file is damaged, or, if `strict`, a row cannot be used.
        """
        if strict:
            run.on_bad = self._refuse
        for batch in self._batches():
            first = run.tally.rows_in + 1
            run.tally.rows_in += batch.height
            used = use_typed(batch, pl.int_range(first, first + batch.height, eager=True), run)
            run.tally.rows_used += used.height
            yield used

    def _batches(self) -> Iterator[pl.DataFrame]:
        """Yield the table's columns with the types that a stage sees."""
        columns = pl.scan_parquet(self._path, glob=False).select(list(self.table.schema))
        typed = columns.with_columns(
            cs.datetime().map_batches(moments, return_dtype=pl.String), cs.numeric().cast(pl.Float64)
        )
        try:
            yield from typed.collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True, lazy=True)
        except pl.exceptions.PolarsError as exc:
            raise self._broken(f"is damaged: {exc}") from exc

    def _broken(self, what: str) -> ArtifactError:
        """Describe a file that cannot be read."""
        return ArtifactError(
            what, where=str(self._path), hint="write the file again with the stage before", code="DATA_LOSS"
        )

    def _refuse(self, line: int, column: str, reason: str) -> None:
        """Refuse a row that cannot be used."""
        names = list(self.table.schema)
        place = names.index(column) + 1 if column in names else 1
        raise ArtifactError(
            reason,
            where=f"{self._path}:{line}:{place}",
            hint=f"this is row {line}; leave strict mode to skip and count such rows",
        )
