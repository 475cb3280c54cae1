"""Spans of time on one axis, and how much of them overlaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from energykit.scoring.table import read_micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Axis", "Spans", "intersect_us", "length_us"]

_US_PER_DAY = 86_400_000_000


class Spans:
    """Half-open spans of time with their kinds.

    Parameters
    ----------
    begin, end
        Microseconds on the axis, shape (n,).
    kinds
        Kind of each span.
    """

    def __init__(
        self, begin: NDArray[np.int64], end: NDArray[np.int64], kinds: Sequence[str]
    ) -> None:
        self.begin, self.end, self.kinds = begin, np.maximum(end, begin + 1), kinds

    def only(self, kinds: Iterable[str]) -> Spans:
        """Return the spans of some kinds."""
        wanted = np.isin(np.asarray(self.kinds, dtype=str), sorted(kinds))
        chosen = [kind for kind, is_one in zip(self.kinds, wanted, strict=True) if is_one]
        return Spans(self.begin[wanted], self.end[wanted], chosen)

    def union(self) -> NDArray[np.int64]:
        """Return disjoint spans that cover the same time, ascending: begins, ends, shape (2, n)."""
        order = np.argsort(self.begin, kind="stable")
        begin = self.begin[order]
        end = np.maximum.accumulate(self.end[order]) if order.size else self.end
        opens = np.ones(begin.size, dtype=bool)
        opens[1:] = begin[1:] > end[:-1]
        closes = np.append(opens[1:], True)[: begin.size]
        return np.stack([begin[opens], end[closes]])

    def covered_us(self, union: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how much of each span lies in disjoint ones [µs]."""
        return _covered_before(union, self.end) - _covered_before(union, self.begin)


def _covered_before(union: NDArray[np.int64], moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how much time of disjoint spans lies before each moment [µs]."""
    begin, end = union
    before = np.concatenate([[0], np.cumsum(end - begin)])
    begun = np.searchsorted(begin, moments, side="right")
    last_end = np.concatenate([[np.iinfo(np.int64).min], end])[begun]
    return np.asarray(before[begun] - np.maximum(last_end - moments, 0) * (begun > 0))


class Axis:
    """Puts households one after another on one axis of time, in microseconds.

    Parameters
    ----------
    pandas
        The package.
    tables
        Events and labels, with the columns that they have in common.
    apart_us
        Least time between two households on the axis [µs].
    """

    def __init__(
        self, pandas: ModuleType, tables: list[pd.DataFrame], *, apart_us: int = 0
    ) -> None:
        begins, ends = (
            [read_micros(pandas, table[name]) for table in tables] for name in ("start", "end")
        )
        names = [table["household_id"].astype(str).to_numpy(dtype=object) for table in tables]
        moments = np.concatenate([*begins, *ends])
        first, last = (int(moments.min()), int(moments.max())) if moments.size else (0, 0)
        households, codes = np.unique(np.concatenate(names).astype(str), return_inverse=True)
        self.days = (last - first) / _US_PER_DAY * households.size
        """From the first moment to the last, summed over households [d]."""
        length = last - first + 2 + apart_us
        shifts = np.split(codes.astype(np.int64) * length - first, [names[0].size])
        self.tables = [
            Spans(begin + shift, end + shift, [str(kind) for kind in table["kind"]])
            for begin, end, shift, table in zip(begins, ends, shifts, tables, strict=True)
        ]
        """The tables as spans."""


def length_us(union: NDArray[np.int64]) -> int:
    """Return the time that disjoint spans cover [µs]."""
    return int((union[1] - union[0]).sum())


def intersect_us(left: NDArray[np.int64], right: NDArray[np.int64]) -> int:
    """Return the time that two unions share [µs]: the sum of both less their union."""
    begin, end = np.concatenate([left, right], axis=1)
    return length_us(left) + length_us(right) - length_us(Spans(begin, end, []).union())
