"""Rows of protobuf bytes as columns, read with array operations instead of one message per row.

Handles what a serialiser writes: known fields in the order of their numbers, texts below 128 bytes.
Anything else (unknown fields, another order, repeated scalars) is left to the official parser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

from energykit.artifacts.pb_encode import DOUBLE, FLAG, TEXTS, WIDTHS, Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["decode_rows"]

_SHORT = 0x80
_END = b"\0"
"""Stands between texts while they are split; a text that holds it is left to the official parser.
"""


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
    content = np.frombuffer(
        buffer + bytes(8), dtype=np.uint8
    )  # so that looking one field ahead stays inside
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
    numbers, width = np.zeros(len(places)), WIDTHS[shape]
    here = np.flatnonzero(is_there)
    raw = content[places[here, None] + np.arange(1, width + 1)]
    numbers[here] = np.ascontiguousarray(raw).view(f"<f{width}").ravel()
    if shape != DOUBLE:
        return pl.Series(numbers)
    values = pl.Series(numbers).scatter(np.flatnonzero(~is_there), None)
    return values.fill_nan(None)


def _texts(
    content: NDArray[np.uint8], places: NDArray[np.int64], sizes: NDArray[np.int64]
) -> pl.Series:
    """Return texts of the given places and sizes."""
    if not len(places):
        return pl.Series(dtype=pl.String)
    joined = _joined(content, places, sizes)
    if joined.count(_END) != len(places) - 1:
        raise _UnusualError
    try:
        text = joined.decode()
    except UnicodeDecodeError:
        raise _UnusualError from None
    return pl.Series([text]).str.split(_END.decode()).explode()


def _joined(
    content: NDArray[np.uint8], places: NDArray[np.int64], sizes: NDArray[np.int64]
) -> bytes:
    """Return texts one after the other, with a mark between them."""
    size = int(sizes[0])
    if (sizes == size).all():
        letters = np.full((len(places), size + 1), _END[0], dtype=np.uint8)
        letters[:, :size] = sliding_window_view(content, size)[places] if size else 0
        return letters.tobytes()[:-1]
    ends = np.cumsum(sizes + 1)
    index = np.arange(ends[-1]) + np.repeat(places - (ends - sizes - 1), sizes + 1)
    text = content[np.minimum(index, len(content) - 1)]
    text[ends - 1] = _END[0]
    return bytes(text[:-1])


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
