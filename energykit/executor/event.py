"""What happens during a run, handed to ``on_event`` as it happens, one event at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energykit.results import Attempt, StageResult, Transfer

__all__ = ["Event", "Moved", "Progress", "Retrying", "StageFinished", "StageStarted", "Waiting"]


@dataclass(frozen=True, kw_only=True)
class StageStarted:
    """A stage begins."""

    id: str
    """The container's id."""
    address: str
    """Where its service is called."""
    number: int
    """Which stage of the run, from 1."""
    total: int
    """How many stages the run has."""
    reason: str = ""
    """Why it is run again, in a run that resumes another one."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A service does not answer yet; the run waits for it within the connect budget."""

    id: str
    """The container's id."""
    address: str
    """Where its service is called."""
    seconds: float
    """How long the run has waited [s]."""
    message: str
    """What was seen at the address: ``"nothing listens there"``."""


@dataclass(frozen=True, kw_only=True)
class Retrying:
    """An attempt failed before work began; another one follows after ``attempt.wait_s``."""

    id: str
    """The container's id."""
    attempt: Attempt
    """The one that came to nothing."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A service says how far it is."""

    id: str
    """The container's id."""
    phase: str
    """What is being done: reading, analysing, writing, ..."""
    done: int
    """How much is done, in `unit`."""
    total: int
    """How much there is; 0 where that is not known."""
    unit: str
    """``"rows"``, ``"bytes"``, ..."""
    seconds: float
    """Since the stage began [s]."""


@dataclass(frozen=True, kw_only=True)
class Moved:
    """An input was moved to the data root of the service that reads it."""

    id: str
    """The container's id."""
    transfer: Transfer
    """What was moved, and how long it took."""


@dataclass(frozen=True, kw_only=True)
class StageFinished:
    """A stage has ended, however it ended; skipped ones too."""

    id: str
    """The container's id."""
    result: StageResult
    """What became of it."""


Event = StageStarted | Waiting | Retrying | Moved | Progress | StageFinished
"""Any of them."""
