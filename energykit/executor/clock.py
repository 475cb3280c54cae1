"""The time of a run: one look at the wall clock, then monotonic time, so that order holds if the clock is set back."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

__all__ = ["Clock"]


class Clock:
    """Runs from the moment it is made."""

    def __init__(self) -> None:
        self.started = datetime.now(UTC)
        """When it was made, UTC."""
        self._origin = time.monotonic()

    def seconds(self) -> float:
        """Return how long it runs [s]."""
        return time.monotonic() - self._origin

    def at(self, seconds: float) -> datetime:
        """Return the time, UTC, when it had run for so long [s]."""
        return self.started + timedelta(seconds=seconds)

    def now(self) -> datetime:
        """Return the time, UTC; never earlier than an earlier answer."""
        return self.at(self.seconds())
