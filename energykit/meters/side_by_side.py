"""Rows of a table with a column a meter that stay one row a stamp: meters share their stamps.

Where every meter has a value at every stamp, what holds of a stamp holds of each meter's reading:
which moment it is, whether it is in order, how long it stands. So it is found once and not once a
meter. Other rows of such tables are laid one below the other first (`laid_out`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.meters.account import Account
from energykit.meters.double_hour import DoubleHour
from energykit.meters.order import is_in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from energykit.meters.parameters import MeterParameters
    from energykit.meters.places import Places

__all__ = [
    "CELLS",
    "FEWEST_METERS",
    "FEWEST_STAMPS",
    "each_meter",
    "laid_out",
    "meters_beside",
    "together",
    "with_cells",
]

CELLS = "cells"
"""Column of the values of all meters at a stamp, Array of Float64, in the order of the columns."""
FEWEST_METERS = 4
"""With fewer it is not worth it."""
FEWEST_STAMPS = 8
"""With fewer, what is said of a file's steps depends on how many meters there are."""


def with_cells(rows: pl.DataFrame, values: NDArray[np.float64]) -> pl.DataFrame:
    """Return rows, one a stamp, with the values of all meters.

    Parameters
    ----------
    rows
        `energykit.meters.rows.ROW`; the household is blank.
    values
        A row a meter, a column a stamp.
    """
    return rows.with_columns(pl.Series(CELLS, np.ascontiguousarray(values.T)))


def laid_out(rows: pl.DataFrame, meters: Sequence[str]) -> pl.DataFrame:
    """Return rows one below the other, meter by meter, with ``value0``; others as they are."""
    if CELLS not in rows.columns:
        return rows
    cells = rows[CELLS].to_numpy()
    return (
        each_meter(rows.drop(CELLS), meters)
        .with_columns(pl.Series("value0", cells.T.ravel()))
        .select(*rows.drop(CELLS).columns, "value0")
    )


def each_meter(rows: pl.DataFrame, meters: Sequence[str]) -> pl.DataFrame:
    """Return rows once for each meter, meter by meter, with its ``household_id``."""
    stamp = pl.Series(np.tile(np.arange(rows.height, dtype=np.uint32), len(meters)))
    meter = np.repeat(np.arange(len(meters), dtype=np.uint32), rows.height)
    names = pl.Series("household_id", meters, dtype=pl.String).gather(pl.Series(meter))
    return rows[stamp].with_columns(names)


def together(
    frames: Callable[[], Iterator[pl.DataFrame]],
    meters: Sequence[str],
    account: Account,
    zone: str,
    *,
    ends: bool,
) -> Iterator[pl.DataFrame] | None:
    """Return rows, one a stamp, with their moments decided; None where meters must come apart.

    They stay together where every meter has a value at every stamp, and stamps ascend.

    Parameters
    ----------
    frames
        Gives the rows in the order of the file, as often as asked.
    meters
        Households, in the order of the columns.
    account
        Takes what was done, counted by readings.
    zone
        Name of the clock's zone.
    ends
        Whether stamps are ends of intervals.
    """
    said, rows = Account(), 0
    double = DoubleHour(said, zone)
    for frame in frames():
        if CELLS not in frame.columns:
            return None
        double.add(frame, rows, 0)
        rows += frame.height
    double.resolve(ends=ends)
    if rows < FEWEST_STAMPS or said.rows_left_out or not is_in_order(double.applied(frames())):
        return None
    for entry in said.adjustments:
        account.adjust(entry.what, entry.rows * len(meters), entry.first_line)
    return double.applied(frames())


def meters_beside(parameters: MeterParameters, places: Places) -> tuple[str, ...]:
    """Return the households of a table with a column a meter whose rows may stay side by side."""
    names = tuple(places.names[place] for place in places.values)
    is_by_meter = parameters.layout == "wide_by_meter" and places.register is None
    return names if is_by_meter and FEWEST_METERS <= len(names) == len(set(names)) else ()
