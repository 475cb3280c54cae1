"""The records of a run as tables: a row a stage, or a row an attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit.errors import MissingPackageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from energykit.results.stage import Attempt, StageResult

__all__ = ["attempt_frame", "stage_frame"]

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
_ATTEMPT = (
    "stage",
    "attempt",
    "address",
    "method",
    "status",
    "message",
    "started",
    "seconds",
    "wait_s",
)


def stage_frame(stages: Iterable[StageResult]) -> pd.DataFrame:
    """Return a row a stage; what is not known is missing."""
    rows = [_stage_row(stage) for stage in stages]
    frame: pd.DataFrame = _pandas("RunResult.to_frame").DataFrame(rows, columns=list(_STAGE))
    return frame.astype(dict.fromkeys(_COUNTS, "Int64"))


def attempt_frame(stages: Iterable[StageResult]) -> pd.DataFrame:
    """Return a row an attempt; the types hold also where there is no row."""
    rows = [_attempt_row(stage.id, attempt) for stage in stages for attempt in stage.attempts]
    pandas = _pandas("attempts_frame")
    frame: pd.DataFrame = pandas.DataFrame(rows, columns=list(_ATTEMPT))
    frame["started"] = pandas.to_datetime(frame["started"], utc=True)
    texts = dict.fromkeys(("stage", "address", "method", "status", "message"), "str")
    numbers = {"attempt": "int64", "seconds": "float64", "wait_s": "float64"}
    return frame.astype({**texts, **numbers, "started": "datetime64[us, UTC]"})


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


def _attempt_row(stage_id: str, one: Attempt) -> tuple[object, ...]:
    return (
        stage_id,
        one.number,
        one.address,
        one.method,
        one.status,
        one.message,
        one.started,
        one.seconds,
        one.wait_s,
    )


def _pandas(needed_for: str) -> Any:
    try:
        import pandas as pd  # optional and heavy
    except ImportError:
        raise MissingPackageError("pandas", extra="notebooks", needed_for=needed_for) from None
    return pd
