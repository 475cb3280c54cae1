"""A batch as CSV text, to the byte as Python's csv module writes the same values."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import polars.selectors as cs

__all__ = ["as_text", "csv_text", "moments"]

_SMALL = 1e-4
"""Below this Python writes a float with an exponent and polars without."""


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
        cs.float().cast(pl.Float64),
        *[_words(column) for column in batch if column.dtype == pl.Boolean],
        cs.datetime().map_batches(moments, return_dtype=pl.String),
    )
    odd = [
        _python_floats(column) for column in text if column.dtype == pl.Float64 and _is_odd(column)
    ]
    return _written(text.with_columns(odd), header=header)


def _written(text: pl.DataFrame, *, header: bool) -> bytes:
    """Return columns as CSV.

    Looking for what must be quoted afterwards costs less than looking at each field.
    """
    buffer = io.BytesIO()
    text.write_csv(buffer, include_header=header, quote_style="never")
    plain = buffer.getvalue()
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
    commas, ends = (np.count_nonzero(letters == ord(mark)) for mark in ",\n")
    return commas == rows * (width - 1) and ends == rows and b'"' not in text and b"\r" not in text


def as_text(numbers: pl.Series) -> pl.Series:
    """Return floats as Python's ``str`` writes them."""
    return _python_floats(numbers) if _is_odd(numbers) else numbers.cast(pl.String)


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


def _is_odd(numbers: pl.Series) -> bool:
    """Whether polars writes one of these numbers in another way than Python."""
    return bool((((numbers.abs() < _SMALL) & (numbers != 0)) | numbers.is_nan()).any())


def _python_floats(numbers: pl.Series) -> pl.Series:
    """Return floats as Python's ``str`` writes them, where polars would write another text."""
    odd = (((numbers.abs() < _SMALL) & (numbers != 0)) | numbers.is_nan()).arg_true()
    return numbers.cast(pl.String).scatter(odd, [str(numbers[place]) for place in odd])


def moments(moments: pl.Series) -> pl.Series:
    """Return times as ISO 8601: UTC with ``Z`` where the zone is known, else without a suffix."""
    zone = getattr(moments.dtype, "time_zone", None)
    text = (moments.dt.convert_time_zone("UTC") if zone else moments).dt.strftime(
        "%Y-%m-%dT%H:%M:%S%.f"
    )
    return text + "Z" if zone else text
