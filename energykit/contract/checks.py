"""The checks: each asks a service for one thing that the contract asks for."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health_pb2

from energykit._proto.energy_pipeline_pb2 import ExecuteEvent, ExecuteRequest, ExecuteResponse
from energykit.artifacts import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from energykit.contract.record import Verdict
    from energykit.executor.connection import Connection

__all__ = ["ORIGINAL", "ContractBrokenError", "NotOfferedError", "NotReachedError", "Subject"]

FOLDER = "conformance"
"""Folder in the data root that gets a sample and outputs."""
_UNKNOWN_FIELD = b"\x9a\x06\x02hi"
"""Field 99, a text: no version of the contract has it."""
_NO_FILE = f"/data/{FOLDER}/no-such-file.csv"
_NO_OUTPUT = "the stage did not write its output: see above"


class ContractBrokenError(Exception):
    """The contract is broken; the text says how, and what to do."""

    verdict: Verdict = "failed"


class NotOfferedError(Exception):
    """An optional part of the contract is not there."""

    verdict: Verdict = "not offered"


class NotReachedError(Exception):
    """What the check needs was not there, as another check says."""

    verdict: Verdict = "not asked"


@dataclass(frozen=True)
class Subject:
    """The service that is asked, and what it is asked with."""

    connection: Connection
    """To the service."""
    input_file: str
    """What it is to read, as a request names it."""
    output_file: str
    """What it is to write."""
    data_root: Path | None
    """Its data root, where this process can see it."""
    timeout_s: float
    """Deadline of each call [s]."""

    def request(
        self, *, input_file: str | None = None, output_file: str | None = None
    ) -> ExecuteRequest:
        """Return a request, with other files where they are named."""
        return ExecuteRequest(
            input_file=self.input_file if input_file is None else input_file,
            output_file=self.output_file if output_file is None else output_file,
        )

    def execute(self, data: bytes) -> ExecuteResponse:
        """Call Execute with the bytes of a request."""
        return ExecuteResponse.FromString(self.connection.execute(data, timeout=self.timeout_s))

    def output(self) -> Path | None:
        """Return where the output is on this machine, None where it cannot be seen."""
        return (
            self.data_root / Path(self.output_file).relative_to("/data") if self.data_root else None
        )


def _health(subject: Subject) -> str:
    for name in ("", "ContainerExecutor"):
        try:
            answer = _ask_health(subject, name)
        except grpc.RpcError as exc:
            text = f"Check({name!r}) ended with {exc.code().name}: "
            text += f"register grpc.health.v1.Health and set {name!r}"
            raise ContractBrokenError(text) from None
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            raise ContractBrokenError(
                f"Check({name!r}) did not say SERVING: set its status when the server starts"
            )
    return "SERVING"


def _ask_health(subject: Subject, service: str) -> health_pb2.HealthCheckResponse:
    call = subject.connection.channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    return call(health_pb2.HealthCheckRequest(service=service), timeout=subject.timeout_s)


def _execute(subject: Subject) -> str | None:
    if subject.data_root is None:
        return None
    output = subject.output()
    if output is not None and output.is_file():
        output.unlink()  # of another time: it would hide that nothing is written now
    response = subject.execute(subject.request().SerializeToString())
    if not response.success:
        raise ContractBrokenError(
            f"the stage failed: {response.message or 'no message'}; "
            "give input_file if it needs another input"
        )
    if not response.message:
        raise ContractBrokenError("message is empty: say in one sentence what was done")
    if output is not None and not output.is_file():
        raise ContractBrokenError(
            f"success=true, but {subject.output_file} is not there: /data means the data root"
        )
    return response.message


def _unknown_field(subject: Subject) -> str | None:
    if subject.data_root is None:
        return None
    if not subject.execute(subject.request().SerializeToString() + _UNKNOWN_FIELD).success:
        raise ContractBrokenError(
            "field 99 made it fail: pass over fields that are not in the .proto"
        )
    return "field 99 was passed over"


def _missing_input(subject: Subject) -> str:
    request = subject.request(input_file=_NO_FILE)
    response = subject.execute(request.SerializeToString())
    if response.success:
        raise NotOfferedError(
            "success=true: this service reads no input, or does not look whether it is there"
        )
    if not response.message:
        raise ContractBrokenError("message is empty: name the file that is missing")
    return response.message


def _outside(subject: Subject) -> str:
    response = subject.execute(
        subject.request(output_file="/data/../conformance-outside.csv").SerializeToString()
    )
    outside = subject.data_root.parent / "conformance-outside.csv" if subject.data_root else None
    was_written = outside is not None and outside.exists()
    if was_written and outside is not None:
        outside.unlink()
    if response.success or was_written:
        raise ContractBrokenError(
            "'..' led out of the data root: resolve the path and refuse what is not inside"
        )
    return response.message or "refused"


def _kept(subject: Subject) -> str | None:
    output = subject.output()
    if output is None:
        return None
    if not subject.execute(subject.request().SerializeToString()).success or not output.is_file():
        raise NotReachedError(_NO_OUTPUT)
    before, has_failed = digest(output), True
    with contextlib.suppress(grpc.RpcError):  # how it says that it failed is another check
        has_failed = not subject.execute(
            subject.request(input_file=_NO_FILE).SerializeToString()
        ).success
    if not has_failed:
        raise NotOfferedError("this service reads no input, and did not fail")
    if not output.is_file() or digest(output) != before:
        raise ContractBrokenError(
            "the old output is gone or changed: write beside it and rename when all is well"
        )
    return "the old output is untouched"


def _repeatable(subject: Subject) -> str | None:
    output = subject.output()
    if output is None:
        return None
    digests = set()
    for _ in range(2):
        if (
            not subject.execute(subject.request().SerializeToString()).success
            or not output.is_file()
        ):
            raise NotReachedError(_NO_OUTPUT)
        digests.add(digest(output))
    if len(digests) > 1:
        raise ContractBrokenError(
            "two equal requests gave different files: "
            "seed what is random, leave out the time of day"
        )
    return f"sha256 {digests.pop()[:12]}… twice"


def _metrics(subject: Subject) -> str | None:
    if subject.data_root is None:
        return None
    response = subject.execute(subject.request().SerializeToString())
    if not response.HasField("metrics"):
        raise NotOfferedError("no metrics: rows, digest and seconds would be shown to the user")
    metrics, output = response.metrics, subject.output()
    if metrics.rows_skipped != sum(one.rows for one in metrics.skipped):
        raise ContractBrokenError("rows_skipped is not the sum of its reasons")
    if metrics.rows_skipped > metrics.rows_in:
        raise ContractBrokenError("more rows were skipped than read")
    if (
        output is not None
        and output.is_file()
        and metrics.output_sha256 not in ("", digest(output))
    ):
        raise ContractBrokenError(
            "output_sha256 is not the digest of the file: take it of the bytes as they are written"
        )
    return f"{metrics.rows_in} rows in, {metrics.rows_out} out, {metrics.rows_skipped} skipped"


def _unknown_parameter(subject: Subject) -> str:
    request = subject.request()
    request.parameters.update({"no_such_parameter": 1})
    response = subject.execute(request.SerializeToString())
    if response.success:
        raise NotOfferedError("it was ignored: a mistyped parameter would go unseen")
    if "no_such_parameter" not in response.message + response.error.where + response.error.hint:
        raise ContractBrokenError("the refusal does not name the parameter")
    return response.message


def _stream(subject: Subject) -> str | None:
    if subject.data_root is None:
        return None
    last, progress = None, 0
    try:
        stream = subject.connection.execute_stream(
            subject.request().SerializeToString(), timeout=subject.timeout_s
        )
        for data in stream:
            if last is not None:
                raise ContractBrokenError(
                    "an event came after the response: the response is the last one"
                )
            event = ExecuteEvent.FromString(data)
            progress += event.HasField("progress")
            last = event.response if event.HasField("response") else None
    except grpc.RpcError as exc:
        if exc.code() is grpc.StatusCode.UNIMPLEMENTED:
            raise NotOfferedError(
                "UNIMPLEMENTED: clients fall back to Execute, and see no progress"
            ) from None
        raise
    if last is None or not last.success:
        raise ContractBrokenError(
            "the stream ended without a response of success, though Execute gives one"
        )
    if not last.message:
        raise ContractBrokenError(
            "the response at the end of the stream has no message, though that of Execute has one"
        )
    return f"{progress} progress events, then the response"


ORIGINAL: dict[str, Callable[[Subject], str | None]] = {
    "health says SERVING, for the server and for ContainerExecutor": _health,
    "Execute runs a stage and answers success=true with a sentence": _execute,
    "a request with an unknown field is run all the same": _unknown_field,
    "a missing input is answered with success=false, not with an error status": _missing_input,
    "an output outside the data root is refused, and nothing is written there": _outside,
    "a stage that fails leaves the output of the last good call as it was": _kept,
    "the same request gives the same bytes": _repeatable,
    "metrics add up, and the digest is that of the file": _metrics,
    "an unknown parameter is refused by name": _unknown_parameter,
    "ExecuteStream ends with one response, as Execute gives it": _stream,
}
"""Every check of the contract without its additions; each returns what was seen, or None where it
cannot be asked.
"""
