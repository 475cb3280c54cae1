"""Rows of a day each, which stay whole until it is known which readings they are.

A file that has a record a day says once a day what else is said of each reading: whose it is, which
register, whether it is in order, how long its intervals are. So days are put in order and their
registers added up as rows of numbers. Days that are there twice, and households whose days have
intervals of several lengths, are laid out interval by interval first (`laid_out_days`).
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.meters.store import parted
from energykit.meters.survey import PIECE_ROWS, SERIES, Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from energykit.meters.account import Account

__all__ = ["DAY", "intervals_in", "laid_out_days", "registers_added"]

DAY = "day"
"""Column of the values of a day's intervals, Array of Float64, NaN where there is none; the moment
is that of the first, the span that of each.
"""
_KEY = ["household_id", "moment"]


def intervals_in(rows: pl.DataFrame) -> int:
    """Return how many rows there are once days are laid out."""
    return int(np.isfinite(rows[DAY].to_numpy()).sum()) if DAY in rows.columns else rows.height


def laid_out_days(rows: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each interval that has a value, ``value0``; other rows as they are."""
    if DAY not in rows.columns:
        return rows
    days = rows[DAY].to_numpy()
    return _laid_out(rows.drop(DAY), np.isfinite(days), {"value0": days})


def registers_added(
    frames: Callable[[], Iterator[pl.DataFrame]], account: Account
) -> Iterator[pl.DataFrame] | None:
    """Return a row a household and interval, in time order; None where days must be laid out.

    Parameters
    ----------
    frames
        Gives the rows in the order of the files, as often as asked.
    account
        Takes what had to be done.
    """
    days = []
    for frame in frames():
        if DAY not in frame.columns:
            return None
        width = pl.lit(frame[DAY].dtype.size).alias("width")  # type: ignore[attr-defined]
        days.append(frame.select("line", *SERIES, "moment", width))
    every = pl.concat(days)
    households = every.group_by("household_id", maintain_order=True).agg(
        pl.len().alias("days"), pl.col("width").min(), pl.col("width").max().alias("widest")
    )
    survey = Survey()
    survey.add(every)
    if not households["width"].equals(households["widest"]):
        return None
    if not survey.is_in_order and every.select(*SERIES, "moment").is_duplicated().any():
        return None
    survey.say(account)
    return _added(frames(), _pieces(households))


def _pieces(households: pl.DataFrame) -> dict[str, int]:
    """Return which piece each household is in: about as many intervals, all of one length."""
    ordered = households.sort("width", maintain_order=True).with_columns(
        number=(pl.col("days") * pl.col("width")).cum_sum().over("width") // PIECE_ROWS
    )
    starts = ordered.select(
        pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in ("width", "number"))
        .fill_null(value=False)
        .cum_sum()
    ).to_series()
    return dict(zip(ordered["household_id"], starts, strict=True))


def _added(frames: Iterator[pl.DataFrame], pieces: Mapping[str, int]) -> Iterator[pl.DataFrame]:
    """Yield the readings of each piece, household by household."""

    def piece_of(frame: pl.DataFrame) -> pl.Series:
        return frame["household_id"].replace_strict(pieces)

    for days in parted(frames, piece_of, max(pieces.values()) + 1):
        yield from _readings(days.sort(_KEY, maintain_order=True))


def _readings(days: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the readings of sorted days: the registers of one become one row."""
    is_same = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in _KEY)
    first = np.flatnonzero(~days.select(is_same.fill_null(value=False)).to_series().to_numpy())
    most = max(1, PIECE_ROWS // days[DAY].dtype.size)  # type: ignore[attr-defined]
    bounds = [*first[::most], days.height]
    for begin, end in itertools.pairwise(bounds):
        starts = first[np.searchsorted(first, begin) : np.searchsorted(first, end)] - begin
        yield _sums(days.slice(begin, end - begin), starts)


def _sums(days: pl.DataFrame, starts: NDArray[np.int64]) -> pl.DataFrame:
    """Return the readings of days, the registers of each of which begin at a row."""
    values = days[DAY].to_numpy()
    is_there = np.isfinite(values)
    registers = np.diff(starts, append=days.height)
    day = np.repeat(np.arange(starts.size), registers)
    nth = np.arange(days.height) - starts[day]
    shape = (starts.size, values.shape[1])
    total, fed_in, is_any = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool)
    for number in range(int(registers.max())):
        here = nth == number
        at, there = day[here], is_there[here]
        each = np.where(there, values[here], 0.0)
        total[at] += each
        fed_in[at] -= np.minimum(each, 0.0)
        is_any[at] |= there
    return _laid_out(days.drop(DAY)[starts], is_any, {"value0": total, "fed_in": fed_in})


def _laid_out(
    rows: pl.DataFrame, is_there: NDArray[np.bool_], values: Mapping[str, NDArray[np.float64]]
) -> pl.DataFrame:
    """Return a row for each interval that is there."""
    height, width = is_there.shape
    if is_there.all():
        day, interval = np.repeat(np.arange(height), width), np.tile(np.arange(width), height)
        flat = {name: each.ravel() for name, each in values.items()}
    else:
        day, interval = np.nonzero(is_there)
        flat = {name: each[is_there] for name, each in values.items()}
    moment = rows["moment"].to_numpy()[day] + rows["span"].to_numpy()[day] * interval
    columns = {name: pl.Series(name, each) for name, each in flat.items()}
    return rows[day].with_columns(pl.Series("moment", moment), **columns)
