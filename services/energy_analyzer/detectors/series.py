"""What detectors remember of each household between batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from services.energy_analyzer.detectors.batch import NO_TIME, grown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.energy_analyzer.detectors.batch import Batch

__all__ = ["Latest", "Marks", "Previous", "Runs", "ValueCounts", "household_and_place", "key_of"]

_ORDINAL_BITS = 40
_PENDING_ROWS = 1 << 17


def key_of(household: NDArray[np.int64] | int, place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one number for a household and a place (from 0, below 2⁴⁰), ascending by both."""
    return (np.asarray(household, np.int64) << _ORDINAL_BITS) + place


def household_and_place(key: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what `key_of` made a key of."""
    return key >> _ORDINAL_BITS, key & ((1 << _ORDINAL_BITS) - 1)


class Previous:
    """The value that the household's reading before had."""

    def __init__(self) -> None:
        self._last = np.empty(0)

    def of(self, batch: Batch, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value of the reading before of the same household, NaN where there is none.

        Parameters
        ----------
        batch
            Follows the batch of the call before.
        values
            Value of each reading.
        """
        self._last = grown(self._last, batch.households, np.nan)
        by_household = batch.grouped(values)
        before = np.empty_like(by_household)
        before[1:] = by_household[:-1]
        before[batch.heads[:-1]] = self._last[batch.present]
        self._last[batch.present] = by_household[batch.heads[1:] - 1]
        return batch.ungrouped(before)


class Latest:
    """The latest time that a household's readings had before."""

    def __init__(self) -> None:
        self._latest = np.empty(0, np.int64)

    def before(self, batch: Batch) -> NDArray[np.int64]:
        """Return the latest time of the household's readings before each, `NO_TIME` for none."""
        self._latest = grown(self._latest, batch.households, NO_TIME)
        times = batch.grouped(batch.time)
        latest = np.empty_like(times)
        latest[1:] = times[:-1]
        heads = batch.heads[:-1]
        latest[heads] = self._latest[batch.present]
        if (latest > times).any():
            for begin, end in zip(batch.heads[:-1].tolist(), batch.heads[1:].tolist(), strict=True):
                latest[begin:end] = np.maximum.accumulate(latest[begin:end])
        last = batch.heads[1:] - 1
        self._latest[batch.present] = np.maximum(latest[last], times[last])
        return batch.ungrouped(latest)


class Marks:
    """Flagged parts of households' series: a small table instead of one bit a reading."""

    def __init__(self) -> None:
        self._found: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self._sorted: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    def add(
        self, household: NDArray[np.int64], begin: NDArray[np.int64], end: NDArray[np.int64]
    ) -> None:
        """Add parts, from ordinal `begin` to before `end`; parts of a household do not overlap."""
        if household.size:
            self._found.append((key_of(household, begin), key_of(household, end)))

    def on(self, household: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each place of a household is in a part; nothing is added after the first call."""
        if self._sorted is None:
            empty = np.empty(0, np.int64)
            begin, end = (
                np.concatenate([empty, *(one[side] for one in self._found)]) for side in (0, 1)
            )
            order = np.argsort(begin)
            self._sorted = begin[order], end[order]
        begin, end = self._sorted
        if not begin.size:
            return np.zeros(place.size, dtype=bool)
        key = key_of(household, place)
        at = np.searchsorted(begin, key, side="right") - 1
        return np.asarray((at >= 0) & (key < end[at]))


class Runs:
    """Finds unbroken runs of readings, of a least length.

    Parameters
    ----------
    least
        Fewest readings of a run.
    lead
        Readings before a run that belong to it.
    """

    def __init__(self, least: int, *, lead: int = 0) -> None:
        self._least = least
        self._lead = lead
        self._begin = np.zeros(0, np.int64)
        self._length = np.zeros(0, np.int64)
        self._marks: Marks | None = Marks()
        self._closed = Marks()

    def add(self, batch: Batch, holds: NDArray[np.bool_]) -> None:
        """Go on with a batch; `holds` says of each reading whether it continues a run."""
        self._begin = grown(self._begin, batch.households, 0)
        self._length = grown(self._length, batch.households, 0)
        held, ordinal, household = (
            batch.grouped(holds),
            batch.grouped(batch.ordinal),
            batch.grouped(batch.household),
        )
        heads, tails = batch.heads[:-1], batch.heads[1:] - 1
        place = np.arange(held.size)
        broken = np.maximum.accumulate(np.where(held, -1, place)) if held.size else place
        is_here = broken >= np.repeat(heads, np.diff(batch.heads))
        begin = np.where(is_here, ordinal[broken] + 1, self._begin[household])
        before = np.empty_like(begin)
        before[1:] = begin[:-1]
        before[heads] = self._begin[batch.present]
        closed = ~held & (ordinal - before >= self._least)
        self._closed.add(household[closed], before[closed] - self._lead, ordinal[closed])
        self._begin[batch.present] = begin[tails]
        self._length[batch.present] = ordinal[tails] + 1

    def on(self, batch: Batch) -> NDArray[np.bool_]:
        """Whether each reading is in a run; the first call closes runs that are still open."""
        if self._marks is not None:
            open_ = np.flatnonzero(self._length - self._begin >= self._least)
            self._closed.add(open_, self._begin[open_] - self._lead, self._length[open_])
            self._marks = None
        return self._closed.on(batch.household, batch.ordinal)


class ValueCounts:
    """How often each household has each whole number."""

    def __init__(self) -> None:
        self._counts = pl.DataFrame(
            schema={"household": pl.Int64, "value": pl.Int64, "rows": pl.UInt64}
        )
        self._pending: list[pl.DataFrame] = []
        self._rows = 0

    def add(self, household: NDArray[np.int64], values: NDArray[np.int64]) -> None:
        """Count one value for each household given."""
        part = (
            pl.DataFrame({"household": household, "value": values})
            .group_by("household", "value")
            .len("rows")
        )
        self._pending.append(part.with_columns(pl.col("rows").cast(pl.UInt64)))
        self._rows += part.height
        if self._rows > max(_PENDING_ROWS, self._counts.height):
            self.counts()

    def counts(self) -> pl.DataFrame:
        """Return ``household``, ``value`` Int64, ``rows`` UInt64, sorted."""
        if self._pending:
            every = pl.concat([self._counts, *self._pending])
            self._counts = (
                every.group_by("household", "value")
                .agg(pl.col("rows").sum())
                .sort("household", "value")
            )
            self._pending, self._rows = [], 0
        return self._counts
