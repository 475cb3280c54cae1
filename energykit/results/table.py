"""The stages of a run as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.results.attempt_table import load_pandas

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from energykit.results.stage import StageResult

__all__ = ["stage_frame"]

_STAGE = (
    "id",
    "status",
    "address",
    "rows_in",
    "rows_out",
    "rows_skipped",
    "bytes_in",
    "bytes_out",
    "seconds",
    "service_seconds",
    "attempts",
    "started",
    "output_file",
    "output_sha256",
    "error",
    "reason",
)
_COUNTS = ("rows_in", "rows_out", "rows_skipped", "bytes_in", "bytes_out", "attempts")


def stage_frame(stages: Iterable[StageResult]) -> pd.DataFrame:
    """Return a row a stage; what is not known is missing."""
    rows = [_stage_row(stage) for stage in stages]
    frame: pd.DataFrame = load_pandas("RunResult.to_frame").DataFrame(rows, columns=list(_STAGE))
    return frame.astype(dict.fromkeys(_COUNTS, "Int64"))


def _stage_row(stage: StageResult) -> tuple[object, ...]:
    m = stage.metrics
    counts = (m.rows_in, m.rows_out, m.rows_skipped, m.bytes_in, m.bytes_out) if m else (None,) * 5
    error = stage.error.message if stage.error else ""
    return (
        stage.id,
        stage.status,
        stage.address,
        *counts,
        stage.seconds,
        m.seconds if m else None,
        len(stage.attempts),
        stage.started,
        stage.output_file,
        stage.output_sha256,
        error,
        stage.reason,
    )
