"""The orchestrator: a pure gRPC client that follows a configuration and leaves a record.

It starts nothing and computes nothing: a stage is one call to the service at the stage's address.
"""

from __future__ import annotations

from energykit.executor.event import (
    Event,
    Moved,
    Progress,
    Retrying,
    StageFinished,
    StageStarted,
    Waiting,
)
from energykit.executor.options import RunOptions
from energykit.executor.run import Services, Steps, run, steps

__all__ = [
    "Event",
    "Moved",
    "Progress",
    "Retrying",
    "RunOptions",
    "Services",
    "StageFinished",
    "StageStarted",
    "Steps",
    "Waiting",
    "run",
    "steps",
]
