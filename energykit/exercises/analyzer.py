"""Check of notebook 04: calls that end in every way, each really made to a local service."""

from __future__ import annotations

import random
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from energykit._proto.energy_pipeline_pb2 import ExecuteRequest, ExecuteResponse
from energykit.contract import ENDINGS
from energykit.exercises.silence import silence_stderr
from energykit.exercises.verdict import Verdict, right, wrong
from energykit.launcher import local_services
from energykit.temporary_folder import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["check_diagnose"]

_METHOD = "/ContainerExecutor/Execute"
_STRANGE = (
    "/energy.ContainerExecutor/Execute",
    "/ContainerExecuter/Execute",
    "/ContainerExecutor/Run",
)
"""Methods that no service of the kit has: a package too many, a typo, another name."""
_REFUSALS = (
    "ABORTED",
    "ALREADY_EXISTS",
    "DATA_LOSS",
    "FAILED_PRECONDITION",
    "INTERNAL",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "OUT_OF_RANGE",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "UNAUTHENTICATED",
    "UNKNOWN",
)
"""Every code is asked for: a list of a few is not enough."""
_EACH = 2
_PATIENCE_S = 10.0
_NAMES = tuple(one.name for one in ENDINGS)


@dataclass(frozen=True, kw_only=True)
class _Call:
    """One call that is to be diagnosed."""

    name: str
    """How it ends; one of the names of `ENDINGS`."""
    address: str
    """Where it is made."""
    method: str = _METHOD
    """What is called."""
    timeout_s: float = _PATIENCE_S
    """How long it may take [s]."""
    parameters: tuple[tuple[str, Any], ...] = ()
    """Of the request."""

    def make(self) -> ExecuteResponse:
        """Call, and return the response; raise `grpc.RpcError` for an error status."""
        request = ExecuteRequest(output_file="/data/check.csv")
        request.parameters.update(dict(self.parameters))
        with grpc.insecure_channel(self.address) as channel:
            method = channel.unary_unary(
                self.method,
                request_serializer=ExecuteRequest.SerializeToString,
                response_deserializer=ExecuteResponse.FromString,
            )
            response: ExecuteResponse = method(request, timeout=self.timeout_s)
            return response


@silence_stderr()
def check_diagnose(diagnose: object, *, seed: int = 0) -> Verdict:
    """Check a function that names how a call ended.

    Calls are made to a service that is started for it, and to a port where nobody listens.

    Parameters
    ----------
    diagnose
        The learner's: takes a function without arguments that makes a call (it returns an
        ``ExecuteResponse`` or raises `grpc.RpcError`), returns one of the names of
        `energykit.contract.ENDINGS`.
    seed
        Decides the order of the calls, and their details.

    Raises
    ------
    energykit.errors.ServiceStartError
        The service did not start.
    """
    if not callable(diagnose):
        return wrong(
            f"diagnose is {diagnose!r}, not a function",
            "write def diagnose(call): … and return a name",
        )
    rng = random.Random(seed)  # made-up failures
    with (
        temporary_folder("exercise") as folder,
        local_services(["dummy"], data_root=folder) as services,
        _nowhere() as nowhere,
    ):
        calls = _calls(rng, services.addresses["dummy"], nowhere)
        for number, call in enumerate(calls, 1):
            verdict = _check_answer(diagnose, call, f"call {number} of {len(calls)}")
            if verdict is not None:
                return verdict
    return right(
        f"{len(calls)} calls to real services, {len(_NAMES)} kinds of endings, each by its name."
    )


def _calls(rng: random.Random, address: str, nowhere: str) -> list[_Call]:
    """Return some calls of each ending, in a random order."""
    calls = []
    for _ in range(_EACH):
        calls += [
            _Call(name="nobody there", address=nowhere),
            _Call(name="another contract", address=address, method=rng.choice(_STRANGE)),
            _Call(
                name="too late",
                address=address,
                timeout_s=0.2,
                parameters=(("delay_s", rng.uniform(2, 4)),),
            ),
            _Call(
                name="the stage failed",
                address=address,
                parameters=(("success", False), ("message", _words(rng))),
            ),
            _Call(name="fine", address=address, parameters=(("message", _words(rng)),)),
        ]
    calls += [
        _Call(name="refused", address=address, parameters=(("fail_code", code),))
        for code in _REFUSALS
    ]
    rng.shuffle(calls)
    return calls


@contextmanager
def _nowhere() -> Iterator[str]:
    """Hold an address at which nobody listens, nor can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


def _words(rng: random.Random) -> str:
    """Return a message that does not say how the call ended."""
    return rng.choice(
        ("done", "failed to be boring", "UNAVAILABLE is a word", "all went well, or not", "error 0")
    )


def _check_answer(
    diagnose: Callable[[Callable[[], ExecuteResponse]], object], call: _Call, said: str
) -> Verdict | None:
    try:
        answer = diagnose(call.make)
    except grpc.RpcError as exc:
        text = f"{said}: diagnose let an error through: {exc.code().name}, {exc.details()}"
        return wrong(
            text, "call() raises grpc.RpcError where the call ends with an error: try and except"
        )
    except LookupError as exc:
        text = f"{said}: a look-up in diagnose found nothing: {type(exc).__name__}: {exc}"
        return wrong(text, "the call ended as it should; your table needs an answer for every code")
    except Exception as exc:  # noqa: BLE001  # the learner's code may raise anything
        text = f"{said}: diagnose raised {type(exc).__name__}: {exc}"
        return wrong(text, "call() returns a response, or raises grpc.RpcError: which has a code?")
    if answer == call.name:
        return None
    if answer not in _NAMES:
        return wrong(
            f"{said}: diagnose gave {answer!r}",
            f"one of {', '.join(repr(name) for name in _NAMES)}",
        )
    return wrong(f"{said} is not {answer!r}", _hint(call))


def _hint(call: _Call) -> str:
    if call.name in {"the stage failed", "fine"}:
        return (
            "the call returned a response: what does its field success say? a message is for people"
        )
    return "which status code does the error have? error.code() tells; the table says what it means"
