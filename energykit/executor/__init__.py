"""The orchestrator: a pure gRPC client that follows a configuration and leaves a record.

It starts nothing and computes nothing: a stage is one call to the service at the stage's address.
"""

from __future__ import annotations

from energykit.executor.event import Event, Progress, Retrying, StageFinished, StageStarted, Waiting
from energykit.executor.run import Services, Steps, run, steps

__all__ = [
    "Event",
    "Progress",
    "Retrying",
    "Services",
    "StageFinished",
    "StageStarted",
    "Steps",
    "Waiting",
    "run",
    "steps",
]
