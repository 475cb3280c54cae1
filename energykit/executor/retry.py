"""When a stage is called again: only if the service was not available before work began."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DEFAULT", "Policy"]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How often to call, and how long to pause in between."""

    max_attempts: int = 4
    """Calls in all, the first one included."""
    initial_backoff_s: float = 0.2
    """Pause after the first attempt [s]."""
    max_backoff_s: float = 2.0
    """Longest pause [s]."""
    multiplier: float = 2.0
    """Each pause is so many times the one before it."""
    jitter: float = 0.2
    """Each pause is stretched or shortened by up to this share, so that clients do not come back together."""

    def pauses(self) -> Iterator[float]:
        """Yield the pause after each attempt [s]; it ends with the last attempt, which has none."""
        pause = self.initial_backoff_s
        for _ in range(self.max_attempts - 1):
            yield min(pause, self.max_backoff_s) * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311  # no secret
            pause *= self.multiplier


DEFAULT = Policy()
"""Used where a container says nothing."""
