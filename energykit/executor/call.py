"""One call of a stage: with progress where the service offers it, without where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message import DecodeError

from energykit._proto.energy_pipeline_pb2 import ExecuteEvent, ExecuteResponse
from energykit.executor.grpc_wording import says_broken_connection, says_never_connected

if TYPE_CHECKING:
    from collections.abc import Callable

    from energykit._proto import energy_pipeline_pb2
    from energykit.executor.connection import Connection

__all__ = ["Outcome", "call"]


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


def call(
    connection: Connection,
    request: bytes,
    *,
    timeout_s: float,
    on_progress: Callable[[energy_pipeline_pb2.Progress], None],
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
    """
    if connection.offers_stream:
        outcome = _stream(connection, request, timeout_s, on_progress)
        if not outcome.lacks_method:
            return outcome
        connection.offers_stream = False
    return _unary(connection, request, timeout_s)


def _stream(
    connection: Connection,
    request: bytes,
    timeout_s: float,
    on_progress: Callable[[energy_pipeline_pb2.Progress], None],
) -> Outcome:
    name = "ExecuteStream"
    response: bytes | None = None
    has_begun = False
    stream = connection.execute_stream(request, timeout=timeout_s)
    try:
        for data in stream:
            has_begun = True
            event = ExecuteEvent.FromString(data)
            if event.HasField("progress"):
                on_progress(event.progress)
            elif event.HasField("response"):
                response = extract_response(data)
    except grpc.RpcError as exc:
        return _fail(name, exc, has_begun=has_begun)
    except DecodeError:
        return Outcome(method=name, status="INTERNAL", details="the answer is not an ExecuteEvent")
    finally:
        _cancel(stream)
    if response is None:
        return Outcome(
            method=name, status="INTERNAL", details="the stream ended without a response"
        )
    return Outcome(method=name, status="OK", response_bytes=response)


def extract_response(event: bytes) -> bytes:
    """Return the bytes of the response inside an event, as they came."""
    if event[:1] != b"\x12":  # field 2, length-delimited
        return ExecuteEvent.FromString(event).response.SerializeToString()
    end = next(at for at in range(1, len(event)) if event[at] < 0x80)  # noqa: PLR2004  # last byte of the length
    length = sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(event[1 : end + 1]))
    return event[end + 1 : end + 1 + length]


def _unary(connection: Connection, request: bytes, timeout_s: float) -> Outcome:
    try:
        response = connection.execute(request, timeout=timeout_s)
        ExecuteResponse.FromString(response)
    except grpc.RpcError as exc:
        return _fail("Execute", exc, has_begun=False)
    except DecodeError:
        return Outcome(
            method="Execute", status="INTERNAL", details="the answer is not an ExecuteResponse"
        )
    return Outcome(method="Execute", status="OK", response_bytes=response)


def _fail(method: str, exc: Any, *, has_begun: bool) -> Outcome:
    details = exc.details() or ""
    return Outcome(
        method=method,
        status=exc.code().name,
        details=details,
        may_have_begun=has_begun or _may_have_begun(exc, details),
    )


def _may_have_begun(exc: Any, details: str) -> bool:
    """Return whether work may have begun before a status that came before any message."""
    if exc.code() is grpc.StatusCode.UNIMPLEMENTED:
        return False
    if exc.code() is grpc.StatusCode.UNAVAILABLE:
        return bool(exc.initial_metadata()) or says_broken_connection(details)
    return True


def _cancel(stream: Any) -> None:
    """End a call; instrumentation may have wrapped it in a generator, which can only be closed."""
    end = getattr(stream, "cancel", None) or getattr(stream, "close", None)
    if end is not None:
        end()
