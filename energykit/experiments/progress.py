"""How far a sweep is, and how long it will take."""

from __future__ import annotations

import time
from dataclasses import dataclass

__all__ = ["SweepClock", "SweepProgress"]


@dataclass(frozen=True, kw_only=True)
class SweepProgress:
    """A sweep between two of its points."""

    done: int
    """Points that have a row, reused ones included."""
    total: int
    """Points in all."""
    failed: int
    """Of those that are done."""
    seconds: float
    """Since the sweep began [s]."""
    left_s: float | None
    """Expected time until the end, from the pace of the points run so far [s]; None: none was."""

    @property
    def left_text(self) -> str:
        """``about 1 min 05 s left``; empty at the end, and where nothing was run yet."""
        if self.left_s is None or self.done == self.total:
            return ""
        minutes, seconds = divmod(round(self.left_s), 60)
        return f"about {f'{minutes} min {seconds:02d} s' if minutes else f'{seconds} s'} left"

    def __str__(self) -> str:
        """``3 of 15, about 12 s left``."""
        return ", ".join(filter(None, [f"{self.done} of {self.total}", self.left_text]))


class SweepClock:
    """Counts the points of a sweep as they come.

    Parameters
    ----------
    total
        Points in all.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._start = time.monotonic()
        self._done = self._failed = self._run = 0

    def count(self, *, is_ok: bool, is_reused: bool = False) -> SweepProgress:
        """Count a point and return how far the sweep is."""
        self._done += 1
        self._failed += not is_ok
        self._run += not is_reused
        seconds = time.monotonic() - self._start
        pace_s = seconds / self._run if self._run else None
        return SweepProgress(
            done=self._done,
            total=self._total,
            failed=self._failed,
            seconds=seconds,
            left_s=None if pace_s is None else pace_s * (self._total - self._done),
        )
