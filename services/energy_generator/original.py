"""The original generator: a few made-up readings, the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["original_readings"]

_BATCH_ROWS = 1 << 16
_HOUSEHOLDS = 3
_START = np.datetime64("2025-01-01T00:00:00", "s")


def original_readings(rows: int = 10) -> Iterator[pl.DataFrame]:
    """Return the readings that the original service writes, in batches.

    Reading i has the timestamp 2025-01-01T00:00:00Z + i s, household ``HH-{i % 3}``, power 120.5 +
    i, voltage 230 and current 5.1 + 0.1·i: the quantities are formulas of the original, not a
    household's.

    Parameters
    ----------
    rows
        How many readings.

    Returns
    -------
    iterator of pl.DataFrame
        ``timestamp``, ``household_id`` String; ``power_consumption`` [W], ``voltage`` [V],
        ``current`` [A] Float64.

    Raises
    ------
    ParameterError
        `rows` is negative.
    """
    if rows < 0:
        raise ParameterError.refuse("rows", rows, "a whole number from 0")
    starts = range(0, max(rows, 1), _BATCH_ROWS)
    return (_readings(np.arange(first, min(first + _BATCH_ROWS, rows))) for first in starts)


def _readings(number: np.ndarray) -> pl.DataFrame:
    """Return the readings of these numbers."""
    stamps = np.datetime_as_string(_START + number.astype("timedelta64[s]"), unit="s")
    return pl.DataFrame(
        {
            "timestamp": pl.Series([f"{stamp}Z" for stamp in stamps], dtype=pl.String),
            "household_id": pl.Series([f"HH-{i % _HOUSEHOLDS}" for i in number], dtype=pl.String),
            "power_consumption": 120.5 + number,
            "voltage": np.full(len(number), 230.0),
            "current": 5.1 + number * 0.1,
        }
    )
