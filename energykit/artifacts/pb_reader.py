"""Readings and reports from protobuf messages, record by record of the repeated field, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import polars as pl
from google.protobuf.message import DecodeError

from energykit.artifacts.columns import READINGS, REPORT, Table
from energykit.artifacts.content import check_content
from energykit.artifacts.messages import columns_of
from energykit.artifacts.usable import Pass, use_typed
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["PbReader"]

BLOCK_BYTES = 4 << 20
RECORD_BYTES = 1 << 20
"""Longest record that is taken for one of ours."""

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_ROWS, _SKIPPED = 0x0A, 0x10
_MORE = 0x80


@dataclass(frozen=True)
class Records:
    """Elements of the repeated field that stand in a buffer."""

    buffer: bytes
    """Bytes of the message from the first of these records."""
    starts: list[int]
    """Where each record's content starts."""
    ends: list[int]
    """Where each record's content ends."""
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
        for records in self._records():
            typed = self._decode(records)
            run.tally.rows_in += typed.height
            lines = pl.int_range(records.first, records.first + typed.height, eager=True)
            used = use_typed(typed, lines, run)
            run.tally.rows_used += used.height
            yield used

    def _recognise(self) -> Table:
        """Tell readings from a report by the fields of the first records: both have text in 1 and 2."""
        for records in self._records():
            for start, end in zip(records.starts, records.ends, strict=True):
                kind = _kind_of(records.buffer[start:end])
                if kind is not None:
                    return kind
            break
        return REPORT if self.skipped_rows else READINGS

    def _decode(self, records: Records) -> pl.DataFrame:
        """Return records as columns."""
        try:
            return columns_of(records.buffer, records.starts, records.ends, self.table)
        except DecodeError as exc:
            raise self._broken(f"the records from {records.first} on are no {self.table.name} messages") from exc

    def _records(self) -> Iterator[Records]:
        """Yield the file's records, about a block of bytes at a time."""
        rest, first, offset = b"", 1, 0
        while True:
            more = self._stream.read(BLOCK_BYTES)
            buffer = rest + more
            starts: list[int] = []
            ends: list[int] = []
            at = self._walk(buffer, starts, ends, first)
            if starts:
                yield Records(buffer, starts, ends, first)
            first += len(starts)
            rest, offset = buffer[at:], offset + at
            if not more:
                break
        if rest:
            raise self._broken(f"the file ends in the middle of record {first}, at byte {offset + len(rest)}")

    def _walk(self, buffer: bytes, starts: list[int], ends: list[int], first: int) -> int:
        """Note where the whole records of a buffer stand; return where the first cut field begins."""
        at = 0
        try:
            while at < len(buffer):
                if buffer[at] == _ROWS:
                    start, size = _varint_at(buffer, at + 1)
                    if size > RECORD_BYTES:
                        raise self._broken(f"record {first + len(starts)} claims {size} bytes")
                    if start + size > len(buffer):
                        return at
                    starts.append(start)
                    at = start + size
                    ends.append(at)
                else:
                    at = self._skip_field(buffer, at)
        except IndexError:  # the buffer ends inside a number
            pass
        return at

    def _skip_field(self, buffer: bytes, at: int) -> int:
        """Return the end of a field that is no record; note ``skipped_rows``."""
        start, tag = _varint_at(buffer, at)
        end = _field_end(buffer, start, tag & 7)
        if end is None or tag >> 3 == 0:
            raise self._broken("this is no message of readings or of a report")
        if end > len(buffer):
            if end - at > RECORD_BYTES:
                raise self._broken(f"an unknown field claims {end - at} bytes")
            raise IndexError
        if tag == _SKIPPED:
            self.skipped_rows = _varint_at(buffer, start)[1]
        return end

    def _broken(self, what: str) -> ArtifactError:
        """Describe a file that is cut off or of another kind."""
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
            hint=f"this is record {line}; leave strict mode to skip and count such rows",
        )


def _varint_at(buffer: bytes, at: int) -> tuple[int, int]:
    """Return the end and the value of a number; IndexError if the buffer ends before."""
    value = buffer[at]
    at += 1
    if value < _MORE:
        return at, value
    value, shift = value & 0x7F, 7
    while True:
        byte = buffer[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < _MORE or shift > 63:  # noqa: PLR2004 - ten bytes hold 64 bits
            return at, value


def _field_end(buffer: bytes, start: int, wire_type: int) -> int | None:
    """Return where a field's value ends, None for a wire type that proto3 does not have."""
    if wire_type == _VARINT:
        return _varint_at(buffer, start)[0]
    if wire_type == _LENGTH:
        begin, size = _varint_at(buffer, start)
        return begin + size
    return start + {_FIXED64: 8, _FIXED32: 4}[wire_type] if wire_type in {_FIXED64, _FIXED32} else None


def _kind_of(record: bytes) -> Table | None:
    """Tell what a record is by its fields: text in readings, numbers in a report; None where both could have them."""
    at = 0
    try:
        while at < len(record):
            start, tag = _varint_at(record, at)
            if tag >> 3 in {3, 4}:
                return READINGS if tag & 7 == _LENGTH else REPORT
            if tag >> 3 in {6, 7}:
                return REPORT
            end = _field_end(record, start, tag & 7)
            if end is None:
                return None
            at = end
    except IndexError:
        return None
    return None
