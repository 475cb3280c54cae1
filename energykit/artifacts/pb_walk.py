"""Where the records of a protobuf message stand: the elements of its field 1, found unparsed.

Each record says where the next one starts, so they can only be found one after the other; but
records of the same size follow each other at even distances, and whether many do is seen in one
operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "FIXED32",
    "FIXED64",
    "LENGTH",
    "VARINT",
    "BrokenError",
    "Walk",
    "field_end",
    "varint_at",
]

RECORD_BYTES = 1 << 20
"""Longest record that is taken for one of ours."""

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""Wire types of proto3."""
_ROWS, _SKIPPED = 0x0A, 0x10
_MORE = 0x80
_ALIKE = 8
"""After so many records of one size it pays to look for more of them at once."""
_STRETCH = 512
"""How many are looked at at once."""


class BrokenError(Exception):
    """Bytes are not a message of ours; the text says why."""


class Walk:
    """Walks over a buffer that starts with a field of the message.

    Parameters
    ----------
    buffer
        Bytes of the message; the last field may be cut off.
    """

    def __init__(self, buffer: bytes) -> None:
        self._buffer = buffer
        self._content = np.frombuffer(buffer, dtype=np.uint8)
        self._single: list[tuple[int, int]] = []
        self._spans: list[NDArray[np.int64]] = []
        self.skipped_rows: int | None = None
        """Field ``skipped_rows``, if it was met."""
        self.at = 0
        """Where the first field starts that is not whole."""

    def spans(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where each record's content starts, and where it ends."""
        self._flush()
        starts, ends = np.concatenate(self._spans or [np.empty((2, 0), dtype=np.int64)], axis=1)
        return starts, ends

    def _flush(self) -> None:
        """Put the records that were found one by one behind the others."""
        if self._single:
            self._spans.append(np.array(self._single, dtype=np.int64).T)
            self._single = []

    def go(self) -> Walk:
        """Find every whole record.

        Raises
        ------
        BrokenError
            A field has no valid type, or claims an absurd size.
        """
        end, alike, last = len(self._buffer), 0, -1
        try:
            while self.at < end:
                size = self._step() if self._buffer[self.at] == _ROWS else self._skip_field()
                alike = alike + 1 if size == last else 0
                last = size
                if alike == _ALIKE:
                    self._stretch(size)
                    alike = 0
        except IndexError:  # the buffer ends inside a field
            pass
        return self

    def _step(self) -> int:
        """Note one record; return its size."""
        size, start = self._buffer[self.at + 1], self.at + 2
        if size >= _MORE:
            start, size = varint_at(self._buffer, self.at + 1)
            if size > RECORD_BYTES:
                raise BrokenError(f"a record claims {size} bytes")
        end = start + size
        if end > len(self._buffer):
            raise IndexError
        self._single.append((start, end))
        self.at = end
        return size

    def _stretch(self, size: int) -> None:
        """Note the records of one size that follow at even distances."""
        stride, first = size + 2, self.at
        if not 0 < size < _MORE:
            return
        while True:
            count = min(_STRETCH, (len(self._buffer) - self.at) // stride)
            heads = self._content[self.at : self.at + count * stride].reshape(count, stride)
            other = np.flatnonzero((heads[:, 0] != _ROWS) | (heads[:, 1] != size))
            self.at += (int(other[0]) if len(other) else count) * stride
            if len(other) or count < _STRETCH:
                break
        self._flush()
        starts = np.arange(first + 2, self.at, stride)
        self._spans.append(np.stack([starts, starts + size]))

    def _skip_field(self) -> int:
        """Pass by a field that is not a record; note ``skipped_rows``; return -1."""
        start, tag = varint_at(self._buffer, self.at)
        end = field_end(self._buffer, start, tag & 7)
        if end is None or tag >> 3 == 0:
            raise BrokenError("this is not a message of readings or of a report")
        if end - self.at > RECORD_BYTES:
            raise BrokenError(f"an unknown field claims {end - self.at} bytes")
        if end > len(self._buffer):
            raise IndexError
        if tag == _SKIPPED:
            self.skipped_rows = varint_at(self._buffer, start)[1]
        self.at = end
        return -1


def varint_at(buffer: bytes, at: int) -> tuple[int, int]:
    """Return the end and the value of a number; IndexError if the buffer ends before."""
    value, shift = buffer[at], 7
    at += 1
    if value < _MORE:
        return at, value
    value &= 0x7F
    while True:
        byte = buffer[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < _MORE or shift > 63:
            return at, value


def field_end(buffer: bytes, start: int, wire_type: int) -> int | None:
    """Return where a field's value ends, None for a wire type that proto3 does not have."""
    if wire_type == VARINT:
        return varint_at(buffer, start)[0]
    if wire_type == LENGTH:
        begin, size = varint_at(buffer, start)
        return begin + size
    return start + {FIXED64: 8, FIXED32: 4}[wire_type] if wire_type in {FIXED64, FIXED32} else None
