"""When a stage is called again: only if the service was not available before work began."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from energykit.config import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DEFAULT", "pauses"]

DEFAULT = Retry()
"""Used where a container says nothing."""


def pauses(retry: Retry) -> Iterator[float]:
    """Yield the pause after each attempt [s]; it ends with the last attempt, which has none.

    Parameters
    ----------
    retry
        How many attempts, how their pauses grow, and by up to which share each is stretched or
        shortened.
    """
    pause_s, shortest, longest = retry.initial_backoff_s, 1 - retry.jitter, 1 + retry.jitter
    for _ in range(retry.attempts - 1):
        yield min(pause_s, retry.max_backoff_s) * random.uniform(shortest, longest)
        pause_s *= retry.multiplier
