"""Readings and reports from protobuf messages, record by record, in bounded memory."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from google.protobuf.message import DecodeError

from energykit.artifacts.columns import READINGS, REPORT, Table
from energykit.artifacts.content import check_content
from energykit.artifacts.messages import columns_of, said_by_record
from energykit.artifacts.pb_walk import (
    FIXED32,
    FIXED64,
    LENGTH,
    VARINT,
    BrokenError,
    Walk,
    field_end,
    varint_at,
)
from energykit.artifacts.usable import Pass, usable_typed_rows
from energykit.errors import ArtifactError
from energykit.readings.carried import CARRIED
from energykit.readings.prefetch import prefetch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["PbReader"]

BLOCK_BYTES = 2 << 20
"""How much is read at a time."""


@dataclass(frozen=True)
class _Records:
    """Elements of the repeated field that stand in a buffer."""

    buffer: bytes
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    first: int
    """Number of the first record, from 1."""


class PbReader:
    """Reads one ``.pb`` file of readings or of a report.

    Parameters
    ----------
    stream
        The file, at its start.
    path
        Its path, for errors.

    Raises
    ------
    ArtifactError
        The file's first bytes are not a message of ours.
    """

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self._stream = stream
        self._path = path
        self.skipped_rows = 0
        """Rows that the stage before left out, as the file says (known after reading)."""
        self.is_undecided = False
        """Whether the file has no record that shows what it holds."""
        check_content(path, stream.read(4096))
        stream.seek(0)
        self.table: Table = self._recognise()
        stream.seek(0)

    def read(self, run: Pass, *, strict: bool = False) -> Iterator[pl.DataFrame]:
        """Yield the usable rows, block by block.

        Raises
        ------
        ArtifactError
            The message is cut off or is none of ours, or, if `strict`, a row cannot be used.
        """
        if strict:
            run.on_bad = self._refuse
        with closing(
            prefetch((records.first, self._decode(records)) for records in self._records())
        ) as parts:
            for first, typed in parts:
                run.tally.rows_in += typed.height
                used = usable_typed_rows(typed, first, run)
                run.tally.rows_used += used.height
                yield used

    def _recognise(self) -> Table:
        """Tell readings from a report by the fields of the first records.

        Both have text in 1 and 2. What a file need not have, as how long its readings stand, the
        first record shows.
        """
        records = next(self._records(), None)
        if records is None:
            self.is_undecided = not self.skipped_rows
            return _carrying(REPORT if self.skipped_rows else READINGS, [])
        spans = zip(records.starts, records.ends, strict=True)
        kinds = (_kind_of(records.buffer[start:end]) for start, end in spans)
        table = next((kind for kind in kinds if kind is not None), READINGS)
        first = records.buffer[records.starts[0] : records.ends[0]]
        return _carrying(table, said_by_record(first, table))

    def _decode(self, records: _Records) -> pl.DataFrame:
        """Return records as columns."""
        try:
            return columns_of(records.buffer, records.starts, records.ends, self.table)
        except DecodeError as exc:
            raise self._broken(
                f"the records from {records.first} on are not {self.table.name} messages"
            ) from exc
        except ArtifactError as exc:
            raise ArtifactError(exc.what, where=str(self._path), hint=exc.hint) from exc

    def _records(self) -> Iterator[_Records]:
        """Yield the file's records, about a block of bytes at a time."""
        rest, first, offset = b"", 1, 0
        while more := self._stream.read(BLOCK_BYTES):
            buffer = rest + more
            walk = self._walked(buffer, offset)
            starts, ends = walk.spans()
            if len(starts):
                yield _Records(buffer, starts, ends, first)
            first += len(starts)
            rest, offset = buffer[walk.at :], offset + walk.at
        if rest:
            raise self._broken(
                f"the file ends in the middle of record {first}, at byte {offset + len(rest)}"
            )

    def _walked(self, buffer: bytes, offset: int) -> Walk:
        """Find the records of a buffer."""
        walk = Walk(buffer)
        try:
            walk.go()
        except BrokenError as exc:
            raise self._broken(f"{exc}, at byte {offset + walk.at}") from exc
        if walk.skipped_rows is not None:
            self.skipped_rows = walk.skipped_rows
        return walk

    def _broken(self, what: str) -> ArtifactError:
        """Describe a file that is cut off or of another kind."""
        return ArtifactError(
            what,
            where=str(self._path),
            hint="write the file again with the stage before",
            code="DATA_LOSS",
        )

    def _refuse(self, line: int, column: str, reason: str) -> None:
        """Refuse a row that cannot be used."""
        names = list(self.table.schema)
        place = names.index(column) + 1 if column in names else 1
        raise ArtifactError(
            reason,
            where=f"{self._path}:{line}:{place}",
            hint=f"this is record {line}; leave strict mode to skip and count such rows",
        )


_ONLY = {
    3 << 3 | LENGTH: READINGS,
    4 << 3 | LENGTH: READINGS,
    6 << 3 | FIXED64: READINGS,
    7 << 3 | FIXED64: READINGS,
    3 << 3 | FIXED32: REPORT,
    4 << 3 | FIXED32: REPORT,
    6 << 3 | VARINT: REPORT,
    7 << 3 | LENGTH: REPORT,
    8 << 3 | FIXED64: REPORT,
    9 << 3 | FIXED64: REPORT,
}
"""Number and type of the fields that only one of the two messages has."""


def _carrying(table: Table, said: list[str]) -> Table:
    """Return a table with those of the columns that a file need not have that its records say."""
    return table.among((set(table.schema) - set(CARRIED)) | set(said))


def _kind_of(record: bytes) -> Table | None:
    """Tell what a record is by its fields: text in readings, numbers in a report.

    None where both could have them.
    """
    at = 0
    try:
        while at < len(record):
            start, tag = varint_at(record, at)
            if tag in _ONLY:
                return _ONLY[tag]
            end = field_end(record, start, tag & 7)
            if end is None:
                return None
            at = end
    except IndexError:
        return None
    return None
