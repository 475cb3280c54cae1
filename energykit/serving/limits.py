"""What a server takes on at most."""

from __future__ import annotations

from dataclasses import dataclass

from energykit.errors import UsageError

__all__ = ["ServerLimits"]


@dataclass(frozen=True, kw_only=True)
class ServerLimits:
    """What a server takes on at most."""

    concurrency: int = 16
    """Calls of the stage and of typed services at once; more are refused with
    RESOURCE_EXHAUSTED.
    """
    transfers: int = 8
    """Artefacts moved at once; more are refused with RESOURCE_EXHAUSTED."""
    waiting: int = 64
    """Calls of any kind that wait for a thread; more are refused with RESOURCE_EXHAUSTED."""
    message_bytes: int = 16 << 20
    """Longest message that is received, and all those of typed calls that are worked on at once
    [B]."""
    answer_bytes: int = 64 << 20
    """Longest message that is sent [B]."""
    artifact_bytes: int = 64 << 30
    """Largest artefact that is written over the wire [B]."""

    def __post_init__(self) -> None:
        """Refuse a server that would take on nothing."""
        if self.concurrency < 1:
            raise UsageError(
                f"concurrency must be at least 1, not {self.concurrency}",
                where="concurrency",
                hint="allow at least 1",
            )
