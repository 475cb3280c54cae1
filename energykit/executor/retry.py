"""When a stage is called again: only if the service was not available before work began."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from energykit.config import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DEFAULT", "JITTER", "pauses"]

DEFAULT = Retry()
"""Used where a container says nothing."""
JITTER = 0.2
"""Each pause is stretched or shortened by up to this share, so that clients do not come back together."""


def pauses(retry: Retry) -> Iterator[float]:
    """Yield the pause after each attempt [s]; it ends with the last attempt, which has none.

    Parameters
    ----------
    retry
        How many attempts, and how their pauses grow.
    """
    pause_s = retry.initial_backoff_s
    for _ in range(retry.attempts - 1):
        yield min(pause_s, retry.max_backoff_s) * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # no secret
        pause_s *= retry.multiplier
