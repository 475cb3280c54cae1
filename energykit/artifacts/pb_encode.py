"""Batches as protobuf bytes, put together by columns instead of one message per row.

Every row gets as many places as the longest needs, column by column; those that a row does not fill
are left out at the end. The bytes are those of the official serialiser: fields in order of their
numbers, defaults left out, NaN and -0.0 kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from energykit.artifacts.letters import padded_letters, within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["DOUBLE", "FLAG", "FLOAT", "LONGEST", "TEXT", "TEXTS", "WIDTHS", "Field", "encode_rows"]

TEXT, TEXTS, FLOAT, DOUBLE, FLAG = "text", "texts", "float", "double", "flag"
"""Shapes of a field: string, repeated string (joined by ``;``), float, optional double, bool."""
WIDTHS = {FLOAT: 4, DOUBLE: 8}
"""Bytes of a number."""

LONGEST = 512
"""Bytes of a repeated text up to which every row gets as many: one long one would multiply."""
_SHORT = 0x80
"""Lengths below this are one byte."""
_TWO_BYTES = 1 << 14
_ROW_TAG = "\n"
_PIECE_ROWS = 1 << 16
"""Rows that are put together at a time: they fit into the processor's cache."""
_MOST_RUNS = 512
"""Up to so many stretches of rows with the same fields, each is copied at once."""


@dataclass(frozen=True)
class Field:
    """One field of a row's message."""

    name: str
    """The column."""
    tag: str
    """Its number and wire type, as one character."""
    shape: str
    """What it holds."""


def encode_rows(batch: pl.DataFrame, fields: Sequence[Field]) -> bytes | None:
    """Return rows as elements of field 1 of a message, None where a text is too long for this way.

    Parameters
    ----------
    batch
        A String column for each text field (null: none), a float column for each number, a Boolean
        one for each flag.
    fields
        In the order of their numbers.
    """
    pieces = [_encode_piece(piece, fields) for piece in batch.iter_slices(_PIECE_ROWS)]
    whole = [piece for piece in pieces if piece is not None]
    return b"".join(whole) if len(whole) == len(pieces) else None


@dataclass(frozen=True)
class _Places:
    """Bytes of one field in every row."""

    letters: NDArray[np.uint8]
    """Tag, length and content, of shape (rows, bytes)."""
    is_used: NDArray[np.bool_] | None
    """Which of them a row has, of the same shape or (rows, 1); None: all."""


def _encode_piece(batch: pl.DataFrame, fields: Sequence[Field]) -> bytes | None:
    """Return some rows as elements of field 1, None where a text is too long for this way."""
    parts = []
    for field in fields:
        part = _part(batch[field.name], field)
        if part is None:
            return None
        parts.append(part)
    sizes = np.sum([_sizes(part) for part in parts], axis=0)
    if batch.height and sizes.max() >= _TWO_BYTES:
        return None
    return _joined([_head(sizes), *parts])


def _joined(parts: Sequence[_Places]) -> bytes:
    """Return the used bytes of all fields, row by row."""
    optional = [part.is_used for part in parts if part.is_used is not None]
    if all(used.shape[1] == 1 for used in optional):
        runs = _runs(optional, len(parts[0].letters))
        if len(runs) <= _MOST_RUNS:
            return b"".join(_run(parts, start, end) for start, end in runs)
    letters = np.hstack([part.letters for part in parts])
    return letters[np.hstack([_uses(part) for part in parts])].tobytes()


def _runs(optional: Sequence[NDArray[np.bool_]], rows: int) -> list[tuple[int, int]]:
    """Return stretches of rows that have the same fields."""
    changes = np.zeros(max(rows - 1, 0), dtype=bool)
    for used in optional:
        changes |= used[1:, 0] != used[:-1, 0]
    starts = [0, *(np.flatnonzero(changes) + 1).tolist()]
    return list(zip(starts, [*starts[1:], rows], strict=True))


def _run(parts: Sequence[_Places], start: int, end: int) -> bytes:
    """Return rows that have the same fields."""
    used = [part for part in parts if part.is_used is None or part.is_used[start, 0]]
    return np.hstack([part.letters[start:end] for part in used]).tobytes()


