"""The hour that a clock shows twice: which of the two a row is, by the order of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from energykit.meters.digits import DAY_US
from energykit.meters.zone import zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.meters.account import Account

__all__ = ["ABSENT_US", "DoubleHour"]

ABSENT_US = -1
"""How much later a row is of which the clock never shows the stamp, but ends an interval there.

Others below 0: the stamp that ends the hours which are there twice; the row may be that earlier.
"""
_HOUR = ["household_id", "register", "file", "day"]


class DoubleHour:
    """Collects rows of hours that exist twice, and says of each which of the two it is.

    Parameters
    ----------
    account
        Takes what was done.
    zone
        Name of the clock's zone.
    """

    def __init__(self, account: Account, zone: str) -> None:
        self._account = account
        self._zone = zone
        self._parts: list[pl.DataFrame] = []
        self._absent: list[pl.DataFrame] = []
        self._shifts: pl.DataFrame | None = None
        self._up = 0  # rows that are later than the one before, less those that are earlier

    def add(self, rows: pl.DataFrame, first: int, file: int) -> None:
        """Remember the rows of hours that exist twice, or not at all.

        Parameters
        ----------
        rows
            Rows in the order of the file.
        first
            Number of the first of them over all files.
        file
            Number of the file.
        """
        is_double = rows["later"] != 0
        if is_double.any():
            number = pl.int_range(first, first + rows.height, eager=True).alias("number")
            part = rows.with_columns(number, pl.lit(file).alias("file")).filter(is_double)
            part = part.select("number", "line", *_HOUR[:-1], "moment", "later")
            self._absent.append(part.filter(pl.col("later") == ABSENT_US))
            self._parts.append(_from_the_earlier(part.filter(pl.col("later") != ABSENT_US)))
        lag = rows["moment"].diff()
        self._up += int((lag > 0).sum()) - int((lag < 0).sum())

    def resolve(self, *, ends: bool = False) -> None:
        """Decide which of the two each row is.

        Parameters
        ----------
        ends
            Whether stamps are ends of intervals.
        """
        if not self._parts:
            return
        rows = _with_ends(pl.concat(self._parts).sort("number"), ends=ends)
        plain = rows.filter("is_plain").select("number", shift=pl.lit(0, dtype=pl.Int64))
        rows = rows.filter(~pl.col("is_plain"))
        lag = pl.col("moment").diff().over(_HOUR)
        falls = (lag < 0).fill_null(value=False)
        rises = (lag > 0).fill_null(value=False)
        rows = rows.with_columns(
            falls=falls.sum().over(_HOUR),
            rises=rises.sum().over(_HOUR),
            after_fall=falls.cum_sum().over(_HOUR),
            after_rise=rises.cum_sum().over(_HOUR),
            nth=pl.int_range(pl.len()).over([*_HOUR, "moment"]),
            times=pl.len().over([*_HOUR, "moment"]),
        )
        decided = rows.with_columns(second=_is_second(ascends=self._up >= 0))
        self._say(decided)
        shift = pl.when("second").then("later").when(~pl.col("second")).then(0)
        ahead = pl.when("is_edge").then("later").otherwise(0)  # as it is written, it is the later
        shifts = decided.select("number", (shift - ahead).alias("shift"))
        self._shifts = pl.concat([shifts, plain, self._of_absent(ends=ends)]).sort("number")

    def _of_absent(self, *, ends: bool) -> pl.DataFrame:
        """Return what is added to stamps that the clock never shows, which are ends at best."""
        rows = pl.concat(self._absent).sort("number")
        if rows.height and not ends:
            zone = zone_of(self._zone)
            assert zone is not None, "its clock showed the stamps"
            self._account.leave_out(zone.absent_reason, rows.height, int(rows["line"].min()))  # type: ignore[arg-type]
        shift = pl.lit(0 if ends else None, dtype=pl.Int64)
        return rows.select("number", shift.alias("shift"))

    def applied(self, frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Yield frames of rows with the moments decided, without rows of undecided ones."""
        first = 0
        for frame in frames:
            yield frame if self._shifts is None else self._shifted(frame, first)
            first += frame.height

    def _shifted(self, frame: pl.DataFrame, first: int) -> pl.DataFrame:
        assert self._shifts is not None, "something was decided"
        here = self._shifts.filter(pl.col("number").is_between(first, first + frame.height - 1))
        if here.is_empty():
            return frame
        shift = pl.zeros(frame.height, dtype=pl.Int64, eager=True)
        shift = shift.scatter(here["number"] - first, here["shift"])
        moved = frame.with_columns(moment=pl.col("moment") + shift)
        return moved.filter(pl.col("moment").is_not_null())

    def _say(self, decided: pl.DataFrame) -> None:
        unknown = decided.filter(pl.col("second").is_null())
        known = decided.filter(pl.col("second").is_not_null())
        if unknown.height:
            why = f"timestamp exists twice on the clock of {self._zone} (daylight saving ends)"
            self._account.leave_out(
                f"{why}, and the order of the rows does not show which it is",
                unknown.height,
                int(unknown["line"].min()),  # type: ignore[arg-type]
            )
        if known.height:
            self._account.adjust(
                f"stamps that the clock of {self._zone} shows twice are decided by their order",
                known.height,
                int(known["line"].min()),  # type: ignore[arg-type]
            )


