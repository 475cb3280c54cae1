"""The rule of intervals over readings that come batch by batch, in bounded memory.

A few readings of each household wait until enough of those after them are known; where the batches
end changes no result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.readings.interval import NEIGHBOURS, NOT_SAID, find_gaps, resolve

if TYPE_CHECKING:
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
    """

    def __init__(self, *, holds_until_next: bool = False) -> None:
        self._holds = holds_until_next
        self._waiting: pl.DataFrame | None = None
        self._kept_rows = 0
        self.out_of_order = 0
        """Readings so far that are earlier than the one before of their household. Unless it is 0,
        what was returned is wrong: put the readings in time order and start again.
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
            return _none_finished(rows)
        return self._resolve(is_end=False)

    def end(self) -> pl.DataFrame:
        """Return the readings that are left; nothing more may be added."""
        if self._waiting is None:
            return pl.DataFrame()
        is_empty = self._waiting.is_empty()
        return _none_finished(self._waiting) if is_empty else self._resolve(is_end=True)

    def _resolve(self, *, is_end: bool) -> pl.DataFrame:
        assert self._waiting is not None, "rows were added"  # noqa: S101
        rows, bounds = _by_household(self._waiting)
        lag = _lags(rows, bounds)
        is_new = rows[_STATE].to_numpy() == _NEW
        self.out_of_order += int((is_new[1:] & (lag[:-1] < 0) & (lag[:-1] != NOT_SAID)).sum())
        replaced = np.flatnonzero(lag == 0)
        if replaced.size:
            twice, rows = rows[replaced], rows[np.flatnonzero(lag != 0)]
            bounds = bounds - np.searchsorted(replaced, bounds)
            lag = lag[lag != 0]
        said = rows[_STEP].fill_null(NOT_SAID).to_numpy()
        gap = find_gaps(lag, bounds, said, holds_until_next=self._holds)
        stands = resolve(lag, bounds, said, gap, holds_until_next=self._holds)
        done = self._take(rows, bounds, lag, said, gap, stands, is_end=is_end)
        if not replaced.size:
            return done
        zeros = np.zeros(twice.height, np.int64)
        return pl.concat([_finished(twice, np.arange(twice.height), zeros, zeros, zeros > 0), done])

    def _take(
        self,
        rows: pl.DataFrame,
        bounds: NDArray[np.int64],
        lag: NDArray[np.int64],
        said: NDArray[np.int64],
        gap: NDArray[np.bool_],
        stands: NDArray[np.int64],
        *,
        is_end: bool,
    ) -> pl.DataFrame:
        """Return the readings that are known now, and keep what the later ones need."""
        place, length = np.arange(lag.size), np.diff(bounds)
        left = np.repeat(bounds[1:], length) - place
        was_done = rows[_STATE].to_numpy() == _DONE
        is_known = is_end | ((left > NEIGHBOURS + 1) & (stands != NOT_SAID))
        ready = np.flatnonzero(is_known & ~was_done)
        is_open = ~is_known & ~was_done
        first_open = np.minimum.reduceat(np.where(is_open, place, lag.size), bounds[:-1])
        kept = np.flatnonzero(place >= np.repeat(first_open, length) - NEIGHBOURS)
        step = np.where(gap & (said == NOT_SAID), stands, np.where(said != NOT_SAID, said, lag))
        later = rows[kept].with_columns(
            pl.Series(_STATE, np.where(is_open[kept], _SEEN, _DONE).astype(np.int8)),
            pl.when(pl.Series(is_open[kept]))
            .then(pl.col(_STEP))
            .otherwise(pl.Series(step[kept]))
            .alias(_STEP),
        )
        self._waiting, self._kept_rows = later, later.height
        return _finished(rows, ready, lag[ready], stands[ready], gap[ready])


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


def _finished(
    rows: pl.DataFrame,
    at: NDArray[np.int64],
    lag: NDArray[np.int64],
    stands: NDArray[np.int64],
    gap: NDArray[np.bool_],
) -> pl.DataFrame:
    """Return some of the rows with what the rule says of them."""
    return (
        rows[at]
        .drop(_STEP, _STATE)
        .with_columns(
            pl.Series("lag_us", lag).replace(NOT_SAID, None),
            pl.Series("stands_us", stands).replace(NOT_SAID, None),
            pl.Series("is_gap", gap),
        )
    )


def _none_finished(rows: pl.DataFrame) -> pl.DataFrame:
    """Return none of the rows, in the columns of those that are finished."""
    whole = np.empty(0, np.int64)
    return _finished(rows.clear(), whole, whole, whole, whole > 0)
