"""The rule of intervals over readings that come batch by batch, in bounded memory.

A few readings of each household wait until enough of those after them are known; where the batches
end changes no result.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.readings.interval import GAP_STEPS, NEIGHBOURS, NOT_SAID, find_gaps, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Timeline"]

_STEP, _STATE = "\0step", "\0state"
_NEW, _SEEN, _DONE = 0, 1, 2


class Timeline:
    """Says of each reading how long it stands, batch by batch.

    Parameters
    ----------
    holds_until_next
        Whether a reading stands until the next one whatever lies between.
    gap_steps
        How many times as long as its neighbours a time must be to be a gap [1].
    """

    def __init__(self, *, holds_until_next: bool = False, gap_steps: float = GAP_STEPS) -> None:
        self._find = partial(find_gaps, holds_until_next=holds_until_next, gap_steps=gap_steps)
        self._holds = holds_until_next
        self._waiting: pl.DataFrame | None = None
        self._kept_rows = 0
        self.out_of_order: dict[str, int] = {}
        """Readings so far that are earlier than the one before of their household, by household.
        Unless it is empty, what was returned is wrong: sort the readings and start again.
        """

    def add(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Return the readings of which it is known now how long they stand.

        Parameters
        ----------
        batch
            ``household_id`` String; ``moment`` Datetime[µs], in time order within each household
            over all batches; perhaps ``interval_s`` Float64 [s], null where a reading does not say
            it; any further columns.

        Returns
        -------
        pl.DataFrame
            The same columns, and ``lag_us`` Int64: time to the next reading, null for the last of a
            household; ``stands_us`` Int64, null for a lone reading that does not say it; ``is_gap``
            Boolean: whether a gap follows. A reading that a later one with the same timestamp
            replaces has lag and time 0.
        """
        rows = _prepared(batch)
        if self._waiting is not None:
            rows = pl.concat([self._waiting, rows])
        self._waiting = rows
        if rows.height - self._kept_rows < max(1, self._kept_rows):
            return _replaced(rows.clear())
        return self._resolve(is_end=False)

    def end(self) -> pl.DataFrame:
        """Return the readings that are left; nothing more may be added."""
        if self._waiting is None:
            return pl.DataFrame()
        is_empty = self._waiting.is_empty()
        return _replaced(self._waiting) if is_empty else self._resolve(is_end=True)

    def _resolve(self, *, is_end: bool) -> pl.DataFrame:
        assert self._waiting is not None, "rows were added"
        rows, bounds = _by_household(self._waiting)
        lag = _lags(rows, bounds)
        is_new = rows[_STATE].to_numpy() == _NEW
        is_earlier = np.flatnonzero(is_new[1:] & (lag[:-1] < 0) & (lag[:-1] != NOT_SAID)) + 1
        for name in rows["household_id"].gather(is_earlier).to_list():
            self.out_of_order[name] = self.out_of_order.get(name, 0) + 1
        replaced = np.flatnonzero(lag == 0)
        if not replaced.size:
            return self._take(
                _Part(rows, bounds, lag, find=self._find, holds=self._holds), is_end=is_end
            )
        counts = lag != 0
        bounds = bounds - np.searchsorted(replaced, bounds)
        part = _Part(rows.filter(counts), bounds, lag[counts], find=self._find, holds=self._holds)
        return pl.concat([_replaced(rows[replaced]), self._take(part, is_end=is_end)])

    def _take(self, part: _Part, *, is_end: bool) -> pl.DataFrame:
        """Return the readings that are known now, and keep what the later ones need."""
        was_done = part.rows[_STATE].to_numpy() == _DONE
        has_neighbours = part.left > NEIGHBOURS + 1
        is_known = is_end | (has_neighbours & (part.stands != NOT_SAID))
        self._keep(part, ~is_known & ~was_done)
        return part.finished(np.flatnonzero(is_known & ~was_done))

    def _keep(self, part: _Part, is_open: NDArray[np.bool_]) -> None:
        """Keep the readings that are open, and as many before them as have a say in them."""
        places = np.where(is_open, part.place, part.place.size)
        first_open = np.minimum.reduceat(places, part.bounds[:-1])
        kept = np.flatnonzero(part.place >= np.repeat(first_open, part.length) - NEIGHBOURS)
        open_ = pl.Series(is_open[kept])
        self._waiting = _rows_at(part.rows, kept).with_columns(
            pl.when(open_).then(_SEEN).otherwise(_DONE).cast(pl.Int8).alias(_STATE),
            pl.when(open_).then(pl.col(_STEP)).otherwise(pl.Series(part.step[kept])).alias(_STEP),
        )
        self._kept_rows = kept.size


