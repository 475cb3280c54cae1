"""What an import did to the rows of a file: those left out, and what changed in the others."""

from __future__ import annotations

import polars as pl

from energykit.artifacts.skipped import Adjustment, Skipped, Tally

__all__ = ["Account"]


class Account:
    """Counts during one import: rows in, rows left out, and what was done to rows in use."""

    def __init__(self) -> None:
        self.rows_in = 0
        """Rows of the file so far, used or left out."""
        self.file = ""
        """Name of the file at hand, where there are several: reasons are kept apart by it."""
        self._left_out = Tally()
        self._adjusted = Tally()

    def leave_out(self, reason: str, rows: int, line: int) -> None:
        """Count rows that cannot be used.

        Parameters
        ----------
        reason
            Why, as a clause that starts with the column's name where there is one.
        rows
            How many; none is not counted.
        line
            Line of the first.
        """
        if rows:
            self._left_out.add(self._named(reason), rows, line)

    def without(self, rows: pl.DataFrame, which: pl.Expr, reason: str) -> pl.DataFrame:
        """Return rows less some that cannot be used, which are counted.

        Parameters
        ----------
        rows
            Rows with their ``line``; one that holds a value of each of several meters is as many.
        which
            Those that cannot be used; where it is null, a row is used.
        reason
            Why.
        """
        is_out = rows.select(which.fill_null(value=False)).to_series()
        if not is_out.any():
            return rows
        out = rows.filter(is_out)
        each = next((kind.size for kind in rows.dtypes if isinstance(kind, pl.Array)), 1)
        self.leave_out(reason, out.height * each, int(out["line"].min()))  # type: ignore[arg-type]
        return rows.filter(~is_out)

    def adjust(self, what: str, rows: int = 0, line: int = 0) -> None:
        """Say what was done to rows that are used, or, without rows, to the file."""
        self._adjusted.add(self._named(what), rows, line)

    def _named(self, text: str) -> str:
        return f"{text} ({self.file})" if self.file else text

    @property
    def rows_left_out(self) -> int:
        """Rows left out so far."""
        return sum(item.rows for item in self.skipped)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Rows left out, by reason, in the order of the file."""
        return self._left_out.skipped

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        """What was done to rows that were used, in the order of the file."""
        return tuple(
            Adjustment(what=item.reason, rows=item.rows, first_line=item.first_line)
            for item in self._adjusted.skipped
        )
