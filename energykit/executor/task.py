"""What is to be done for one stage: where, with what, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.config import Credentials, Retry

__all__ = ["Task"]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One stage of a run, as the configuration and the caller want it."""

    id: str
    """The container's id."""
    service: str
    """The id of its service, which several stages may use."""
    addresses: tuple[str, ...]
    """``host:port`` of its service, or of several equal ones."""
    credentials: Credentials | None = None
    """What the service asks for to let a client in; None: nothing."""
    inputs: tuple[str, ...]
    """As the configuration says; none for a stage that reads nothing."""
    output_file: str
    """As the configuration says."""
    parameters: Mapping[str, Any]
    """As the configuration says, secrets by reference; empty: none are sent."""
    run_id: str
    """The run's id."""
    timeout_s: float
    """Deadline of the stage, its attempts and pauses together [s]."""
    connect_budget_s: float
    """How long to wait for the service to be ready [s]."""
    retry: Retry
    """When to call again."""
    data_root: Path
    """What ``/data`` stands for on this machine."""
    config_folder: Path = Path()
    """What relative paths of references to secrets start from."""
    waits_for: tuple[str, ...] = ()
    """Ids of the stages that have to succeed before."""

    @property
    def input_file(self) -> str:
        """The first input; empty for none."""
        return self.inputs[0] if self.inputs else ""

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
        log = self.data_root / "logs" / f"{self.service}.log"
        return f"look at its log {log}" if log.is_file() else "look at the service's log"
