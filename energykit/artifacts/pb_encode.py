"""Batches as protobuf bytes, built as text columns instead of one message per row.

Tags and lengths below 128 are ASCII characters, so a row without its 32-bit floats is text that
polars can join; the floats' places are then overwritten. The bytes are those of the official
serialiser: fields in order of their numbers, defaults left out, NaN and -0.0 kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["DOUBLE", "FLAG", "FLOAT", "TEXT", "TEXTS", "WIDTHS", "Field", "encode_rows"]

TEXT, TEXTS, FLOAT, DOUBLE, FLAG = "text", "texts", "float", "double", "flag"
"""Shapes of a field: string, repeated string (joined by ``;``), float, optional double, bool."""
WIDTHS = {FLOAT: 4, DOUBLE: 8}
"""Bytes of a number."""

_SHORT = 0x80
"""Lengths below this are one byte, and that byte is ASCII."""
_TWO_BYTES = 1 << 14
_ASCII = pl.Series([chr(code) for code in range(_SHORT)], dtype=pl.String)
_ROW_TAG = "\n"
_PLACE = "?"
"""Keeps the place of a byte that is not ASCII."""


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
    parts = [_part(batch[field.name], field) for field in fields]
    if any(part is None for part in parts):
        return None
    columns = [part for part in parts if part is not None]
    sizes = [column.str.len_bytes().to_numpy().astype(np.int64) for column in columns]
    bodies = np.sum(sizes, axis=0)
    if batch.height and bodies.max() >= _TWO_BYTES:
        return None
    head = _ASCII.gather(np.minimum(bodies, _SHORT - 1)) + _where(bodies >= _SHORT, _PLACE)
    text = pl.select(pl.concat_str([_ROW_TAG + head, *columns]).str.join("")).item() or ""
    buffer = bytearray(text.encode())
    _fill_in(np.frombuffer(buffer, dtype=np.uint8), batch, fields, sizes, bodies)
    return bytes(buffer)


def _part(values: pl.Series, field: Field) -> pl.Series | None:
    """Return a field of every row with its tag, empty where the value is the default.

    None if a text is too long.
    """
    if field.shape == FLOAT:
        return _where(_bits(values) != 0, field.tag + _PLACE * WIDTHS[FLOAT])
    if field.shape == DOUBLE:
        return _where(values.is_not_null(), field.tag + _PLACE * WIDTHS[DOUBLE])
    if field.shape == FLAG:
        return _where(values, field.tag + "\1")
    texts = values.fill_null("")
    return _tagged_lists(texts, field.tag) if field.shape == TEXTS else _tagged(texts, field.tag)


def _where(condition: NDArray[np.bool_] | pl.Series, text: str) -> pl.Series:
    """Return a text where a condition holds, and no text elsewhere."""
    return pl.select(
        pl.when(pl.Series(condition)).then(pl.lit(text)).otherwise(pl.lit(""))
    ).to_series()


def _tagged(texts: pl.Series, tag: str) -> pl.Series | None:
    """Return texts with tag and length, empty where they are empty."""
    sizes = texts.str.len_bytes().to_numpy()
    low, high = (int(sizes.min()), int(sizes.max())) if len(sizes) else (0, 0)
    if high >= _SHORT:
        return None
    if low == high:
        return f"{tag}{chr(high)}" + texts if high else texts
    whole = pl.concat_str([pl.lit(tag), _ASCII.gather(sizes), texts])
    return pl.select(pl.when(pl.Series(sizes > 0)).then(whole).otherwise(pl.lit(""))).to_series()


def _tagged_lists(texts: pl.Series, tag: str) -> pl.Series | None:
    """Return each part of texts that ``;`` separates with tag and length; few texts differ."""
    fields: dict[str, str] = {}
    for text in texts.unique().to_list():
        names = [name for name in text.split(";") if name]
        if any(len(name.encode()) >= _SHORT for name in names):
            return None
        fields[text] = "".join(f"{tag}{chr(len(name.encode()))}{name}" for name in names)
    return texts.replace_strict(fields, return_dtype=pl.String)


def _numbers(values: pl.Series, shape: str) -> NDArray[Any]:
    """Return numbers as a message holds them, little-endian."""
    if shape == FLOAT:
        return _bits(values).astype("<u4")
    return values.cast(pl.Float64).to_numpy().astype("<f8")


def _bits(values: pl.Series) -> NDArray[np.uint32]:
    """Return 32-bit floats as integers; -0.0 is not 0 there."""
    return values.cast(pl.Float32).to_numpy().view(np.uint32)


def _fill_in(
    buffer: NDArray[np.uint8],
    batch: pl.DataFrame,
    fields: Sequence[Field],
    sizes: Sequence[NDArray[np.int64]],
    bodies: NDArray[np.int64],
) -> None:
    """Overwrite what is not text: floats, and lengths of two bytes."""
    heads = np.where(bodies < _SHORT, 2, 3)
    starts = np.cumsum(heads + bodies) - (heads + bodies)
    long = np.flatnonzero(bodies >= _SHORT)
    buffer[starts[long] + 1] = (bodies[long] & 0x7F) | _SHORT
    buffer[starts[long] + 2] = bodies[long] >> 7
    places = starts + heads
    for field, size in zip(fields, sizes, strict=True):
        if field.shape in WIDTHS:
            here, width = np.flatnonzero(size), WIDTHS[field.shape]
            content = _numbers(batch[field.name], field.shape)[here].view(np.uint8)
            buffer[places[here, None] + np.arange(1, width + 1)] = content.reshape(-1, width)
        places = places + size
