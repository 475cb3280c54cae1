"""Floats as Python's ``str`` writes them: by a table where few numbers are many, else by polars.

A meter counts in whole watts, and a power factor has three decimals: a few thousand numbers make
up the millions of a file. Their texts are kept, and a column whose every number is among them is a
look-up, in a third of the time that formatting takes.
"""

from __future__ import annotations

import functools

import numpy as np
import polars as pl

__all__ = ["known_texts", "number_texts", "odd_texts"]

_SMALL = 1e-4
"""Below this Python writes a float with an exponent and polars without."""
_WHOLE = 1 << 14
"""Whole numbers from 0 that the table has."""
_THOUSANDTHS = 2000
"""Thousandths from 0 that the table has."""


def number_texts(numbers: pl.Series) -> pl.Series:
    """Return floats as text: the shortest, of 32-bit floats that of the widened; null stays null.

    Parameters
    ----------
    numbers
        Float32 or Float64.
    """
    known = known_texts(numbers)
    if known is not None:
        return known
    wide = numbers.cast(pl.Float64)
    odd = odd_texts(wide)
    return wide.cast(pl.String) if odd is None else odd


def odd_texts(numbers: pl.Series) -> pl.Series | None:
    """Return the texts of numbers, None where polars writes each of them as Python does.

    Parameters
    ----------
    numbers
        Float64.
    """
    small = (numbers.abs() < _SMALL) & (numbers != 0)
    odd = (small | numbers.is_nan()).arg_true()
    if not len(odd):
        return None
    return numbers.cast(pl.String).scatter(odd, [str(numbers[place]) for place in odd])


def known_texts(numbers: pl.Series) -> pl.Series | None:
    """Return the texts of numbers that the table has, None where it lacks one of them.

    Parameters
    ----------
    numbers
        Float32 or Float64.
    """
    if not len(numbers) or numbers.null_count():
        return None
    values = numbers.to_numpy()
    steps = 1000 if abs(values[0]) * 1000 < _THOUSANDTHS else 1
    table, texts = _table(steps, is_single=numbers.dtype == pl.Float32)
    with np.errstate(invalid="ignore", over="ignore"):  # what is not a number is in no table
        places = np.rint(values * steps).clip(0, len(table) - 1).astype(np.uint32)
    is_known = table.take(places, mode="clip") == values
    if not is_known.all() or np.signbit(values).any():
        return None
    return texts.gather(pl.Series(places)).alias(numbers.name)


@functools.cache
def _table(steps: int, *, is_single: bool) -> tuple[np.ndarray, pl.Series]:
    """Return numbers in even steps, and their texts."""
    count = _WHOLE if steps == 1 else _THOUSANDTHS
    numbers = (np.arange(count) / steps).astype(np.float32 if is_single else np.float64)
    texts = [str(number) for number in numbers.astype(np.float64).tolist()]
    return numbers, pl.Series(texts, dtype=pl.String)
