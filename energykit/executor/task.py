"""What is to be done for one stage: where, with what, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from energykit.config import Retry

__all__ = ["Task"]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One stage of a run, as the configuration and the caller want it."""

    id: str
    """The container's id."""
    addresses: tuple[str, ...]
    """``host:port`` of its service, or of several equal ones."""
    input_file: str
    """As the configuration says."""
    output_file: str
    """As the configuration says."""
    parameters: Mapping[str, Any]
    """Empty: none are sent."""
    request: bytes
    """The request as it goes over the wire."""
    timeout_s: float
    """Deadline of the stage, its attempts and pauses together [s]."""
    connect_budget_s: float
    """How long to wait for the service to be ready [s]."""
    retry: Retry
    """When to call again."""
    data_root: Path
    """What ``/data`` stands for on this machine."""

    @property
    def address(self) -> str:
        """All addresses, for a person."""
        return ", ".join(self.addresses)

    @property
    def where(self) -> str:
        """Stage and address, for a person."""
        return f"{self.id} at {self.address}"

    @property
    def log_hint(self) -> str:
        """Where to look for what the service said."""
        log = self.data_root / "logs" / f"{self.id}.log"
        return f"look at its log {log}" if log.is_file() else "look at the service's log"
