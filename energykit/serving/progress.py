"""Progress on its way to a client: only the latest matters, so none piles up."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from energykit._proto.energy_pipeline_pb2 import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ProgressFeed"]

_PAUSE_S = 0.1  # at most ten events a second [s]


class ProgressFeed:
    """Takes progress from the thread that works, and gives it to the thread that sends.

    Iterating yields the latest progress at most ten times a second and ends when :meth:`end` was
    called.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._latest: Progress | None = None
        self._ended = False

    def put(self, phase: str, done: int, total: int, unit: str) -> None:
        """Take progress; what was not sent yet is replaced.

        Parameters
        ----------
        phase
            What is being done.
        done, total
            How much is done, how much there is [unit]; a total of 0: not known.
        unit
            What is counted.
        """
        with self._changed:
            self._latest = Progress(phase=phase, done=done, total=total, unit=unit)
            self._changed.notify()

    def end(self) -> None:
        """Say that no more progress comes."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def __iter__(self) -> Iterator[Progress]:
        """Yield progress until the end, the last one included."""
        next_send = 0.0
        while (progress := self._take(next_send)) is not None:
            next_send = time.monotonic() + _PAUSE_S
            yield progress

    def _take(self, not_before: float) -> Progress | None:
        """Wait for progress, no earlier than a moment; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended, max(0.0, not_before - time.monotonic()))
            self._changed.wait_for(lambda: self._ended or self._latest is not None)
            progress, self._latest = self._latest, None
            return progress
