"""A batch as detectors see it: arrays, each reading with its household and place in the series."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import polars as pl

from energykit.readings import moment_in
from services.energy_analyzer.rule import lacks_factor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["NO_TIME", "SECOND", "Batch", "Numbering", "grown", "taken"]

_PLAIN, _PLAIN_LENGTH = "%Y-%m-%dT%H:%M:%S", 19
_Number = TypeVar("_Number", np.int64, np.float64)
_Value = TypeVar("_Value", np.int64, np.float64, np.bool_)
NO_TIME = int(np.iinfo(np.int64).min)
"""Stands where there is no time, and before every time."""
SECOND = 1_000_000
"""A second in the unit of `Batch.time`."""


class Batch:
    """Readings that follow one another in the file.

    Parameters
    ----------
    frame
        ``timestamp``, ``household_id`` String; ``power_consumption`` [W], ``voltage`` [V],
        ``current`` [A] Float64, the latter two null where they were not measured; perhaps
        ``interval_s`` [s] Float64.
    household
        Number of each reading's household, int64, in the order in which households appear in the
        file.
    households
        How many have appeared so far.
    """

    def __init__(self, frame: pl.DataFrame, household: NDArray[np.int64], households: int) -> None:
        self.frame = frame
        """The readings."""
        self.household = household
        """Number of each reading's household."""
        self.households = households
        """Households that have appeared so far."""
        self.ordinal: NDArray[np.int64] = np.empty(0, np.int64)
        """Position of each reading among those of its household in the file, from 0."""
        self.time_zone: str | None = None
        """Zone of `clock`; None: UTC, or the clock of the file."""

    @cached_property
    def power(self) -> NDArray[np.float64]:
        """Active power [W]."""
        return self.frame["power_consumption"].to_numpy()

    @cached_property
    def voltage(self) -> NDArray[np.float64]:
        """Voltage [V]; NaN where it was not measured."""
        return self.frame["voltage"].to_numpy()

    @cached_property
    def current(self) -> NDArray[np.float64]:
        """Current [A]; NaN where it was not measured."""
        return self.frame["current"].to_numpy()

    @cached_property
    def time(self) -> NDArray[np.int64]:
        """Timestamps [µs since 1970-01-01 by the file's clock]; `NO_TIME` where there is none."""
        text = self.frame["timestamp"].str.strip_suffix("Z")
        is_plain = bool((text.str.len_bytes() == _PLAIN_LENGTH).all())
        moments = text.str.to_datetime(
            _PLAIN if is_plain else f"{_PLAIN}%.f", time_unit="us", strict=False, cache=False
        )  # almost every stamp is new: looking it up costs as much as reading it
        return moments.to_physical().fill_null(NO_TIME).to_numpy()

    @cached_property
    def clock(self) -> NDArray[np.int64]:
        """What a clock in the zone shows, microseconds since its 1970-01-01; see `time`."""
        if self.time_zone is None:
            return self.time
        local = self.frame.select(moment_in(self.time_zone)).to_series()
        return local.to_physical().fill_null(NO_TIME).to_numpy()

    @cached_property
    def factor(self) -> NDArray[np.float64]:
        """Active over apparent power, P / (V · I) [1]; NaN where there is none or V · I is 0."""
        apparent = self.voltage * self.current
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.where(apparent == 0, np.nan, self.power / apparent)

    @cached_property
    def lacks_factor(self) -> NDArray[np.bool_]:
        """Whether each reading is sound and has no power factor."""
        return np.asarray(lacks_factor(self.power, self.voltage, self.current))

    @cached_property
    def is_grouped(self) -> bool:
        """Whether households follow one another in ascending order: `order` changes nothing."""
        return bool((self.household[1:] >= self.household[:-1]).all())

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Positions of the readings by household, in the order of the file within each."""
        if self.is_grouped:
            return np.arange(self.household.size)
        return np.argsort(self.household, kind="stable")

    def grouped(self, values: NDArray[_Value]) -> NDArray[_Value]:
        """Return a value of each reading by household; it may be the same array."""
        return values if self.is_grouped else values[self.order]

    def ungrouped(self, values: NDArray[_Value]) -> NDArray[_Value]:
        """Return what is by household in the order of the file; it may be the same array."""
        if self.is_grouped:
            return values
        result = np.empty_like(values)
        result[self.order] = values
        return result

    @cached_property
    def heads(self) -> NDArray[np.int64]:
        """Where each household begins in `order`; one more for the end."""
        by_household = self.grouped(self.household)
        changes = np.flatnonzero(by_household[1:] != by_household[:-1]) + 1
        begin = [0] if by_household.size else []
        return np.concatenate([begin, changes, [by_household.size]]).astype(np.int64)

    @cached_property
    def present(self) -> NDArray[np.int64]:
        """Number of each household that has readings here, ascending."""
        return self.household[self.order[self.heads[:-1]]]

    def series(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield each household here with the positions of its readings."""
        for at, household in enumerate(self.present.tolist()):
            yield household, self.order[self.heads[at] : self.heads[at + 1]]


class Numbering:
    """Turns frames into batches, numbering households and their readings across them.

    Parameters
    ----------
    time_zone
        Zone of `Batch.clock`; None: UTC, or the clock of the file.
    """

    def __init__(self, time_zone: str | None = None) -> None:
        self._zone = time_zone
        self._numbers: dict[str | None, int] = {}
        self._seen = np.zeros(0, np.int64)

    def batch(self, frame: pl.DataFrame) -> Batch:
        """Return the next batch.

        Parameters
        ----------
        frame
            See `Batch`; follows the one before.
        """
        batch = Batch(frame, self._numbered(frame["household_id"]), len(self._numbers))
        batch.time_zone = self._zone
        self._seen = grown(self._seen, len(self._numbers), 0)
        lengths = np.diff(batch.heads)
        begin = self._seen[batch.present] - batch.heads[:-1]
        batch.ordinal = batch.ungrouped(np.arange(frame.height) + np.repeat(begin, lengths))
        self._seen[batch.present] += lengths
        return batch

    def _numbered(self, names: pl.Series) -> NDArray[np.int64]:
        different = names.unique(maintain_order=True)
        for name in different.to_list():
            self._numbers.setdefault(name, len(self._numbers))
        numbers = [self._numbers[name] for name in different.to_list()]
        if len(numbers) <= 1:
            return np.full(len(names), numbers[0] if numbers else 0, np.int64)
        return names.replace_strict(different, numbers, return_dtype=pl.Int64).to_numpy()


def taken(values: NDArray[_Value], at: NDArray[np.int64]) -> NDArray[_Value]:
    """Return values at ascending places of the last axis; no copy where they are neighbours."""
    if at.size and at[-1] - at[0] + 1 == at.size:
        return values[..., at[0] : at[-1] + 1]
    return values[..., at]


def grown(values: NDArray[_Number], length: int, missing: float) -> NDArray[_Number]:
    """Return values with room for more: at least `length`, new ones `missing`."""
    if length <= values.size:
        return values
    more = np.full(max(length, 2 * values.size) - values.size, missing, values.dtype)
    return np.concatenate([values, more])
