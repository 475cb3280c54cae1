"""How long each row stands, and with that its start and its power."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.readings import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.meters.account import Account

__all__ = ["Timing"]

_US = 1e6
_VARY = (
    "the steps vary by more than a factor of 100, and long ones count as gaps: where the meter"
    " stores changes only, give holds_until_next true"
)
_LONE = "the only row of its household: nothing says how long it stands (give step_s)"
_FACTOR_BITS = 6.6
"""log₂ of 100."""
_FEWEST_STEPS = 4


class _Steps:
    """How long the steps between readings are, by powers of √2."""

    def __init__(self) -> None:
        self._counts = np.zeros(128, dtype=np.int64)

    def add(self, lags_us: pl.Series) -> None:
        """Count steps [µs]."""
        lags = lags_us.drop_nulls().to_numpy()
        bits = 2 * np.log2(lags[lags > 0])
        self._counts += np.bincount(bits.astype(np.int64), minlength=128)

    @property
    def vary(self) -> bool:
        """Whether the middle four fifths of the steps span more than a factor of 100."""
        total = int(self._counts.sum())
        if total < _FEWEST_STEPS:
            return False
        share = np.cumsum(self._counts) / total
        low, high = np.searchsorted(share, [0.1, 0.9])
        return bool((high - low) / 2 > _FACTOR_BITS)


class Timing:
    """Says of rows that come part by part how long they stand.

    Parameters
    ----------
    account
        Takes rows of which nothing says it.
    ends
        Whether stamps are ends of intervals.
    needs_time
        Whether a row of which nothing says how long it stands cannot be used.
    holds_until_next
        Whether a reading stands until the next one, however long that is.
    """

    def __init__(
        self, account: Account, *, ends: bool, needs_time: bool, holds_until_next: bool
    ) -> None:
        self._account = account
        self._needs_time = needs_time or ends
        self._ends = ends
        self._timeline = Timeline(holds_until_next=holds_until_next)
        self._last = pl.DataFrame()
        self._holds = holds_until_next
        self._steps = _Steps()

    def timed(self, parts: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Yield rows with ``start`` Int64 [µs] and ``stands`` Int64 [µs].

        Parameters
        ----------
        parts
            Rows in time order within each household.
        """
        for part in parts:
            if not part["span"].null_count():  # every row says it itself
                yield _valued(part.with_columns(start="moment", stands="span"))
                continue
            yield from map(_valued, self._finished(self._timeline.add(_for_timeline(part))))
        yield from map(_valued, self._finished(self._timeline.end()))
        if self._steps.vary and not self._holds:
            self._account.adjust(_VARY)

    def _finished(self, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
        if rows.is_empty():
            return
        self._steps.add(rows["lag_us"])
        if self._needs_time:  # nothing says how long the only row of a household stands
            rows = self._account.without(rows, pl.col("stands_us").is_null(), _LONE)
        rows = rows.with_columns(moment=pl.col("moment").to_physical())
        if self._ends:
            yield self._from_ends(rows)
        else:
            yield rows.with_columns(start="moment", stands="stands_us")

    def _from_ends(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows stamped by ends: each stands since the one before, unless over a gap."""
        fresh = rows.with_columns(is_old=pl.lit(value=False))
        both = pl.concat([self._last, fresh]) if self._last.height else fresh
        both = both.sort("household_id", maintain_order=True)
        self._last = both.unique("household_id", keep="last", maintain_order=True).with_columns(
            is_old=pl.lit(value=True)
        )
        same = pl.col("household_id") == pl.col("household_id").shift()
        since = pl.when(same & ~pl.col("is_gap").shift()).then(pl.col("lag_us").shift())
        stands = pl.coalesce(pl.col("span"), since, pl.col("stands_us"))
        timed = both.with_columns(stands=stands).filter(~pl.col("is_old")).drop("is_old")
        return timed.with_columns(start=pl.col("moment") - pl.col("stands"))


def _valued(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows without those that only ended the state before them."""
    if "value0" not in rows.columns or not rows["value0"].null_count():
        return rows
    return rows.filter(pl.col("value0").is_not_null())


def _for_timeline(part: pl.DataFrame) -> pl.DataFrame:
    return part.drop("register", "later").with_columns(
        moment=pl.col("moment").cast(pl.Datetime("us")), interval_s=pl.col("span") / _US
    )
