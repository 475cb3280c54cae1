"""A look at all rows of an import: whether they are in order, and which time they span."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from energykit.meters.account import Account

__all__ = ["PIECE_ROWS", "SERIES", "Survey"]

SERIES = ["household_id", "register"]
"""What must ascend in time."""
PIECE_ROWS = 1 << 18
"""Rows that are sorted at a time, about."""


class Survey:
    """Looks at all rows once: whether they are in order, and which time they span."""

    def __init__(self) -> None:
        self.rows_out_of_order = 0
        """Rows that are earlier than the one before of their household and register."""
        self.is_in_order = True
        """Whether the rows of each household and register ascend, and each is there once."""
        self._first_line = 0
        self._rows = 0
        self._low, self._high = np.iinfo(np.int64).max, np.iinfo(np.int64).min
        self._last = pl.DataFrame()

    def add(self, frame: pl.DataFrame) -> None:
        """Look at the next rows."""
        if frame.is_empty():
            return
        columns = frame.select(*SERIES, "moment", "line")
        self._rows += columns.height
        self._low = min(self._low, int(columns["moment"].min()))  # type: ignore[arg-type]
        self._high = max(self._high, int(columns["moment"].max()))  # type: ignore[arg-type]
        rows = pl.concat([self._last, columns]) if self._last.height else columns
        is_single = all((rows[name] == rows[name][0]).all() for name in SERIES)
        if not is_single:
            rows = rows.sort(SERIES, maintain_order=True)
        self._look(rows, is_single=is_single)
        self._last = rows.tail(1) if is_single else rows.unique(SERIES, keep="last")

    def _look(self, rows: pl.DataFrame, *, is_single: bool) -> None:
        lag = rows["moment"].diff()
        if not is_single:
            changes = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in SERIES)
            lag = lag.set(rows.select(changes.fill_null(value=True)).to_series(), None)
        if (lag <= 0).any():
            self.is_in_order = False
            earlier = (lag < 0).fill_null(value=False)
            if earlier.any():
                self._first_line = self._first_line or int(rows["line"].filter(earlier).min())  # type: ignore[arg-type]
                self.rows_out_of_order += int(earlier.sum())

    def say(self, account: Account) -> None:
        """Say how many rows were not in order."""
        if self.rows_out_of_order:
            what = "rows were not in time order: sorted"
            account.adjust(what, self.rows_out_of_order, self._first_line)

    def edges(self) -> NDArray[np.int64]:
        """Return moments that part the rows into spans of about as many as are sorted at once."""
        count = max(1, -(-self._rows // PIECE_ROWS))
        return np.linspace(self._low, self._high + 1, count + 1).astype(np.int64)
