"""What a run leaves behind: records to look at, and the file they are kept in."""

from __future__ import annotations

from energykit.html import set_appearance
from energykit.results.attempt import Attempt
from energykit.results.file import load_run, save_run
from energykit.results.metrics import FileRecord, RowAdjustment, StageMetrics
from energykit.results.run import RunResult
from energykit.results.stage import StageError, StageResult
from energykit.results.transfer import Transfer
from energykit.results.view import run_html, run_text, stage_html, stage_text

__all__ = [
    "Attempt",
    "FileRecord",
    "RowAdjustment",
    "RunResult",
    "StageError",
    "StageMetrics",
    "StageResult",
    "Transfer",
    "load_run",
    "save_run",
]

set_appearance(RunResult, text=run_text, html=run_html)
set_appearance(StageResult, text=stage_text, html=stage_html)
