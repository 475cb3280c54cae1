"""One stage being executed: its service is waited for and called, again where that is allowed."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING

from energykit.credentials import check_listener, is_loopback
from energykit.distribution import DISTRIBUTION
from energykit.errors import EnergykitError, ServiceUnreachableError
from energykit.executor.call import Outcome, call
from energykit.executor.endpoint_probe import split_address
from energykit.executor.event import Progress, Retrying, Waiting
from energykit.executor.explanation import (
    explain_failure,
    explain_interruption,
    explain_refusal,
    explain_status,
)
from energykit.executor.input_transfer import move_inputs
from energykit.executor.input_watch import InputWatch
from energykit.executor.message import clean_text, request_bytes
from energykit.executor.retry import pauses
from energykit.executor.secret import resolve, secret_places
from energykit.executor.stage_record import StageRecorder
from energykit.masking import Secrets, secret_header
from energykit.results import Attempt, StageError, StageResult
from energykit.telemetry import SILENT

if TYPE_CHECKING:
    from energykit._proto import energy_pipeline_pb2 as pb
    from energykit.executor.connection import Connection
    from energykit.executor.context import RunContext
    from energykit.executor.task import Task
    from energykit.telemetry import Span

__all__ = ["StageExecution"]

_LONGEST_S = 1e9
"""gRPC takes deadlines of more than some centuries for past ones [s]."""


class StageExecution:
    """One stage being executed.

    Parameters
    ----------
    task
        What is to be done.
    context
        What it shares with the other stages of the run.
    reason
        Why it is run again, in a run that resumes another one.
    span
        Records it, where telemetry is on.
    """

    def __init__(
        self, task: Task, context: RunContext, *, reason: str = "", span: Span = SILENT
    ) -> None:
        self._task = task
        self._context = context
        self._clock = context.clock
        self._begun_s = context.clock.seconds()
        self._record = StageRecorder(task, context, reason)
        self._secrets = Secrets()
        self._span = span

    def run(self) -> StageResult:
        """Execute the stage and return what became of it; a failure is returned, not raised."""
        task, begun_s = self._task, self._clock.seconds()
        try:
            request = self._make_request()
            connection = self._context.connect(task)
            connection.wait_until_serving(task.connect_budget_s, self._on_wait)
            self._check_listeners()
            self._context.stop.check()
            self._record.transfers = move_inputs(task, connection, self._context)
        except ServiceUnreachableError as exc:
            self._add_attempt("connect", exc.code, exc.what, begun_s=begun_s)
            return self._record.record_failure(*explain_refusal(task, exc))
        except EnergykitError as exc:
            error = StageError(code=exc.code, where=exc.where, hint=exc.hint, message=exc.what)
            return self._record.record_failure(error, exc.exit_code)
        versions = self._record.service_versions = connection.service_versions
        watch = InputWatch(task, self._context, are_said=DISTRIBUTION in versions)
        self._record.look_before_call(watch)
        return self._conclude(connection, self._call_with_retries(connection, request))

    def record_interruption(self, cause: BaseException) -> StageResult:
        """Return the record of this stage after its caller was interrupted."""
        return self._record.record_failure(*explain_interruption(self._task, cause))

    def _make_request(self) -> bytes:
        """Return the request with its secrets; the record keeps one without them."""
        task = self._task
        parameters = resolve(
            task.parameters, self._secrets, folder=task.config_folder, where=task.id
        )
        self._record.request = request_bytes(
            task.inputs, task.output_file, task.parameters, task.run_id
        )
        if not self._secrets:
            return self._record.request
        return request_bytes(task.inputs, task.output_file, parameters, task.run_id)

    def _check_listeners(self) -> None:
        """Refuse to send secrets to another user of this machine who took a service's place."""
        credentials = self._task.credentials
        if self._secrets and not (credentials and credentials.tls):
            for address in self._task.addresses:
                if is_loopback(split_address(address)[0]):
                    check_listener(address)

    def _call_with_retries(self, connection: Connection, request: bytes) -> Outcome:
        task = self._task
        deadline_s = min(self._clock.seconds() + task.timeout_s, self._context.deadline_s)
        headers = (*self._span.headers, *secret_header(secret_places(task.parameters)))
        for pause_s in chain(pauses(task.retry), (math.inf,)):
            begun_s = self._clock.seconds()
            left_s = min(max(deadline_s - begun_s, 0.0), _LONGEST_S)
            outcome = call(
                connection,
                request,
                timeout_s=left_s,
                on_progress=self._on_progress,
                heartbeat=self._context.heartbeat,
                headers=headers,
            ).masked(self._secrets)
            is_in_time = self._clock.seconds() + pause_s < deadline_s
            wait_s = pause_s if is_in_time and self._can_repeat(outcome) else 0.0
            details = clean_text(outcome.details)
            self._add_attempt(
                outcome.method, outcome.status, details, begun_s=begun_s, wait_s=wait_s
            )
            if not wait_s:
                break
            self._emit_retry()
            self._context.stop.wait(wait_s)
            self._context.stop.check()
        self._context.stop.check()
        return outcome

    def _can_repeat(self, outcome: Outcome) -> bool:
        """Return whether a call may be repeated: no work began, or another replica can do it."""
        if outcome.status != "UNAVAILABLE" or outcome.is_silent:
            return False
        return not outcome.may_have_begun or len(self._task.addresses) > 1

    def _emit_retry(self) -> None:
        self._context.emit(Retrying(id=self._task.id, attempt=self._record.attempts[-1]))

    def _add_attempt(
        self, method: str, status: str, message: str, *, begun_s: float, wait_s: float = 0.0
    ) -> None:
        self._record.attempts.append(
            Attempt(
                number=len(self._record.attempts) + 1,
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
        task = self._task
        self._context.emit(
            Waiting(id=task.id, address=task.address, seconds=seconds, message=clean_text(message))
        )

    def _on_progress(self, progress: pb.Progress) -> None:
        self._context.emit(
            Progress(
                id=self._task.id,
                phase=self._clean(progress.phase),
                done=progress.done,
                total=progress.total,
                unit=self._clean(progress.unit),
                seconds=self._clock.seconds() - self._begun_s,
            )
        )

    def _clean(self, text: str) -> str:
        return clean_text(self._secrets.mask(text))

    def _conclude(self, connection: Connection, outcome: Outcome) -> StageResult:
        if outcome.status != "OK":
            has_run_out = self._clock.seconds() >= self._context.deadline_s
            explained = explain_status(
                self._task, connection, outcome, run_limit_passed=has_run_out
            )
            return self._record.record_failure(*explained)
        response = outcome.response
        if not response.success:
            return self._record.record_failure(*explain_failure(self._task, response), response)
        return self._record.record_success(response, outcome.response_bytes)
