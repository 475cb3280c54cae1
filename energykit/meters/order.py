"""Rows in time order, each once: another order is sorted, what is stored twice is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.errors import ArtifactError
from energykit.meters.store import parted
from energykit.meters.survey import SERIES, Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from energykit.meters.account import Account

__all__ = ["ANOTHER_VALUE", "USED_ONCE", "in_order", "is_in_order"]

ANOTHER_VALUE = "a second, different value for one household and time: the first is used"
USED_ONCE = "rows are there twice: used once"
"""What is said of rows with the household and the time of others."""

_BESIDE = 4
"""Lines between rows of one time that were written together, not stored twice."""
_NEGLIGIBLE = 1e-6
"""Difference between a sum and what a file states as the sum, relative."""


def in_order(
    frames: Callable[[], Iterator[pl.DataFrame]],
    account: Account,
    *,
    must_sort: bool = False,
    is_one_file: bool = False,
) -> Iterator[pl.DataFrame]:
    """Yield rows so that those of each household ascend, and each is there once.

    Parameters
    ----------
    frames
        Gives the rows in the order of the file, as often as asked.
    account
        Takes what had to be done.
    must_sort
        Whether rows of one moment must come together, also where they are in order.
    is_one_file
        Whether lines that follow each other are of one file.

    Raises
    ------
    ArtifactError
        Most rows share their moment with others: something tells them apart that was not named.
    """
    survey = Survey()
    for frame in frames():
        survey.add(frame)
    survey.say(account)
    if survey.is_in_order and not must_sort:
        yield from frames()
        return
    totals = _Conflicts(account, is_one_file=is_one_file)
    for piece in _pieces(frames(), survey.edges()):
        yield totals.without_repeats(piece.sort([*SERIES, "moment"], maintain_order=True))
    totals.say()


def is_in_order(frames: Iterator[pl.DataFrame]) -> bool:
    """Whether the rows of each household ascend, and each is there once."""
    survey = Survey()
    for frame in frames:
        survey.add(frame)
    return survey.is_in_order


def _pieces(frames: Iterator[pl.DataFrame], edges: NDArray[np.int64]) -> Iterator[pl.DataFrame]:
    """Yield the rows of each span of time, of equal moments the file's first one first."""

    def span_of(frame: pl.DataFrame) -> pl.Series:
        return pl.Series(np.searchsorted(edges[1:-1], frame["moment"].to_numpy(), "right"))

    return parted(frames, span_of, len(edges) - 1)


class _Conflicts:
    """Drops rows of a moment that is there already, and says how they differ from the first."""

    def __init__(self, account: Account, *, is_one_file: bool) -> None:
        self._account = account
        self._is_one_file = is_one_file
        self._beside = self._first_beside = 0
        self._sums: dict[str, float] = {}
        self._others = pl.DataFrame()
        self._kept = 0

    def without_repeats(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return sorted rows without those of a moment that is there already."""
        keys = pl.all_horizontal(
            pl.col(name) == pl.col(name).shift() for name in [*SERIES, "moment"]
        )
        is_repeat = rows.select(keys.fill_null(value=False)).to_series()
        if not is_repeat.any():
            self._add_up(rows)
            return rows
        kept = rows.filter(~is_repeat)
        self._add_up(kept)
        self._look_beside(rows["line"].diff().filter(is_repeat), rows["line"].filter(is_repeat))
        repeats = rows.filter(is_repeat)
        first = kept.select(*SERIES, "moment", pl.col("value0").alias("first"))
        repeats = repeats.join(first, on=[*SERIES, "moment"], how="left")
        is_same = repeats["value0"].eq_missing(repeats["first"])
        self._account_same(repeats.filter(is_same))
        self._others = pl.concat([self._others, repeats.filter(~is_same)], how="diagonal")
        return kept

    def _look_beside(self, lags: pl.Series, lines: pl.Series) -> None:
        """Count repeats that are written behind the row of their moment, not elsewhere."""
        beside = lines.filter(lags.is_between(1, _BESIDE))
        if beside.len():
            self._first_beside = self._first_beside or int(beside.min())  # type: ignore[arg-type]
            self._beside += beside.len()

    def _refuse_most(self) -> None:
        """Refuse rows of which most share their moment with others that were written with them."""
        others = self._others.height
        beside = self._beside if self._is_one_file else 0
        if others > self._kept or min(others, beside) >= self._kept > 1:
            self._refuse(others, "have a second, different value for", self._others["line"].min())
        if beside > self._kept:
            self._refuse(beside, "are beside others of", self._first_beside)

    def _refuse(self, rows: int, why: str, line: object) -> None:
        total = self._account.rows_in - self._account.rows_left_out
        raise ArtifactError(
            f"{rows:,} of {total:,} rows {why} one household and time, the first in line {line}",
            hint="name what tells them apart: the column of the time of day, household_id or"
            " register; `energykit look FILE` proposes it",
        )

    def _add_up(self, rows: pl.DataFrame) -> None:
        self._kept += rows.height
        for name, total in rows.group_by("household_id").agg(pl.col("value0").sum()).iter_rows():
            self._sums[name] = self._sums.get(name, 0.0) + total

    def _account_same(self, rows: pl.DataFrame) -> None:
        if rows.height:
            line = int(rows["line"].min())  # type: ignore[arg-type]
            self._account.adjust(USED_ONCE, rows.height, line)

    def say(self) -> None:
        """Say which rows had another value than the first of their moment.

        Raises
        ------
        ArtifactError
            Most rows have.
        """
        self._refuse_most()
        for row in (
            self._others.sort("line").head(1000).iter_rows(named=True)
            if self._others.height
            else ()
        ):
            total = self._sums[row["household_id"]]
            if abs(total - row["value0"]) <= _NEGLIGIBLE * abs(total):
                why = "the row holds the sum of the others"
            else:
                why = ANOTHER_VALUE
            self._account.leave_out(why, 1, row["line"])
        rest = self._others.height - 1000
        if rest > 0:
            self._account.leave_out(ANOTHER_VALUE, rest, 0)
