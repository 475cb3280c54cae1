"""A batch as CSV text, to the byte as Python's csv module writes the same values."""

from __future__ import annotations

import polars as pl
import polars.selectors as cs

__all__ = ["as_text", "csv_text", "moments"]

_SMALL = 1e-4
"""Below this Python writes a float with an exponent and polars without."""


def csv_text(batch: pl.DataFrame, *, header: bool) -> bytes:
    """Return a batch as CSV: LF, shortest floats, 32-bit floats widened, ``True``/``False``, nothing for null.

    Parameters
    ----------
    batch
        Any columns of text, numbers, booleans, dates and times.
    header
        Whether the columns' names come first.
    """
    text = batch.with_columns(
        cs.float().cast(pl.Float64),
        cs.boolean().replace_strict({True: "True", False: "False"}, return_dtype=pl.String),
        cs.datetime().map_batches(moments, return_dtype=pl.String),
    )
    odd = [_python_floats(column) for column in text if column.dtype == pl.Float64 and _is_odd(column)]
    text = text.with_columns(odd)
    return text.with_columns(_no_blanks(text)).write_csv(include_header=header).encode()


def as_text(numbers: pl.Series) -> pl.Series:
    """Return floats as Python's ``str`` writes them."""
    return _python_floats(numbers) if _is_odd(numbers) else numbers.cast(pl.String)


def _no_blanks(text: pl.DataFrame) -> list[pl.Series]:
    """Return the text columns that hold empty text, with null instead: Python's csv module does not quote it."""
    return [column.replace("", None) for column in text if column.dtype == pl.String and (column == "").any()]


def _is_odd(numbers: pl.Series) -> bool:
    """Whether polars writes one of these numbers in another way than Python."""
    return bool((((numbers.abs() < _SMALL) & (numbers != 0)) | numbers.is_nan()).any())


def _python_floats(numbers: pl.Series) -> pl.Series:
    """Return floats as Python's ``str`` writes them, where polars would write them in another way."""
    odd = (((numbers.abs() < _SMALL) & (numbers != 0)) | numbers.is_nan()).arg_true()
    return numbers.cast(pl.String).scatter(odd, [str(numbers[place]) for place in odd])


def moments(moments: pl.Series) -> pl.Series:
    """Return times as ISO 8601: UTC with ``Z`` where the zone is known, no suffix where it is not."""
    zone = getattr(moments.dtype, "time_zone", None)
    text = (moments.dt.convert_time_zone("UTC") if zone else moments).dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
    return text + "Z" if zone else text
