"""What a failed call means: what happened, where, what to do next, and the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.executor.endpoint_probe import list_services, probe, probe_contract
from energykit.executor.grpc_wording import says_deadline_passed, says_unknown_method
from energykit.executor.termination import Terminated
from energykit.results import StageError

if TYPE_CHECKING:
    from energykit._proto.energy_pipeline_pb2 import ExecuteResponse
    from energykit.errors import ServiceUnreachableError
    from energykit.executor.call import Outcome
    from energykit.executor.connection import Connection
    from energykit.executor.task import Task

__all__ = ["explain_failure", "explain_interruption", "explain_refusal", "explain_status"]

_FAILED, _UNREACHABLE, _DEADLINE = 1, 3, 4


def explain_refusal(task: Task, error: ServiceUnreachableError) -> tuple[StageError, int]:
    """Explain that no call could be made."""
    message = f"could not reach {task.id} at {task.address}: {error.what}"
    return StageError(
        code=error.code, where=task.where, hint=error.hint, message=message
    ), _UNREACHABLE


def explain_failure(task: Task, response: ExecuteResponse) -> tuple[StageError, int]:
    """Explain ``success=false``, in the service's own words where it has some."""
    code = response.error.code or "UNKNOWN"
    message = response.message or "the service answered success=false and gave no message"
    hint = response.error.hint or task.log_hint
    error = StageError(
        code=code, where=response.error.where or task.where, hint=hint, message=message
    )
    return error, _DEADLINE if code == "DEADLINE_EXCEEDED" else _FAILED


def explain_status(
    task: Task, connection: Connection, outcome: Outcome, *, run_limit_passed: bool = False
) -> tuple[StageError, int]:
    """Explain a call that ended with an error status."""
    if outcome.status == "DEADLINE_EXCEEDED":
        message, hint = _explain_deadline(task, outcome, run_limit_passed=run_limit_passed)
        exit_code = _DEADLINE
    else:
        message, hint, exit_code = _describe_outcome(task, connection, outcome)
    return StageError(code=outcome.status, where=task.where, hint=hint, message=message), exit_code


def explain_interruption(task: Task, cause: BaseException) -> tuple[StageError, int]:
    """Explain that the run was ended while a stage ran: by Ctrl-C, a signal, a listener."""
    by = f" by {cause.signal_name}" if isinstance(cause, Terminated) else ""
    message = f"the run was interrupted{by} while this stage ran; the service was asked to stop"
    return StageError(
        code="CANCELLED", where=task.where, hint="run it again", message=message
    ), _FAILED


def _explain_deadline(task: Task, outcome: Outcome, *, run_limit_passed: bool) -> tuple[str, str]:
    if not outcome.is_own_deadline:
        return _repeat_status(outcome), task.log_hint
    if run_limit_passed:
        what = "no answer within the limit of the whole run; the service was asked to stop"
        return what, f"raise the run's limit_s, or {task.log_hint}"
    hint = f"raise timeout_seconds of {task.id!r} in the configuration, or {task.log_hint}"
    what = f"no answer within {task.timeout_s:g} s, its deadline; the service was asked to stop"
    if not says_deadline_passed(outcome.details):
        what += f"; it says: {outcome.details}"
    return what, hint


def _describe_outcome(task: Task, connection: Connection, outcome: Outcome) -> tuple[str, str, int]:
    if outcome.lacks_method and _is_another_contract(connection, outcome.details):
        seen = probe_contract(connection.channel, outcome.details)
        return seen.what, seen.hint, _UNREACHABLE
    if outcome.status == "UNAVAILABLE":
        return *_explain_unavailable(task, outcome), _UNREACHABLE
    return _repeat_status(outcome), task.log_hint, _FAILED


def _repeat_status(outcome: Outcome) -> str:
    text = f"the service ended the call with {outcome.status}"
    return f"{text}: {outcome.details}" if outcome.details else text


def _is_another_contract(connection: Connection, details: str) -> bool:
    """Return whether UNIMPLEMENTED is the server's word on the method, not the stage's own."""
    offered = list_services(connection.channel)
    return says_unknown_method(details) or (
        offered is not None and "ContainerExecutor" not in offered
    )


def _explain_unavailable(task: Task, outcome: Outcome) -> tuple[str, str]:
    if outcome.is_silent:
        text = f"{outcome.details}: the service at {task.address} is stopped, frozen or cut off"
        return (
            text,
            f"look whether its process runs, start it again, then run again; {task.log_hint}",
        )
    if outcome.never_connected:
        seen = probe(task.addresses)
        return f"could not reach {task.id} at {task.address}: {seen.what}", seen.hint
    if outcome.may_have_begun:
        text = (
            "the connection broke while the stage was running: the service was stopped or killed"
            f" ({outcome.details})"
        )
        return text, f"start the service again and run again; {task.log_hint}"
    return f"the service is not available: {outcome.details}", f"run again later; {task.log_hint}"
