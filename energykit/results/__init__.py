"""What a run leaves behind: records to look at, and the file they are kept in."""

from __future__ import annotations

from energykit.results.file import load_run, save_run
from energykit.results.run import RunResult
from energykit.results.stage import Attempt, StageError, StageMetrics, StageResult

__all__ = [
    "Attempt",
    "RunResult",
    "StageError",
    "StageMetrics",
    "StageResult",
    "load_run",
    "save_run",
]
