"""A run under way: its locks, its record, its connections, and its stages one after another."""

from __future__ import annotations

import math
import threading
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from energykit.errors import UsageError
from energykit.executor.abandoned_steps import acquire
from energykit.executor.clock import RunClock
from energykit.executor.connection import Connection
from energykit.executor.context import RunContext
from energykit.executor.earlier import earlier_runs
from energykit.executor.event import StageFinished, StageStarted
from energykit.executor.heartbeat import Heartbeat
from energykit.executor.lock import OutputLocks
from energykit.executor.path import local_path
from energykit.executor.provenance import read_versions
from energykit.executor.record import Record, recordable
from energykit.executor.resume import ReuseDecision
from energykit.executor.stage_execution import StageExecution
from energykit.executor.tracing import RunTrace
from energykit.results import StageError, StageResult

if TYPE_CHECKING:
    from energykit.config import Credentials
    from energykit.executor.event import Event
    from energykit.executor.plan import RunPlan
    from energykit.executor.resume import EarlierRuns
    from energykit.executor.task import Task
    from energykit.results import RunResult

__all__ = ["RunSession"]


class RunSession:
    """Opens its record with the first stage, and closes everything however it ends.

    Stages may be run from several threads at once; what they share is changed one at a time.

    Parameters
    ----------
    plan
        What is run.
    """

    def __init__(self, plan: RunPlan) -> None:
        self.tasks = plan.tasks
        self.run_id = plan.run_id
        self._plan = plan
        self._clock = RunClock()
        self._locks = plan.options.locks or OutputLocks(
            plan.data_root, [task.output_file for task in plan.tasks], plan.run_id
        )
        self._context = RunContext(
            clock=self._clock,
            connect=self._connect,
            tasks={task.id: task for task in plan.tasks},
            emit=self._emit,
            heartbeat=Heartbeat(plan.options.heartbeat_s or math.inf),
            deadline_s=plan.options.limit_s or math.inf,
        )
        self._turn = threading.RLock()
        self._earlier: EarlierRuns | None = None
        self._connections: dict[tuple[tuple[str, ...], Credentials | None], Connection] = {}
        self._trace = RunTrace(plan.config.workflow_name, plan.run_id)
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
        read_versions()  # starts a process, which must not keep the locks
        self._clock.restart()
        with ExitStack() as until_open:
            until_open.callback(self._locks.release)
            with recordable(self._plan.data_root):
                acquire(self._locks)
            until_open.enter_context(self._trace)
            self._record = self._open_record()
            until_open.pop_all()
        return self

    def _open_record(self) -> Record:
        plan = self._plan
        if plan.resume is not None:
            self._earlier = earlier_runs(
                plan.resume, plan.config, plan.data_root, ignores=plan.options.resume_ignores
            )
        resumed = self._earlier.run_id if self._earlier else ""
        return Record(
            plan.config,
            plan.run_id,
            plan.data_root,
            self._clock,
            resumed_from=resumed,
            trace_id=self._trace.trace_id,
        )

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Close the record: stages that were not reached are skipped."""
        with ExitStack() as ending:
            ending.push(self._trace)
            ending.callback(self._locks.release)
            ending.callback(self._close_record)
            for connection in self._connections.values():
                ending.callback(connection.close)
            self._context.heartbeat.close()
            recorded = {stage.id for stage in self.record.stages}
            for task in self.tasks:
                if task.id not in recorded:
                    why = "the run was ended before this stage"
                    self.record.add(self._skip(task, why, "run again to go on"))

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

    @property
    def parallel_stages(self) -> int:
        """How many stages run at once."""
        is_parallel = self._plan.config.execution_mode == "parallel"
        return self._plan.options.parallel_stages if is_parallel else 1

    def stop(self, cause: BaseException) -> None:
        """End the stages that are running in other threads."""
        self._context.stop.set(cause)
        with self._turn:
            for connection in self._connections.values():
                connection.close()

    def run_stage(self, task: Task, *, failed: str = "") -> StageResult:
        """Run a stage, or reuse or skip it, and return what became of it.

        Parameters
        ----------
        task
            The stage.
        failed
            The id of a stage that failed and that this one comes after: it is skipped.
        """
        if failed:
            why = f"{failed!r} failed before it"
            result = self._skip(task, why, "put that right and run again")
        elif self._clock.seconds() >= self._context.deadline_s:
            result = self._end_at_limit(task)
        else:
            result = self._run_or_reuse(task)
        with self._turn:
            self.record.add(result)
            self._context.keep(result)
            self._trace.finish_stage(result)
            self._emit(StageFinished(id=result.id, result=result))
        return result

    def _run_or_reuse(self, task: Task) -> StageResult:
        begun_s = self._clock.seconds()
        done = {stage.id: stage for stage in self.record.stages}
        decision = (
            self._earlier.decide(task, self._context, done) if self._earlier else ReuseDecision()
        )
        if decision.kept:
            return self._reuse(task, decision.kept, decision, begun_s)
        event = StageStarted(
            id=task.id,
            address=task.address,
            number=self.tasks.index(task) + 1,
            total=len(self.tasks),
            reason=decision.reason,
        )
        self._emit(event)
        return self._execute(task, decision.reason)

    def _reuse(
        self, task: Task, kept: StageResult, decision: ReuseDecision, begun_s: float
    ) -> StageResult:
        return replace(
            kept,
            status="reused",
            attempts=(),
            transfers=(),
            started=self._clock.at(begun_s),
            reused_from=decision.run_id,
            seconds=self._clock.seconds() - begun_s,
            reason=decision.reason,
            output_path=local_path(task.data_root, task.output_file),
        )

    def _execute(self, task: Task, reason: str) -> StageResult:
        with self._trace.start_stage(task) as span:
            execution = StageExecution(task, self._context, reason=reason, span=span)
            result = self._run_execution(execution)
            span.set(status=result.status, attempts=len(result.attempts))
            if result.error:
                span.fail(str(result.error))
        return result

    def _run_execution(self, execution: StageExecution) -> StageResult:
        try:
            return execution.run()
        except BaseException as exc:
            # No event is emitted: whoever listens may be what failed.
            cause = self._context.stop.cause or exc
            with self._turn:
                self.record.add(execution.record_interruption(cause))
            raise

    def _connect(self, task: Task) -> Connection:
        with self._turn:
            key = task.addresses, task.credentials
            if key not in self._connections:
                self._connections[key] = Connection(*key)
            return self._connections[key]

    def _end_at_limit(self, task: Task) -> StageResult:
        limit_s = self._context.deadline_s
        error = StageError(
            code="DEADLINE_EXCEEDED",
            where=task.id,
            hint="raise the run's limit_s, or resume the run",
            message=f"not run: the limit of the whole run, {limit_s:g} s, had passed",
        )
        return replace(self._skip(task, "", ""), status="failed", exit_code=4, error=error)

    def _skip(self, task: Task, why: str, hint: str) -> StageResult:
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
        with self._turn:
            self.record.note(event)
            if self._plan.options.on_event is not None:
                self._plan.options.on_event(event)

    def _close_record(self) -> None:
        self._result = self.record.close()
        self._trace.finish(self._result)
