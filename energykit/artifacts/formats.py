"""The formats of artefacts: one table that reading, writing and checking go by.

A new format is a row here, with its reader and its writer; the tests are parametrised over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from energykit.errors import ArtifactError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import polars as pl

    from energykit.artifacts.atomic import HashingFile
    from energykit.artifacts.columns import Table
    from energykit.artifacts.usable import Pass

__all__ = ["FORMATS", "SUFFIXES", "Format", "Reader", "Target", "format_of"]

TEXT = "text"
"""What the first bytes of a text file look like (`energykit.artifacts.content.looks_like`)."""


class Reader(Protocol):
    """Reads one file of readings or of a report."""

    table: Table
    """What its rows are, with the columns that the file has."""

    def read(self, run: Pass, *, strict: bool = False) -> Iterator[pl.DataFrame]:
        """Yield the usable rows, batch by batch."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a writer puts batches."""

    file: HashingFile
    """Takes the bytes."""
    path: Path
    """The file that it becomes, for errors."""
    skipped_rows: Callable[[], int]
    """Rows that the stage left out; known after the last batch."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format: what it is called, how a file of it begins, and who reads and writes it."""

    name: str
    """Its name, as a noun."""
    suffix: str
    """Suffix of its files, in lower case."""
    looks: str
    """What the first bytes look like; empty where `marks` say it."""
    marks: tuple[bytes, ...] = ()
    """Bytes that a file may begin with."""
    may_be_empty: bool = False
    """Whether a file of no bytes is an empty table."""
    reader: str
    """``module:class`` of its `Reader`, which takes the open file and its path."""
    writer: str
    """``module:function`` that takes batches and a `Target`, and returns the number of rows."""
    plain: str = ""
    """Function of polars that reads any table of the format; empty: it holds ours only."""

    def fits(self, head: bytes, looks: str) -> bool:
        """Whether a file may be of this format by its first bytes and what they look like."""
        return looks == self.looks if self.looks else head.startswith(self.marks)

    def open(self, stream: BinaryIO, path: Path) -> Reader:
        """Return the reader of a file."""
        reader: Reader = _load(self.reader)(stream, path)
        return reader

    def write(self, parts: Iterable[pl.DataFrame], target: Target) -> int:
        """Write batches, at least one; return the number of rows."""
        rows: int = _load(self.writer)(parts, target)
        return rows


FORMATS = {
    entry.suffix: entry
    for entry in (
        Format(
            name="CSV text",
            suffix=".csv",
            looks=TEXT,
            reader="energykit.artifacts.csv_reader:CsvReader",
            writer="energykit.artifacts.writer:write_csv",
            plain="read_csv",
        ),
        Format(
            name="Parquet",
            suffix=".parquet",
            looks="a Parquet file",
            reader="energykit.artifacts.parquet_reader:ParquetReader",
            writer="energykit.artifacts.writer:write_parquet",
            plain="read_parquet",
        ),
        Format(
            name="protobuf messages",
            suffix=".pb",
            looks="",
            marks=(b"\x0a", b"\x10"),
            may_be_empty=True,
            reader="energykit.artifacts.pb_reader:PbReader",
            writer="energykit.artifacts.writer:write_pb",
        ),
    )
}
"""Every format by its suffix."""
SUFFIXES = tuple(FORMATS)
"""Suffixes of all formats."""


def format_of(path: Path) -> Format:
    """Return the format that a path's suffix names.

    Raises
    ------
    ArtifactError
        No format has this suffix.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ArtifactError(
            f"no format has the suffix {path.suffix!r}",
            where=str(path),
            hint=nearest(suffix, SUFFIXES),
        )
    return FORMATS[suffix]


def _load(name: str) -> Any:
    """Import what ``module:name`` says, when it is first needed: readers load data frames."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)
