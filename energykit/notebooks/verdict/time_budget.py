"""A notebook's time against that of its last runs."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from energykit.notebooks.verdict.record import NotebookVerdict

__all__ = ["KEPT_TIMES", "with_time_budget"]

KEPT_TIMES = 10
"""How many times of passed runs are kept."""
_LEAST_TIMES = 3
"""Of fewer runs nothing is said."""
_REMARKABLE = 3.0
"""Without a budget: how many times the usual time is worth a remark."""
_SLACK_S = 1.0
"""What a notebook may always take more: starting a kernel varies by that [s]."""


def with_time_budget(
    verdict: NotebookVerdict, times: Sequence[float], factor: float
) -> NotebookVerdict:
    """Return a verdict that says where a notebook took much longer than in its last runs.

    Parameters
    ----------
    verdict
        Of this run.
    times
        Of the last runs that passed [s].
    factor
        How many times their median it may take, or it fails; 0: what takes three times as long is
        noted.
    """
    if verdict.status != "passed" or len(times) < _LEAST_TIMES:
        return verdict
    usual = median(times)
    if verdict.seconds <= (factor or _REMARKABLE) * usual + _SLACK_S:
        return verdict
    what = f"took {verdict.seconds:.1f} s, and {usual:.1f} s in the median of {len(times)} runs"
    if not factor:
        return replace(verdict, notes=(*verdict.notes, what))
    hint = "a run without --time-budget takes the new time in"
    return replace(verdict, status="failed", why=f"{what} → {hint}")
