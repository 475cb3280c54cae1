"""Write a frame as csv, pb or parquet: streaming, in bounded memory, in one step."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import polars as pl
import polars.selectors as cs
from polars.io.plugins import register_io_source

from energykit.artifacts.atomic import replace_file
from energykit.artifacts.csv_text import csv_text
from energykit.artifacts.formats import Target, format_of
from energykit.artifacts.messages import encoder_for
from energykit.errors import ArtifactError
from energykit.readings.batch import batches
from energykit.readings.prefetch import prefetch

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator, Iterable, Iterator

    from energykit.artifacts.atomic import Replacements

__all__ = ["Written", "write", "write_csv", "write_parquet", "write_pb"]

_GROUP_ROWS = 1 << 16
_MOST_GROUP_ROWS = 1 << 17
"""Rows of a row group in Parquet: those of a batch, within these bounds. What is read at a time is
the smaller one.
"""
_ZSTD_LEVEL = 1
"""Readings get no smaller with a higher one, only slower."""


@dataclass(frozen=True)
class Written:
    """What was written."""

    path: Path
    """The file."""
    rows: int
    """Rows in it."""
    bytes: int
    """Its size [B]."""
    sha256: str
    """Its SHA-256, in hexadecimal."""


def write(
    frame: pl.LazyFrame | pl.DataFrame | Iterable[pl.DataFrame],
    path: str | os.PathLike[str],
    *,
    skipped_rows: int | Callable[[], int] = 0,
    on_rows: Callable[[int], None] | None = None,
    together: Replacements | None = None,
) -> Written:
    """Write a table, replacing the file in one step; a failure leaves the file as it was.

    Parameters
    ----------
    frame
        The table; a lazy frame is streamed, an iterable is written batch by batch. CSV and Parquet
        take any columns, ``.pb`` the columns of readings or of a report. CSV is written as the
        original services do: LF, shortest floats, 32-bit floats widened, ``True``/``False``.
        Timestamps may be text or Datetime; text stays text, also in Parquet.
    path
        The file; the suffix (``.csv``, ``.pb``, ``.parquet``) decides the format. Missing folders
        are made.
    skipped_rows
        Rows that the stage left out; kept in a report's ``.pb``. A function is called after the
        last row.
    on_rows
        Called with the number of rows written so far.
    together
        Replaces this file with others, later; None: it is replaced when it is complete.

    Raises
    ------
    ArtifactError
        No such format, no such columns for ``.pb``, or the file cannot be written.
    """
    target = Path(path)
    format_ = format_of(target)
    with (
        contextlib.closing(_counted(prefetch(batches(frame)), on_rows)) as source,
        replace_file(target, together=together) as file,
    ):
        first = next(source, None)
        if first is None:
            raise ArtifactError(
                "there is no batch, so the columns are unknown",
                where=str(target),
                hint="give one empty frame",
            )
        parts = itertools.chain([first], source)
        count = skipped_rows if callable(skipped_rows) else lambda: skipped_rows
        rows = format_.write(parts, Target(file=file, path=target, skipped_rows=count))
    return Written(target, rows, file.size, file.sha256)


def _counted(
    parts: Generator[pl.DataFrame], on_rows: Callable[[int], None] | None
) -> Generator[pl.DataFrame]:
    """Pass batches on, reporting how many rows have gone by.

    What makes them ends with this, however this ends.
    """
    rows = 0
    with contextlib.closing(parts):
        for part in parts:
            yield part
            rows += part.height
            if on_rows is not None:
                on_rows(rows)


def write_csv(parts: Iterable[pl.DataFrame], target: Target) -> int:
    """Write batches as CSV text."""
    texts = ((part.height, csv_text(part, header=number == 0)) for number, part in enumerate(parts))
    rows = 0
    for height, text in prefetch(texts):
        target.file.write(text)
        rows += height
    return rows


def write_pb(parts: Iterable[pl.DataFrame], target: Target) -> int:
    """Write batches as one protobuf message: a repeated field may be appended to."""
    rows, encoder = 0, None
    for part in parts:
        encoder = encoder or encoder_for(part.columns, where=str(target.path))
        target.file.write(encoder.rows(part))
        rows += part.height
    if encoder is not None:
        target.file.write(encoder.end(target.skipped_rows()))
    return rows


def write_parquet(parts: Iterable[pl.DataFrame], target: Target) -> int:
    """Write batches as Parquet, null for what is not a number."""
    rows, every = 0, iter(parts)
    first = next(every)

    def source(*_: object) -> Iterator[pl.DataFrame]:
        nonlocal rows
        for part in itertools.chain([first], every):
            rows += part.height
            yield part.with_columns(cs.float().fill_nan(None))

    try:
        register_io_source(source, schema=first.schema).sink_parquet(
            cast("IO[bytes]", target.file),
            compression="zstd",
            compression_level=_ZSTD_LEVEL,
            row_group_size=min(max(first.height, _GROUP_ROWS), _MOST_GROUP_ROWS),
        )
    except pl.exceptions.PolarsError as exc:
        raise (target.file.failure or exc) from exc
    return rows
