"""Sums over groups that grow batch by batch, in memory that depends on the groups only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Sums"]

_PENDING_ROWS = 1 << 16


class Sums:
    """Adds up columns by group.

    Parameters
    ----------
    keys
        Columns that name a group.
    values
        Columns that are added up.
    """

    def __init__(self, keys: Sequence[str], values: Sequence[str]) -> None:
        self._keys = list(keys)
        self._values = list(values)
        self._parts: list[pl.DataFrame] = []
        self._rows = 0

    def add(self, groups: pl.DataFrame) -> None:
        """Add a batch, already summed by group or not."""
        self._parts.append(groups.select(*self._keys, *self._values))
        self._rows += groups.height
        if self._rows > max(
            _PENDING_ROWS, self._parts[0].height
        ):  # so that no row is summed more than a few times
            self._merge()

    def total(self) -> pl.DataFrame:
        """Return the sums so far, sorted by group; no columns where nothing was added."""
        self._merge()
        return self._parts[0].sort(self._keys) if self._parts else pl.DataFrame()

    def _merge(self) -> None:
        """Sum what was added since the last time."""
        if not self._parts:
            return
        merged = pl.concat(self._parts).group_by(self._keys).agg(pl.col(self._values).sum())
        self._parts = [merged]
        self._rows = 0
