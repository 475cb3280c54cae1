"""One stage being executed: its service is waited for and called, again where that is allowed."""

from __future__ import annotations

import math
import time
from itertools import chain
from typing import TYPE_CHECKING, Any

from energykit.errors import ServiceUnreachableError
from energykit.executor.call import Outcome, call
from energykit.executor.event import Progress, Retrying, Waiting
from energykit.executor.explanation import explain_failure, explain_refusal, explain_status
from energykit.executor.message import metrics_of
from energykit.executor.path import digest_later, local_path, seen_size
from energykit.executor.retry import pauses
from energykit.results import Attempt, StageError, StageResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from energykit._proto import energy_pipeline_pb2 as pb
    from energykit.executor.clock import Clock
    from energykit.executor.connection import Connection
    from energykit.executor.event import Event
    from energykit.executor.task import Task

__all__ = ["StageExecution"]

_LONGEST_S = 1e9
"""gRPC takes deadlines of more than some centuries for past ones [s]."""


class StageExecution:
    """One stage being executed.

    Parameters
    ----------
    task
        What is to be done.
    connect
        Returns the connection to a task's service; one is kept for the whole run.
    clock
        The run's.
    emit
        Told what happens.
    input_sha256
        Digest of the input where it is known already; empty: it is found here.
    reason
        Why it is run again, in a run that resumes another one.
    """

    def __init__(
        self,
        task: Task,
        connect: Callable[[Task], Connection],
        clock: Clock,
        emit: Callable[[Event], None],
        *,
        input_sha256: str = "",
        reason: str = "",
    ) -> None:
        self._task = task
        self._connect = connect
        self._clock = clock
        self._emit = emit
        self._attempts: list[Attempt] = []
        self._started = clock.now()
        self._start = clock.seconds()
        self._given_sha256 = input_sha256
        self._reason = reason
        self._input_sha256: Future[str] | None = None

    def run(self) -> StageResult:
        """Execute the stage and return what became of it; a failure is returned, not raised."""
        task, begun_s = self._task, self._clock.seconds()
        self._input_sha256 = (
            None
            if self._given_sha256
            else digest_later(local_path(task.data_root, task.input_file))
        )
        try:
            connection = self._connect(task)
            connection.wait_until_serving(task.connect_budget_s, self._on_wait)
        except ServiceUnreachableError as exc:
            self._add_attempt("connect", exc.code, exc.what, begun_s=begun_s)
            return self._record_failure(*explain_refusal(task, exc))
        return self._conclude(connection, self._call_with_retries(connection))

    def record_interruption(self) -> StageResult:
        """Return the record of this stage after its caller was interrupted."""
        message, hint = (
            "the run was interrupted while this stage ran; the service was told to stop",
            "run it again",
        )
        return self._record_failure(
            StageError(code="CANCELLED", where=self._task.where, hint=hint, message=message), 1
        )

    def _call_with_retries(self, connection: Connection) -> Outcome:
        deadline_s = self._clock.seconds() + self._task.timeout_s
        for pause_s in chain(pauses(self._task.retry), (math.inf,)):
            begun_s = self._clock.seconds()
            left_s = min(max(deadline_s - begun_s, 0.0), _LONGEST_S)
            outcome = call(
                connection, self._task.request, timeout_s=left_s, on_progress=self._on_progress
            )
            can_repeat = outcome.status == "UNAVAILABLE" and not outcome.may_have_begun
            wait_s = pause_s if can_repeat and self._clock.seconds() + pause_s < deadline_s else 0.0
            self._add_attempt(
                outcome.method, outcome.status, outcome.details, begun_s=begun_s, wait_s=wait_s
            )
            if not wait_s:
                break
            self._emit(Retrying(id=self._task.id, attempt=self._attempts[-1]))
            time.sleep(wait_s)
        return outcome

    def _add_attempt(
        self, method: str, status: str, message: str, *, begun_s: float, wait_s: float = 0.0
    ) -> None:
        self._attempts.append(
            Attempt(
                number=len(self._attempts) + 1,
                address=self._task.address,
                method=method,
                status=status,
                message=message,
                started=self._clock.at(begun_s),
                seconds=self._clock.seconds() - begun_s,
                wait_s=wait_s,
            )
        )

    def _on_wait(self, seconds: float, message: str) -> None:
        self._emit(
            Waiting(id=self._task.id, address=self._task.address, seconds=seconds, message=message)
        )

    def _on_progress(self, progress: pb.Progress) -> None:
        self._emit(
            Progress(
                id=self._task.id,
                phase=progress.phase,
                done=progress.done,
                total=progress.total,
                unit=progress.unit,
                seconds=self._clock.seconds() - self._start,
            )
        )

    def _conclude(self, connection: Connection, outcome: Outcome) -> StageResult:
        if outcome.status != "OK":
            return self._record_failure(*explain_status(self._task, connection, outcome))
        response = outcome.response
        if not response.success:
            error, exit_code = explain_failure(self._task, response)
            return self._record_failure(
                error, exit_code, response_bytes=outcome.response_bytes, message=response.message
            )
        return self._record_success(response, outcome.response_bytes)

    def _record_success(self, response: pb.ExecuteResponse, response_bytes: bytes) -> StageResult:
        seconds = self._clock.seconds() - self._start
        metrics = metrics_of(response)
        path = local_path(self._task.data_root, self._task.output_file)
        size = seen_size(path)
        if size is None or (
            metrics is not None and metrics.output_sha256 and size != metrics.bytes_out
        ):
            path = None  # the service wrote elsewhere: what lies here is another file
        sha256 = metrics.output_sha256 if metrics else ""
        return self._make_result(
            status="succeeded",
            output_path=path,
            response_bytes=response_bytes,
            metrics=metrics,
            seconds=seconds,
            message=response.message,
            output_sha256=sha256 or digest_later(path).result(),
        )

    def _record_failure(self, error: StageError, exit_code: int, **values: Any) -> StageResult:
        seconds = self._clock.seconds() - self._start
        return self._make_result(
            status="failed", error=error, exit_code=exit_code, seconds=seconds, **values
        )

    def _make_result(self, **values: Any) -> StageResult:
        task = self._task
        later = (
            self._input_sha256
        )  # a failure is not held up by a large input that is still being read
        found = (
            later.result() if later and (values["status"] == "succeeded" or later.done()) else ""
        )
        return StageResult(
            id=task.id,
            address=task.address,
            input_file=task.input_file,
            output_file=task.output_file,
            parameters=task.parameters,
            request_bytes=task.request,
            attempts=tuple(self._attempts),
            started=self._started,
            input_sha256=self._given_sha256 or found,
            reason=self._reason,
            **values,
        )