def _sizes(part: _Places) -> NDArray[np.int64]:
    """Return how many bytes each row has of a field."""
    rows, width = part.letters.shape
    if part.is_used is None:
        return np.full(rows, width)
    used = part.is_used.sum(axis=1, dtype=np.int64)
    return np.asarray(used * width if part.is_used.shape[1] == 1 else used)


def _uses(part: _Places) -> NDArray[np.bool_]:
    """Return which bytes of a field each row has, of the shape of its bytes."""
    is_used = np.True_ if part.is_used is None else part.is_used
    return np.broadcast_to(is_used, part.letters.shape)


def _head(sizes: NDArray[np.int64]) -> _Places:
    """Return each row's own tag and length: one byte, or two from 128 on."""
    head = np.empty((len(sizes), 3), dtype=np.uint8)
    is_long = sizes >= _SHORT
    head[:, 0] = ord(_ROW_TAG)
    head[:, 1] = np.where(is_long, sizes & 0x7F | _SHORT, sizes)
    head[:, 2] = sizes >> 7
    if not is_long.any():
        return _Places(head[:, :2], None)
    return _Places(head, np.column_stack([np.ones((len(sizes), 2), dtype=bool), is_long]))


def _part(values: pl.Series, field: Field) -> _Places | None:
    """Return a field of every row with its tag, unused where the value is the default.

    None if a text is too long.
    """
    if field.shape in WIDTHS:
        numbers = _numbers(values, field.shape)
        is_used = values.is_not_null().to_numpy() if field.shape == DOUBLE else numbers != 0
        return _tagged(field.tag, numbers.view(np.uint8).reshape(len(numbers), -1), is_used)
    if field.shape == FLAG:
        flags = values.to_numpy()
        return _tagged(field.tag, flags.astype(np.uint8).reshape(-1, 1), flags)
    texts = values.fill_null("")
    return _lists(texts, field.tag) if field.shape == TEXTS else _texts(texts, field.tag)


def _tagged(tag: str, content: NDArray[np.uint8], is_used: NDArray[np.bool_]) -> _Places:
    """Return fields of one size, unused where a condition does not hold."""
    letters = np.empty((len(content), 1 + content.shape[1]), dtype=np.uint8)
    letters[:, 0] = ord(tag)
    letters[:, 1:] = content
    return _Places(letters, None if is_used.all() else is_used.reshape(-1, 1))


def _none(rows: int) -> _Places:
    """Return a field that no row has."""
    return _Places(np.empty((rows, 0), dtype=np.uint8), None)


def _texts(texts: pl.Series, tag: str) -> _Places | None:
    """Return texts with tag and length, unused where they are empty."""
    sizes = texts.str.len_bytes().to_numpy().astype(np.int64)
    width = int(sizes.max(initial=0))
    if width >= _SHORT:
        return None
    if not width:
        return _none(len(texts))
    letters = np.empty((len(texts), 2 + width), dtype=np.uint8)
    letters[:, 0], letters[:, 1] = ord(tag), sizes
    letters[:, 2:] = padded_letters(texts, sizes, width)
    if (sizes == width).all():
        return _Places(letters, None)
    return _Places(letters, within(np.where(sizes, sizes + 2, 0), 2 + width))


def _lists(texts: pl.Series, tag: str) -> _Places | None:
    """Return each part of texts that ``;`` separates with tag and length; few texts differ."""
    fields: dict[str, str] = {}
    for text in texts.unique().to_list():
        names = [name for name in text.split(";") if name]
        if any(len(name.encode()) >= _SHORT for name in names):
            return None
        fields[text] = "".join(f"{tag}{chr(len(name.encode()))}{name}" for name in names)
    whole = texts.replace_strict(fields, return_dtype=pl.String)
    sizes = whole.str.len_bytes().to_numpy().astype(np.int64)
    width = int(sizes.max(initial=0))
    if width > LONGEST:
        return None
    if not width:
        return _none(len(texts))
    return _Places(padded_letters(whole, sizes, width), within(sizes, width))


def _numbers(values: pl.Series, shape: str) -> NDArray[Any]:
    """Return numbers as a message holds them, little-endian; 32-bit ones as integers.

    -0.0 is not 0 there.
    """
    if shape == FLOAT:
        return values.cast(pl.Float32).to_numpy().view(np.uint32).astype("<u4")
    return values.cast(pl.Float64).to_numpy().astype("<f8")
