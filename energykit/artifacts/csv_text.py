"""A batch as CSV text, to the byte as Python's csv module writes the same values."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import polars.selectors as cs

from energykit.artifacts.number_text import known_texts, odd_texts

__all__ = ["csv_text", "moments"]


def csv_text(batch: pl.DataFrame, *, header: bool) -> bytes:
    """Return a batch as CSV: LF, shortest floats, ``True``/``False``, nothing for null.

    32-bit floats are widened.

    Parameters
    ----------
    batch
        Any columns of text, numbers, booleans, dates and times.
    header
        Whether the columns' names come first.
    """
    text = batch.with_columns(
        *[_numbers(column) for column in batch if column.dtype.is_float()],
        *[_words(column) for column in batch if column.dtype == pl.Boolean],
        cs.datetime().map_batches(moments, return_dtype=pl.String),
    )
    return _written(text, header=header)


def _written(text: pl.DataFrame, *, header: bool) -> bytes:
    """Return columns as CSV.

    Looking for what must be quoted afterwards costs less than looking at each field.
    """
    buffer = io.BytesIO()
    text.write_csv(buffer, include_header=header, quote_style="never")
    plain = buffer.getvalue()  # the buffer itself, not a copy
    if text.width > 1 and _is_plain(plain, text.height + header, text.width):
        return plain
    return text.with_columns(_no_blanks(text)).write_csv(include_header=header).encode()


def _is_plain(text: bytes, rows: int, width: int) -> bool:
    """Whether no field holds what must be quoted: a comma, a quote or a line end."""
    letters = np.frombuffer(text, dtype=np.uint8)
    if (
        np.count_nonzero(letters <= ord(",")) == rows * width
    ):  # separators alone: all of the four are up to the comma
        return True
    commas, ends, quotes, returns = (np.count_nonzero(letters == ord(mark)) for mark in ',\n"\r')
    return bool(commas == rows * (width - 1) and ends == rows and not quotes and not returns)


def _numbers(numbers: pl.Series) -> pl.Series:
    """Return floats as text where polars would write another one, or only later."""
    known = known_texts(numbers)
    if known is not None:
        return known
    wide = numbers.cast(pl.Float64)
    odd = odd_texts(wide)
    return wide if odd is None else odd


def _words(flags: pl.Series) -> pl.Series:
    """Return flags as Python writes them."""
    words = pl.when(flags).then(pl.lit("True")).when(flags.not_()).then(pl.lit("False"))
    return pl.select(words.alias(flags.name)).to_series()


def _no_blanks(text: pl.DataFrame) -> list[pl.Series]:
    """Return the text columns that hold empty text, with null instead.

    Python's csv module does not quote empty text.
    """
    return [
        column.replace("", None)
        for column in text
        if column.dtype == pl.String and (column == "").any()
    ]


def moments(moments: pl.Series) -> pl.Series:
    """Return times as ISO 8601: UTC with ``Z`` where the zone is known, else without a suffix."""
    zone = getattr(moments.dtype, "time_zone", None)
    text = (moments.dt.convert_time_zone("UTC") if zone else moments).dt.strftime(
        "%Y-%m-%dT%H:%M:%S%.f"
    )
    return text + "Z" if zone else text
