"""Record of one call to a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Attempt"]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One call to a service."""

    number: int
    """From 1."""
    address: str
    """Where it went."""
    method: str
    """``"ExecuteStream"``, ``"Execute"``, or ``"connect"`` where no call could be made."""
    status: str
    """Name of the gRPC status code, ``"OK"`` also where the stage answered that it failed."""
    message: str
    """What the status said; empty for ``"OK"``."""
    started: datetime
    """When, UTC."""
    seconds: float
    """How long, from a monotonic clock [s]."""
    wait_s: float = 0.0
    """Pause after this attempt, before the next one [s]."""
