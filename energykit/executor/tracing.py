"""The spans and counts of a run, where telemetry is on."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self

from energykit.telemetry import SILENT, record_stage, start_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.executor.task import Task
    from energykit.results import RunResult, StageResult
    from energykit.telemetry import Span

__all__ = ["RunTrace"]


class RunTrace:
    """One run as one trace: a span for the run, below it one for each stage that is executed.

    Parameters
    ----------
    workflow
        Name of the workflow.
    run_id
        The run's id.
    """

    def __init__(self, workflow: str, run_id: str) -> None:
        self._workflow = workflow
        self._run_id = run_id
        self._open = ExitStack()
        self._span = SILENT

    def __enter__(self) -> Self:
        """Start the run's span."""
        name, run_id = self._workflow, self._run_id
        self._span = self._open.enter_context(
            start_span(f"run {name}", run_id=run_id, workflow=name)
        )
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """End the run's span."""
        self._open.close()

    @property
    def trace_id(self) -> str:
        """Hexadecimal id of the trace; empty where telemetry is off."""
        return self._span.trace_id

    @contextmanager
    def start_stage(self, task: Task) -> Iterator[Span]:
        """Record the execution of one stage."""
        name = f"stage {task.id}"
        with self._span.start_child(name, stage=task.id, address=task.address) as span:
            yield span

    def finish_stage(self, stage: StageResult) -> None:
        """Count a stage that has ended."""
        metrics = stage.metrics
        rows = (
            {"in": metrics.rows_in, "out": metrics.rows_out, "skipped": metrics.rows_skipped}
            if metrics
            else {}
        )
        record_stage(stage.id, stage.seconds, rows, status=stage.status)

    def finish(self, result: RunResult) -> None:
        """Mark the run as failed where it did not succeed."""
        self._span.set(exit_code=result.exit_code)
        if not result.ok:
            self._span.fail("; ".join(str(one.error) for one in result if one.status == "failed"))
