"""``python -m services.dummy``: a service that delays, fails, crashes or hangs as asked.

Like the original's stand-in it does not need its input: it writes a few readings of its own, so
that a stage after it has something to read. Every call is counted, in the log and, with
``tell_calls``, in the answer's message.
"""

from __future__ import annotations

import itertools
import logging
import sys
from typing import Literal

from energykit.errors import StageFailedError
from energykit.serving import Output, StageContext, main, stage

__all__ = ["Code", "dummy"]

logger = logging.getLogger(__name__)

Code = Literal[
    "",
    "ABORTED",
    "ALREADY_EXISTS",
    "CANCELLED",
    "DATA_LOSS",
    "DEADLINE_EXCEEDED",
    "FAILED_PRECONDITION",
    "INTERNAL",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "OUT_OF_RANGE",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "UNIMPLEMENTED",
    "UNKNOWN",
]
"""Names of gRPC status codes; empty: none."""

_calls = itertools.count(1)


@stage("dummy")
def dummy(
    *,
    context: StageContext,
    success: bool = True,
    message: str = "",
    delay_s: float = 0.0,
    progress_steps: int = 0,
    fail_code: Code = "",
    fail_first_calls: int | None = None,
    crash: bool = False,
    hang: bool = False,
    rows: int = 1,
    tell_calls: bool = False,
) -> Output:
    """Succeed and write a few readings, or do what the request says.

    Parameters
    ----------
    context
        The call.
    success
        False: answer that the stage failed.
    message
        What the answer says; empty: ``Dummy processed IN to OUT``.
    delay_s
        Work that long first, in steps that end when nobody waits any more [s].
    progress_steps
        Report progress that often during the delay.
    fail_code
        End the call with this gRPC status, after the delay.
    fail_first_calls
        How many calls of this process `fail_code` is for; None: every one.
    crash
        End the process without an answer, after the delay.
    hang
        Never answer, also when cancelled, after the delay.
    rows
        How many readings to write; 0 writes a header alone.
    tell_calls
        Append the number of calls so far to the message: ``(call 3)``.

    Raises
    ------
    StageFailedError
        `success` is False.
    """
    from services.dummy.behaviour import end_process, hang_forever, readings

    call = next(_calls)
    logger.info("dummy: call %d: %s to %s", call, context.input_file, context.output_file)
    _delay(context, delay_s, progress_steps)
    if crash:
        end_process()
    if hang:
        hang_forever()
    said = (message or _sentence(context, success)) + (f" (call {call})" if tell_calls else "")
    if fail_code and (fail_first_calls is None or call <= fail_first_calls):
        context.abort(fail_code, said)
    if not success:
        raise StageFailedError(
            said,
            where="dummy",
            hint="the request asked for it: success is false",
            code="FAILED_PRECONDITION",
        )
    return Output(readings(rows), message=said)


def _sentence(context: StageContext, success: bool) -> str:
    verb = "processed" if success else "was asked not to process"
    return f"Dummy {verb} {context.input_file} to {context.output_file}"


def _delay(context: StageContext, delay_s: float, steps: int) -> None:
    """Pass the time, reporting progress; ends when nobody waits any more."""
    for step in range(1, max(steps, 1) + 1):
        context.wait(delay_s / max(steps, 1))
        if steps:
            context.progress("pretending", step, total=steps, unit="steps")


if __name__ == "__main__":
    sys.exit(main(dummy, preload=["services.dummy.behaviour"]))