def _from_the_earlier(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of two moments with the earlier of them, and whether it is that of an end."""
    earlier = rows.with_columns(
        moment=pl.col("moment") + pl.col("later").clip(upper_bound=0),
        later=pl.col("later").abs(),
        is_edge=pl.col("later") < 0,
    )
    return earlier.with_columns((pl.col("moment") // DAY_US).alias("day"))


def _is_second(*, ascends: bool) -> pl.Expr:
    """Whether a row is of the second hour; null where the order does not show it.

    Rows that ascend fall once, where the second hour begins; stored again they fall three times.
    Rows that descend rise once. Where neither happens, each stamp must be there twice.
    """
    fewest, most = pl.col("times").min().over(_HOUR), pl.col("times").max().over(_HOUR)
    falls, rises = pl.col("falls"), pl.col("rises")
    by_fall = (falls == 1) | ((falls % 2 == 1) & (fewest == most) & (most == falls + 1))
    by_rise = (rises == 1) | ((rises % 2 == 1) & (fewest == most) & (most == rises + 1))
    is_pair = (fewest == 2) & (most == 2)
    return (
        pl.when(by_rise & (falls > rises))
        .then(pl.col("after_rise") % 2 == 0)
        .when(by_fall & (rises >= falls - 1) & ((rises > 0) | pl.lit(ascends)))
        .then(pl.col("after_fall") % 2 == 1)
        .when(is_pair)
        .then(pl.col("nth") == (1 if ascends else 0))
    )


def _with_ends(rows: pl.DataFrame, *, ends: bool) -> pl.DataFrame:
    """Return rows with what each is where stamps are the clock's hours and not its moments.

    Of the ends 02:00, 03:00, 03:00, 04:00 the first is that of the hour before those which are
    there twice, and both of 03:00 are of them; of 02:00, 02:00, 03:00, 04:00 the third is behind
    them. Such a row is of one moment only (``is_plain``).
    """
    edge = pl.col("is_edge")
    hour = rows.with_columns(
        edges=edge.sum().over(_HOUR),
        beginning=(pl.col("moment").filter(edge).min() - pl.col("later").min()).over(_HOUR),
    ).with_columns(
        firsts=((pl.col("moment") == pl.col("beginning")) & ~edge).sum().over(_HOUR),
    )
    shows_hours = pl.lit(ends) & (pl.col("edges") == 2) & (pl.col("firsts") <= 1)
    is_first = ~edge & (pl.col("moment") == pl.col("beginning")).fill_null(value=False)
    return hour.with_columns(
        is_plain=pl.when(shows_hours).then(is_first).otherwise(edge),
    )
