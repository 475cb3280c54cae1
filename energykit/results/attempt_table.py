"""The attempts of stages as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit.errors import MissingPackageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from energykit.results.attempt import Attempt

__all__ = ["attempt_frame", "load_pandas"]

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


def attempt_frame(attempts: Iterable[tuple[str, Attempt]]) -> pd.DataFrame:
    """Return a row for each stage id and attempt; the types hold also without a row."""
    rows = [_attempt_row(stage_id, attempt) for stage_id, attempt in attempts]
    pandas = load_pandas("attempts_frame")
    frame: pd.DataFrame = pandas.DataFrame(rows, columns=list(_ATTEMPT))
    frame["started"] = pandas.to_datetime(frame["started"], utc=True)
    texts = dict.fromkeys(("stage", "address", "method", "status", "message"), "str")
    numbers = {"attempt": "int64", "seconds": "float64", "wait_s": "float64"}
    return frame.astype({**texts, **numbers, "started": "datetime64[us, UTC]"})


def _attempt_row(stage_id: str, attempt: Attempt) -> tuple[object, ...]:
    return (
        stage_id,
        attempt.number,
        attempt.address,
        attempt.method,
        attempt.status,
        attempt.message,
        attempt.started,
        attempt.seconds,
        attempt.wait_s,
    )


def load_pandas(needed_for: str) -> Any:
    """Return pandas, or say how to install it."""
    try:
        import pandas as pd  # optional and heavy
    except ImportError:
        raise MissingPackageError("pandas", extra="notebooks", needed_for=needed_for) from None
    return pd
