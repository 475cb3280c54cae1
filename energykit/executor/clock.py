"""The time of a run: one look at the wall clock, then monotonic time.

So the order of what happened holds also if the wall clock is set back meanwhile.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

__all__ = ["RunClock"]


class RunClock:
    """Runs from the moment it is made, or started again."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Run from now on."""
        self.started = datetime.now(UTC)
        """When it began to run, UTC."""
        self._origin = time.monotonic()

    def seconds(self) -> float:
        """Return how long it has run [s]."""
        return time.monotonic() - self._origin

    def at(self, seconds: float) -> datetime:
        """Return the time, UTC, when it had run for so long [s]."""
        return self.started + timedelta(seconds=seconds)

    def now(self) -> datetime:
        """Return the time, UTC; never earlier than an earlier answer."""
        return self.at(self.seconds())
