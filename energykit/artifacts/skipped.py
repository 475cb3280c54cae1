"""Rows that could not be used, by reason, and what was done to rows that were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Adjustment", "BrokenRow", "Skipped", "Tally"]


class BrokenRow(NamedTuple):
    """A row that cannot be used as it stands in the file."""

    line: int
    """Its physical line."""
    reason: str
    """Why."""
    lines: int = 1
    """Lines that it took: more than one where a quote is left open."""


@dataclass(frozen=True)
class Skipped:
    """Rows of a file that were left out for one reason."""

    reason: str
    """Why, as a clause that starts with the column's name where there is one."""
    rows: int
    """How many rows."""
    first_line: int
    """Line of the first of them: physical lines of the file from 1, the header included; records
    where there are no lines.
    """


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """What was done to rows before they could be used: sorted, dropped as stored twice."""

    what: str
    """A sentence for a person."""
    rows: int
    """How many rows."""
    first_line: int
    """Line (text) or record (other formats) of the first such row, from 1; 0: not known."""


class Tally:
    """Counts rows in and rows left out during one pass over a file."""

    def __init__(self) -> None:
        self.rows_in = 0
        self.rows_used = 0
        self._rows: dict[str, int] = {}
        self._first: dict[str, int] = {}

    def add(self, reason: str, rows: int, first_line: int) -> None:
        """Count rows that were left out for a reason."""
        self._rows[reason] = self._rows.get(reason, 0) + rows
        self._first[reason] = min(first_line, self._first.get(reason, first_line))

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was left out, in the order of the file."""
        entries = (
            Skipped(reason, rows, self._first[reason]) for reason, rows in self._rows.items()
        )
        return tuple(sorted(entries, key=lambda entry: (entry.first_line, entry.reason)))
