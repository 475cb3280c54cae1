"""A run under way: its locks, its record, its connections, and its stages one after another."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from energykit.errors import UsageError
from energykit.executor.attempt import Endeavour
from energykit.executor.clock import Clock
from energykit.executor.connection import Connection
from energykit.executor.earlier import earlier_runs
from energykit.executor.event import StageFinished, StageStarted
from energykit.executor.lock import OutputLocks
from energykit.executor.path import local_path
from energykit.executor.record import Record, recordable
from energykit.executor.resume import Verdict, made_before
from energykit.executor.takeover import acquire
from energykit.results import StageError, StageResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from energykit.config import PipelineConfig
    from energykit.executor.earlier import Resumable
    from energykit.executor.event import Event
    from energykit.executor.resume import Earlier
    from energykit.executor.task import Task
    from energykit.results import RunResult

__all__ = ["Session"]


class Session:
    """Opens its record with the first stage, and closes everything however it ends.

    Parameters
    ----------
    config
        What is run.
    tasks
        Its stages, in order.
    run_id
        Names the record.
    data_root
        Holds ``runs/`` and ``logs/``.
    on_event
        Told what happens.
    resume
        The run whose work is reused; None: everything is run.
    """

    def __init__(
        self,
        config: PipelineConfig,
        tasks: list[Task],
        run_id: str,
        *,
        data_root: Path,
        on_event: Callable[[Event], None] | None,
        resume: Resumable | None,
    ) -> None:
        self.tasks = tasks
        self.run_id = run_id
        self._config = config
        self._data_root = data_root
        self._on_event = on_event
        self._resume = resume
        self._earlier: Earlier | None = None
        self._connections: dict[tuple[str, ...], Connection] = {}
        self._record: Record | None = None
        self._result: RunResult | None = None

    def __enter__(self) -> Self:
        """Take the outputs, look at what is resumed, and open the record.

        Raises
        ------
        energykit.errors.RunLockedError
            Another run is writing one of the outputs.
        energykit.errors.EnergykitError
            The data root cannot be written.
        """
        self._clock = Clock()
        with ExitStack() as until_open:
            with recordable():
                locks = OutputLocks(
                    self._data_root, [task.output_file for task in self.tasks], self.run_id
                )
                acquire(locks)
            self._release = until_open.callback(locks.release)
            if self._resume is not None:
                self._earlier = earlier_runs(self._resume, self._config, self._data_root)
            resumed = self._earlier.run_id if self._earlier else ""
            self._record = Record(
                self._config, self.run_id, self._data_root, self._clock, resumed_from=resumed
            )
            until_open.pop_all()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close the record: stages that were not reached are skipped."""
        with ExitStack() as ending:
            ending.callback(self._release)
            ending.callback(self._close_record)
            for connection in self._connections.values():
                ending.callback(connection.close)
            for task in self.tasks[len(self.record.stages) :]:
                self.record.add(
                    self._skipped(task, "the run was ended before this stage", "run again to go on")
                )

    @property
    def record(self) -> Record:
        """What is known so far, and its files."""
        if self._record is None:
            raise UsageError(
                "the run has not begun", where="steps", hint="ask for its first stage with next()"
            )
        return self._record

    @property
    def result(self) -> RunResult:
        """The record: of the whole run when it has ended, else of the stages so far."""
        return self._result or self.record.result(is_finished=False)

    def stage(self, task: Task, number: int) -> StageResult:
        """Run a stage, or reuse or skip it, and return what became of it."""
        failed = next((stage.id for stage in self.record.stages if stage.status == "failed"), "")
        why = f"{failed!r} failed before it"
        result = (
            self._skipped(task, why, "put that right and run again")
            if failed
            else self._run_or_reuse(task, number)
        )
        self.record.add(result)
        self._emit(StageFinished(id=result.id, result=result))
        return result

    def _run_or_reuse(self, task: Task, number: int) -> StageResult:
        begun_s = self._clock.seconds()
        done = {stage.id: stage for stage in self.record.stages}
        verdict = (
            self._earlier.judge(task, done)
            if self._earlier
            else Verdict(input_sha256=made_before(task, done))
        )
        if verdict.kept:
            return self._reused(task, verdict.kept, verdict, begun_s)
        event = StageStarted(
            id=task.id,
            address=task.address,
            number=number,
            total=len(self.tasks),
            reason=verdict.reason,
        )
        self._emit(event)
        return self._carry_out(task, verdict)

    def _reused(
        self, task: Task, kept: StageResult, verdict: Verdict, begun_s: float
    ) -> StageResult:
        return replace(
            kept,
            status="reused",
            attempts=(),
            started=self._clock.at(begun_s),
            reused_from=verdict.run_id,
            seconds=self._clock.seconds() - begun_s,
            reason=verdict.reason,
            output_path=local_path(task.data_root, task.output_file),
        )

    def _carry_out(self, task: Task, verdict: Verdict) -> StageResult:
        endeavour = Endeavour(
            task,
            self._connection,
            self._clock,
            self._emit,
            input_sha256=verdict.input_sha256,
            reason=verdict.reason,
        )
        try:
            return endeavour.carry_out()
        except BaseException:
            self.record.add(endeavour.interrupted())  # not told: whoever listens may be what failed
            raise

    def _connection(self, task: Task) -> Connection:
        if task.addresses not in self._connections:
            self._connections[task.addresses] = Connection(task.addresses)
        return self._connections[task.addresses]

    def _skipped(self, task: Task, why: str, hint: str) -> StageResult:
        error = StageError(
            code="FAILED_PRECONDITION", where=task.id, hint=hint, message=f"not run: {why}"
        )
        return StageResult(
            id=task.id,
            status="skipped",
            address=task.address,
            input_file=task.input_file,
            error=error,
            output_file=task.output_file,
            parameters=task.parameters,
            started=self._clock.now(),
        )

    def _emit(self, event: Event) -> None:
        self.record.note(event)
        if self._on_event is not None:
            self._on_event(event)

    def _close_record(self) -> None:
        self._result = self.record.close()
