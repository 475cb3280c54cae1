"""One call of a stage: with progress where the service offers it, without where it does not."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message import DecodeError

from energykit._proto.energy_pipeline_pb2 import ExecuteEvent, ExecuteResponse
from energykit.executor.connection import end_call
from energykit.executor.grpc_wording import (
    says_broken_connection,
    says_never_connected,
)
from energykit.executor.heartbeat import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable

    from energykit._proto import energy_pipeline_pb2
    from energykit.executor.connection import Connection
    from energykit.executor.heartbeat import Heartbeat
    from energykit.masking import Metadata, Secrets

__all__ = ["Outcome", "call", "extract_response"]

_STREAM = "ExecuteStream"
_NEARLY = 0.9
"""From this share of the deadline on, a service that reports one means this one."""
_CONTINUES = 0x80
"""Set in every byte of a varint but its last."""
_RESPONSE_TAG = b"\x12"
"""Field 2 of an ExecuteEvent, length-delimited."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a call ended."""

    method: str
    """``"ExecuteStream"`` or ``"Execute"``."""
    status: str
    """Name of the gRPC status code."""
    details: str = ""
    """What the status said."""
    response_bytes: bytes = b""
    """The ExecuteResponse as it came; empty where none came."""
    may_have_begun: bool = True
    """Whether the service may have begun to work on the stage."""
    is_silent: bool = False
    """The call was ended because the service showed no sign of life."""
    is_own_deadline: bool = False
    """DEADLINE_EXCEEDED is this client's deadline, not one that the service reports."""

    @property
    def response(self) -> ExecuteResponse:
        """The response, decoded."""
        return ExecuteResponse.FromString(self.response_bytes)

    @property
    def lacks_method(self) -> bool:
        """Whether the server does not have the method, whatever it says: no message came."""
        return self.status == "UNIMPLEMENTED" and not self.may_have_begun

    @property
    def never_connected(self) -> bool:
        """Whether no connection came about at all."""
        return self.status == "UNAVAILABLE" and says_never_connected(self.details)

    def masked(self, secrets: Secrets) -> Outcome:
        """Return the outcome without the secrets that the service repeats."""
        if not secrets:
            return self
        response = self.response
        is_changed = secrets.mask_message(response)
        data = response.SerializeToString() if is_changed else self.response_bytes
        return replace(self, details=secrets.mask(self.details), response_bytes=data)


def call(
    connection: Connection,
    request: bytes,
    *,
    timeout_s: float,
    on_progress: Callable[[energy_pipeline_pb2.Progress], None],
    heartbeat: Heartbeat,
    headers: Metadata = (),
) -> Outcome:
    """Ask a service to execute a stage and return how that ended; no status is raised.

    Parameters
    ----------
    connection
        To the stage's service.
    request
        Bytes of an ExecuteRequest.
    timeout_s
        Deadline [s].
    on_progress
        Called with each progress event; what it raises cancels the call.
    heartbeat
        Ends the call if the service shows no sign of life.
    headers
        gRPC metadata that goes with the call.
    """
    begun_s = time.monotonic()
    outcome = None
    if connection.offers_stream:
        stream = connection.execute_stream(request, timeout=timeout_s, metadata=headers)
        outcome = _stream(connection, stream, on_progress, heartbeat)
        if outcome.lacks_method:
            connection.offers_stream, outcome = False, None
    outcome = outcome or _unary(connection, request, timeout_s, headers)
    if outcome.status == "DEADLINE_EXCEEDED":
        has_passed = time.monotonic() - begun_s >= _NEARLY * timeout_s
        return replace(outcome, is_own_deadline=has_passed)
    return outcome


def _stream(
    connection: Connection,
    stream: Any,
    on_progress: Callable[[energy_pipeline_pb2.Progress], None],
    heartbeat: Heartbeat,
) -> Outcome:
    response: bytes | None = None
    pulse = Pulse(ask=connection.shows_life, end=lambda: end_call(stream))
    has_begun = False
    try:
        with heartbeat.watch(pulse):
            for data in stream:
                has_begun = True
                pulse.beat()
                found = _handle_event(data, on_progress)
                response = response if found is None else found
    except grpc.RpcError as exc:
        outcome = _fail(_STREAM, exc, has_begun=has_begun)
        return _silence(outcome, heartbeat.limit_s) if pulse.is_silent else outcome
    except DecodeError:
        return _end_badly(_STREAM, "the answer is not an ExecuteEvent")
    finally:
        end_call(stream)
    if response is None:
        return _end_badly(_STREAM, "the stream ended without a response")
    return Outcome(method=_STREAM, status="OK", response_bytes=response)


def _handle_event(
    data: bytes, on_progress: Callable[[energy_pipeline_pb2.Progress], None]
) -> bytes | None:
    """Hand a progress event on, or return the bytes of the response."""
    event = ExecuteEvent.FromString(data)
    if event.HasField("progress"):
        on_progress(event.progress)
        return None
    return extract_response(data) if event.HasField("response") else None


def extract_response(event: bytes) -> bytes:
    """Return the bytes of the response inside an ExecuteEvent, as they came."""
    if event[:1] != _RESPONSE_TAG:
        return ExecuteEvent.FromString(event).response.SerializeToString()
    end = next(at for at in range(1, len(event)) if event[at] < _CONTINUES)
    length = sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(event[1 : end + 1]))
    return event[end + 1 : end + 1 + length]


def _unary(connection: Connection, request: bytes, timeout_s: float, headers: Metadata) -> Outcome:
    try:
        response = connection.execute(request, timeout=timeout_s, metadata=headers)
        ExecuteResponse.FromString(response)
    except grpc.RpcError as exc:
        return _fail("Execute", exc, has_begun=False)
    except DecodeError:
        return _end_badly("Execute", "the answer is not an ExecuteResponse")
    return Outcome(method="Execute", status="OK", response_bytes=response)


def _end_badly(method: str, details: str) -> Outcome:
    return Outcome(method=method, status="INTERNAL", details=details)


def _fail(method: str, exc: Any, *, has_begun: bool) -> Outcome:
    details = exc.details() or ""
    return Outcome(
        method=method,
        status=exc.code().name,
        details=details,
        may_have_begun=has_begun or _may_have_begun(exc, details),
    )


def _silence(outcome: Outcome, limit_s: float) -> Outcome:
    details = f"no progress and no sign of life for {limit_s:g} s"
    return replace(outcome, status="UNAVAILABLE", details=details, is_silent=True)


def _may_have_begun(exc: Any, details: str) -> bool:
    """Return whether work may have begun before a status that came before any message."""
    if exc.code() is grpc.StatusCode.UNIMPLEMENTED:
        return False
    if exc.code() is grpc.StatusCode.UNAVAILABLE:
        return bool(exc.initial_metadata()) or says_broken_connection(details)
    return True
