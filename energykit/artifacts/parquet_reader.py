"""Readings and reports from Parquet, batch by batch."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import polars as pl
import polars.selectors as cs

from energykit.artifacts.columns import Table, recognise
from energykit.artifacts.content import check_content, open_plain
from energykit.artifacts.csv_text import moments
from energykit.artifacts.usable import Pass, usable_typed_rows
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

__all__ = ["ParquetReader", "batches_of", "explain_damage", "schema_of"]

_BATCH_ROWS = 1 << 16
"""Rows that are decoded at a time. Streaming would decode several row groups ahead, however large
they are: 1,048,576 rows each took 800 MB, and rows cut out of them take 100 MB.
"""
_MARK = b"PAR1"
_TIMES = (pl.Binary, pl.Categorical, pl.Datetime, pl.Enum, pl.Null, pl.String)
"""Types of a column of timestamps."""
_OTHER = (pl.Duration, pl.Object)
_DAMAGED = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""What polars raises for bytes that are not Parquet: a panic, too, which is not an `Exception`."""


class ParquetReader:
    """Reads one Parquet file of readings or of a report.

    Timestamps may be text or Datetime; numbers may be of any numeric type; households may be
    categories or numbers.

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
        schema = _schema(stream, path)
        self.table: Table = recognise(schema.names(), where=str(path))
        _check_times(schema["timestamp"], path)

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
            used = usable_typed_rows(_typed(batch, self.table), first, run)
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
        The file cannot be read, is cut off, damaged or no Parquet, lacks one of the columns, or has
        one of a type that holds neither text nor numbers nor times.
    """
    _check_columns(wanted, schema_of(path), path)
    with explain_damage(path):
        left = yield from _parts(path, wanted)
    if left:
        raise _broken(path, f"is damaged: its rows differ by {left:,} from what its footer says")


def schema_of(path: Path) -> pl.Schema:
    """Return the columns of a Parquet file with their types.

    Raises
    ------
    ArtifactError
        The file cannot be read, is cut off, or is not a Parquet file.
    """
    with open_plain(path) as stream:
        return _schema(stream, path)


@contextmanager
def explain_damage(path: Path) -> Iterator[None]:
    """Turn what polars raises for a damaged file into an error that names it.

    Raises
    ------
    ArtifactError
        The file is damaged.
    """
    try:
        yield
    except _DAMAGED as exc:
        is_panic = isinstance(exc, pl.exceptions.PanicException)
        why = "a page of it cannot be read" if is_panic else str(exc)
        raise _broken(path, f"is damaged: {why}") from exc


def _check_columns(wanted: Sequence[str], schema: pl.Schema, path: Path) -> None:
    """Refuse columns that the file lacks, or that hold neither text nor numbers nor times."""
    for name in wanted:
        if name not in schema:
            columns = ", ".join(map(repr, schema)) or "none"
            raise ArtifactError(
                f"there is no column {name!r}; columns found: {columns}",
                where=str(path),
                hint="name a column that the file has",
            )
        if schema[name].is_nested() or schema[name] in _OTHER:
            raise ArtifactError(
                f"the column {name!r} holds {schema[name]}, "
                "not one value a row that is text, a number or a time",
                where=str(path),
                hint="write the column as text or numbers",
            )


def _parts(path: Path, wanted: Sequence[str]) -> Generator[pl.DataFrame, None, int]:
    """Yield columns, batch by batch; return how many rows less than the footer says there were."""
    whole = pl.scan_parquet(path, glob=False)
    rows: int = whole.select(pl.len()).collect().item()
    left, columns = rows, whole.select(wanted)
    for start in range(0, rows, _BATCH_ROWS):
        part = columns.slice(start, _BATCH_ROWS).collect()
        left -= part.height
        yield part.with_columns(cs.binary().map_batches(_decoded, return_dtype=pl.String))
    return left


def _decoded(raw: pl.Series) -> pl.Series:
    """Return bytes as text, null where they are not UTF-8."""
    try:
        return raw.cast(pl.String)
    except pl.exceptions.PolarsError:
        return pl.Series([_text_of(value) for value in raw], dtype=pl.String)


def _text_of(value: bytes | None) -> str | None:
    """Return bytes as text, None where they are not UTF-8."""
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _typed(batch: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return numbers as Float64, flags as they are, and everything else as text."""
    columns = []
    for column in table.columns:
        values = batch[column.name]
        if column.dtype == pl.Float64 and values.dtype.is_numeric():
            columns.append(values.cast(pl.Float64))
        elif values.dtype == pl.Datetime:
            columns.append(moments(values))
        else:
            columns.append(values if values.dtype == column.dtype else values.cast(pl.String))
    return pl.DataFrame(columns)


def _check_times(dtype: pl.DataType, path: Path) -> None:
    """Refuse a column of timestamps in which no row can be one."""
    if dtype in _TIMES:
        return
    hint = (
        "convert it to Datetime first, such as pl.from_epoch('timestamp', time_unit='s'), "
        'or import the file with scenario "import" and its timestamp_format'
        if dtype.is_numeric()
        else "write it as Datetime, or as ISO 8601 text"
    )
    what = f"column 'timestamp' holds {dtype}, not times"
    raise ArtifactError(what, where=str(path), hint=hint)


def _schema(stream: BinaryIO, path: Path) -> pl.Schema:
    """Check that a file is whole and return its columns with their types."""
    check_content(path, stream.read(4096))
    stream.seek(-min(stream.tell(), len(_MARK)), 2)
    if stream.read() != _MARK:
        raise _broken(path, "the file is cut off: its last bytes are missing")
    try:
        return pl.scan_parquet(path, glob=False).collect_schema()
    except _DAMAGED as exc:
        raise _broken(path, f"is not a Parquet file that can be read: {exc}") from exc


def _broken(path: Path, what: str) -> ArtifactError:
    """Describe a file that cannot be read."""
    return ArtifactError(
        what, where=str(path), hint="write the file again with the stage before", code="DATA_LOSS"
    )
