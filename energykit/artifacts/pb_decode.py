"""Rows of protobuf bytes as columns, read with array operations instead of one message per row.

Handles what a serialiser writes: known fields in the order of their numbers, texts below 128 bytes.
Anything else (unknown fields, another order, repeated scalars) is left to the official parser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from energykit.artifacts.letters import texts_at
from energykit.artifacts.pb_encode import DOUBLE, FLAG, LONGEST, TEXTS, WIDTHS, Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["decode_rows"]

_SHORT = 0x80
_BEHIND = 0x80
"""Bytes behind the buffer, so that looking as far as a field reaches stays inside."""


class _UnusualError(Exception):
    """The bytes are not of the usual shape."""


def decode_rows(
    buffer: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], fields: Sequence[Field]
) -> pl.DataFrame | None:
    """Return rows as columns, None where one of them is not of the usual shape.

    Parameters
    ----------
    buffer
        Bytes that hold the rows' messages.
    starts, ends
        Where each message starts and ends.
    fields
        In the order of their numbers.

    Returns
    -------
    pl.DataFrame or None
        Float64 for numbers, null where an optional one is absent; Boolean for flags, String for
        texts; repeated texts joined by ``;``.
    """
    behind = max(_BEHIND, int((ends - starts).max(initial=0)))
    content = np.frombuffer(buffer + bytes(behind), dtype=np.uint8)
    places, columns = starts, {}
    try:
        for number, field in enumerate(fields, start=1):
            end = _before(content, places, ends, fields[number:])
            columns[field.name], places = _column(content, places, end, field)
            _check_inside(places, ends)
    except _UnusualError:
        return None
    return pl.DataFrame(columns) if (places == ends).all() else None


def _column(
    content: NDArray[np.uint8], places: NDArray[np.int64], ends: NDArray[np.int64], field: Field
) -> tuple[pl.Series, NDArray[np.int64]]:
    """Return a field of every row, and where the next one starts."""
    if field.shape == TEXTS:
        if (ends - places).max(initial=0) > LONGEST:
            raise _UnusualError
        return _lists(_texts(content, places, ends - places), field.tag), ends
    is_there = (content[places] == ord(field.tag)) & (places < ends)
    if field.shape in WIDTHS:
        behind = places + is_there * (1 + WIDTHS[field.shape])
        _check_inside(behind, ends)
        return _numbers(content, places, is_there, field.shape), behind
    after = content[places + 1]
    if (after[is_there] >= (2 if field.shape == FLAG else _SHORT)).any():
        raise _UnusualError
    if field.shape == FLAG:
        return pl.Series(is_there & (after == 1)), places + is_there * 2
    sizes = np.where(is_there, after, 0).astype(np.int64)
    behind = places + is_there * (2 + sizes)
    _check_inside(behind, ends)
    return _texts(content, places + 2, sizes), behind


def _before(
    content: NDArray[np.uint8],
    places: NDArray[np.int64],
    ends: NDArray[np.int64],
    following: Sequence[Field],
) -> NDArray[np.int64]:
    """Return where a field can end at most: where the numbers that follow to the end begin.

    Texts that repeat go on to their message's end, but for those numbers. Whether they are some is
    seen when they are taken apart: they must fill what is left to the letter.
    """
    if any(field.shape != DOUBLE for field in following):
        return ends
    for field in reversed(following):
        begin = np.maximum(ends - (1 + WIDTHS[DOUBLE]), places)
        is_there = (ends - places >= 1 + WIDTHS[DOUBLE]) & (content[begin] == ord(field.tag))
        ends = np.where(is_there, begin, ends)
    return ends


def _check_inside(places: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
    """Refuse fields that claim to go on behind the end of their message."""
    if (places > ends).any():
        raise _UnusualError


def _numbers(
    content: NDArray[np.uint8], places: NDArray[np.int64], is_there: NDArray[np.bool_], shape: str
) -> pl.Series:
    """Return numbers; where there is none, 0, or null of an optional one."""
    width = WIDTHS[shape]
    raw = sliding_window_view(content, width)[places + 1]
    numbers = raw.view(f"<f{width}").ravel().astype(np.float64)
    if shape != DOUBLE:
        numbers[~is_there] = 0
        return pl.Series(numbers)
    numbers[~is_there] = np.nan
    return pl.Series(numbers, nan_to_null=True)


def _texts(
    content: NDArray[np.uint8], places: NDArray[np.int64], sizes: NDArray[np.int64]
) -> pl.Series:
    """Return texts of the given places and sizes."""
    texts = texts_at(content, places, sizes)
    if texts is None:
        raise _UnusualError
    return texts


def _lists(texts: pl.Series, tag: str) -> pl.Series:
    """Return the raw bytes of a repeated text as its parts joined by ``;``; few of them differ."""
    joined = {text: ";".join(_parts(text, tag)) for text in texts.unique().to_list()}
    return texts.replace_strict(joined, return_dtype=pl.String)


def _parts(text: str, tag: str) -> list[str]:
    """Take the elements of a repeated text apart."""
    raw, parts, place = text.encode(), [], 0
    while place < len(raw):
        size = raw[place + 1] if place + 1 < len(raw) else _SHORT
        if raw[place] != ord(tag) or size >= _SHORT or place + 2 + size > len(raw):
            raise _UnusualError
        parts.append(raw[place + 2 : place + 2 + size].decode(errors="replace"))
        place += 2 + size
    return parts
