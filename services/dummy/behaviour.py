"""What the dummy writes, and how it dies."""

from __future__ import annotations

import os
import threading

import polars as pl

__all__ = ["CRASH_EXIT_CODE", "end_process", "hang_forever", "readings"]

CRASH_EXIT_CODE = 70
"""What a dummy that crashes exits with."""


def readings(rows: int) -> pl.DataFrame:
    """Return readings as they would follow a flat meter: one a second, 100 W at 230 V.

    Parameters
    ----------
    rows
        How many.

    Returns
    -------
    polars.DataFrame
        ``timestamp`` (text, UTC), ``household_id`` (``"DUMMY"``), ``power_consumption`` [W],
        ``voltage`` [V], ``current`` [A].
    """
    start = pl.datetime(2025, 1, 1)
    stamps = (start + pl.duration(seconds=pl.int_range(rows))).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return pl.select(timestamp=stamps).with_columns(
        household_id=pl.lit("DUMMY"),
        power_consumption=pl.lit(100.0),
        voltage=pl.lit(230.0),
        current=pl.lit(0.5),
    )


def end_process() -> None:
    """End the process at once, as a segmentation fault would: nothing is answered or written."""
    os._exit(CRASH_EXIT_CODE)


def hang_forever() -> None:
    """Never come back, whoever cancels."""
    threading.Event().wait()
