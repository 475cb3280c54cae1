"""Registers that count energy: readings are their differences, roll-over and exchange included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from energykit.meters.account import Account

__all__ = ["Counters", "begins_again", "counts_up"]

_NEAR_END, _NEAR_START = 0.9, 0.1
"""A register rolls over from the last tenth of its range to the first."""
_FEWEST_STEPS = 1000
"""Usual steps from 0 to a register's end: fewer, and it begins again, as each day."""
_GIANT = 100.0
"""A difference of more than this many usual ones is not what was drawn."""
_GIANT_W = 50_000.0
"""And only beyond this mean power [W]."""
_SMALL = 0.02
"""Steps of a register against what it shows."""
_ALWAYS, _STEADY = 8, 0.1
"""Or so often without a pause, by small steps: readings of a month."""
_RISES_A_DAY = 10
_LONG_RISE = 30
"""So often energies of intervals do not rise without a fall between."""


class Counters:
    """Makes readings of registers, part by part.

    Parameters
    ----------
    signs
        1 for each register that counts what is drawn, -1 for what is fed in.
    account
        Takes what is found.
    """

    def __init__(self, signs: Sequence[int], account: Account) -> None:
        self._signs = signs
        self._account = account
        self._last = pl.DataFrame()

    def readings(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the energy between each two lines of a register, from the first of them on.

        Parameters
        ----------
        rows
            Rows in time order within each household, ``value0`` … as the registers show them.

        Returns
        -------
        pl.DataFrame
            ``moment`` and ``span`` are those of the interval; ``value0`` is what was drawn less
            what was fed in, ``fed_in`` the latter alone.
        """
        fresh = rows.with_columns(is_old=pl.lit(value=False))
        both = pl.concat([self._last, fresh]) if self._last.height else fresh
        both = both.sort("household_id", maintain_order=True)
        self._last = both.unique("household_id", keep="last", maintain_order=True).with_columns(
            is_old=pl.lit(value=True)
        )
        starts = (both["household_id"] != both["household_id"].shift()).fill_null(value=True)
        self._say_first(both.filter(starts & ~both["is_old"]))
        span = both["moment"].diff().set(starts, None)
        drawn = [self._drawn(both, f"value{place}", span) for place in range(len(self._signs))]
        signed = [sign * values for sign, values in zip(self._signs, drawn, strict=True)]
        fed_in = np.sum([-np.minimum(values, 0) for values in signed], axis=0)
        timed = both.with_columns(
            pl.Series("value0", np.sum(signed, axis=0)),
            pl.Series("fed_in", fed_in),
            moment=pl.col("moment") - pl.Series(span),
            span=span,
        )
        return timed.filter(pl.col("span").is_not_null() & pl.col("value0").is_not_nan()).drop(
            "is_old"
        )

    def _say_first(self, rows: pl.DataFrame) -> None:
        if rows.height:
            what = "the first line of a register starts the count: it is not a reading"
            self._account.adjust(what, rows.height, int(rows["line"].min()))  # type: ignore[arg-type]

    def _drawn(self, rows: pl.DataFrame, column: str, span: pl.Series) -> NDArray[np.float64]:
        """Return what one register counted before each line, NaN where that is not known."""
        now = rows[column].to_numpy()
        before = rows[column].shift().to_numpy()
        is_first = span.is_null().to_numpy()
        hours = span.fill_null(1).to_numpy() / 3.6e9
        difference = np.where(is_first, np.nan, now - before)
        rising = difference[difference > 0]
        usual = float(np.median(rising)) if rising.size else 0.0
        usual_w = (
            float(np.median(difference[difference > 0] / hours[difference > 0]))
            if rising.size
            else 0.0
        )
        with np.errstate(invalid="ignore"):
            falls = np.flatnonzero(difference < 0)
            giant = np.flatnonzero(difference / hours > max(_GIANT * usual_w, _GIANT_W))
        for place in falls:
            values = (float(before[place]), float(now[place]))
            difference[place] = self._after_fall(
                *values, usual, rows, int(place), may_roll_over=falls.size == 1
            )
        for place in giant:
            difference[place] = np.nan
            self._say(
                "the register jumps: another meter? The energy of that interval is not known",
                rows,
                int(place),
            )
        return difference

    def _after_fall(
        self,
        before: float,
        now: float,
        usual: float,
        rows: pl.DataFrame,
        place: int,
        *,
        may_roll_over: bool,
    ) -> float:
        """Return what a register counted while it fell."""
        over = _over(before, now, usual) if may_roll_over else None
        if over is not None:
            self._say("the register rolled over", rows, place)
            return over
        if 0 <= now <= _GIANT * usual:
            self._say(
                "the register began again at 0: what it shows since then is used", rows, place
            )
            return now
        self._say(
            "the register fell: another meter? The energy of that interval is not known",
            rows,
            place,
        )
        return float("nan")

    def _say(self, what: str, rows: pl.DataFrame, place: int) -> None:
        self._account.adjust(what, 1, int(rows["line"][place]))


def _over(before: float, now: float, usual: float) -> float | None:
    """Return what a register counted while it rolled over; None where it did not."""
    end = 10.0 ** float(np.ceil(np.log10(before))) if before > 0 else 0.0
    is_at_end = before >= _NEAR_END * end and now <= _NEAR_START * end
    over = end - before + now
    if end >= _FEWEST_STEPS * usual and is_at_end and over <= _GIANT * usual:
        return over
    return None


def _unrolled(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a register shows as if it had one digit more."""
    steps = np.diff(numbers)
    falls, rising = np.flatnonzero(steps < 0), steps[steps > 0]
    if falls.size != 1 or not rising.size:
        return numbers
    before, now = numbers[falls[0]], numbers[falls[0] + 1]
    over = _over(float(before), float(now), float(np.median(rising)))
    if over is None:
        return numbers
    return np.concatenate([numbers[: falls[0] + 1], numbers[falls[0] + 1 :] + before + over - now])


def counts_up(values: pl.Series) -> bool:
    """Whether energies look like a register rather than like energies of intervals.

    A register hardly ever falls. Its steps are small against what it shows, or it does not fall
    for so long as no household draws ever more.
    """
    numbers = _unrolled(values.drop_nulls().to_numpy())
    steps = np.diff(numbers)
    moved = np.abs(steps[steps != 0])
    if len(steps) < 2 or not moved.size:
        return False
    falls, rises = int((steps < 0).sum()), int((steps > 0).sum())
    if falls > max(1, len(steps) // 200) or rises <= 2 * falls:
        return False
    if rises == len(steps) >= _ALWAYS and float(np.max(moved)) < _STEADY * float(numbers.max()):
        return True
    is_small = float(np.median(moved)) < _SMALL * float(np.median(np.abs(numbers)))
    return is_small or (not falls and rises >= _LONG_RISE and rises * 2 > len(steps))


def begins_again(values: pl.Series) -> bool:
    """Whether energies rise for long and then begin near 0, as a register of the day does."""
    numbers = values.drop_nulls().to_numpy()
    steps = np.diff(numbers)
    resets = (steps < 0) & (np.abs(numbers[1:]) <= _NEAR_START * np.abs(numbers[:-1]))
    falls, rises = int((steps < 0).sum()), int((steps > 0).sum())
    return bool(falls and falls == resets.sum() and rises >= _RISES_A_DAY * falls)