class _Part:
    """Readings household by household, each timestamp once, and what the rule says of them.

    Parameters
    ----------
    rows
        The readings.
    bounds
        Where each household begins; one more for the end.
    lag
        Time to the next reading of the same household [µs].
    find
        Says which of the times are gaps; see `find_gaps`.
    holds
        Whether a reading stands until the next one whatever lies between.
    """

    def __init__(
        self,
        rows: pl.DataFrame,
        bounds: NDArray[np.int64],
        lag: NDArray[np.int64],
        *,
        find: Callable[..., NDArray[np.bool_]],
        holds: bool,
    ) -> None:
        self.rows, self.bounds, self.lag = rows, bounds, lag
        self.length = np.diff(bounds)
        self.place = np.arange(lag.size)
        self.left = np.repeat(bounds[1:], self.length) - self.place
        said = rows[_STEP].fill_null(NOT_SAID).to_numpy()
        self.gap = find(lag, bounds, said)
        self.stands = resolve(lag, bounds, said, self.gap, holds_until_next=holds)
        is_said = said != NOT_SAID
        self.step = np.where(is_said, said, np.where(self.gap, self.stands, lag))

    def finished(self, at: NDArray[np.int64]) -> pl.DataFrame:
        """Return some of the readings with what the rule says of them."""
        return (
            _rows_at(self.rows, at)
            .drop(_STEP, _STATE)
            .with_columns(
                pl.Series("lag_us", self.lag[at]).replace(NOT_SAID, None),
                pl.Series("stands_us", self.stands[at]).replace(NOT_SAID, None),
                pl.Series("is_gap", self.gap[at]),
            )
        )


def _rows_at(rows: pl.DataFrame, at: NDArray[np.int64]) -> pl.DataFrame:
    """Return rows at ascending places; those that follow one another are not copied."""
    if at.size and at[-1] - at[0] + 1 == at.size:
        return rows.slice(int(at[0]), at.size)
    return rows[at]


def _replaced(rows: pl.DataFrame) -> pl.DataFrame:
    """Return readings that later ones with the same timestamp replace: they stand for no time."""
    nothing = pl.lit(0, dtype=pl.Int64)
    return rows.drop(_STEP, _STATE).with_columns(
        nothing.alias("lag_us"), nothing.alias("stands_us"), pl.lit(value=False).alias("is_gap")
    )


def _prepared(batch: pl.DataFrame) -> pl.DataFrame:
    """Return a batch with what the readings say themselves, in microseconds."""
    said = (
        (pl.col("interval_s") * 1e6).round().cast(pl.Int64)
        if "interval_s" in batch.columns
        else pl.lit(None, dtype=pl.Int64)
    )
    return batch.with_columns(said.alias(_STEP), pl.lit(_NEW, dtype=pl.Int8).alias(_STATE))


def _by_household(rows: pl.DataFrame) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Return rows household by household, each in the order of the rows, and where each begins."""
    names = rows["household_id"]
    if len(names) and (names == names[0]).all():
        return rows, np.array([0, rows.height], dtype=np.int64)
    changes = np.flatnonzero((names != names.shift()).fill_null(value=False).to_numpy())
    if changes.size + 1 > names.n_unique():
        rows = rows.sort("household_id", maintain_order=True)
        names = rows["household_id"]
        changes = np.flatnonzero((names != names.shift()).fill_null(value=False).to_numpy())
    return rows, np.concatenate([[0], changes, [rows.height]]).astype(np.int64)


def _lags(rows: pl.DataFrame, bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the time to the next reading of the same household [µs], `NOT_SAID` for the last."""
    time = rows["moment"].cast(pl.Datetime("us")).to_physical().to_numpy()
    lag = np.full(time.size, NOT_SAID)
    lag[:-1] = np.diff(time)
    lag[bounds[1:] - 1] = NOT_SAID
    return lag
