"""Faults of the course, each really done to a local service of its own, and what the user sees."""

from __future__ import annotations

import json
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from energykit.config import PipelineConfig, parse_config
from energykit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from energykit.executor import Event
    from energykit.results import RunResult

__all__ = ["FAULTS", "FaultOutcome", "InjectedFault", "inject_fault", "one_stage"]

_STAND_IN = "dummy"
"""Id of the service that misbehaves as a request asks."""
_CONNECT_BUDGET_S = 0.5
_LONG_S = 30.0


@dataclass(frozen=True, kw_only=True)
class FaultOutcome:
    """What the user sees of a fault."""

    code: str
    """Name of the gRPC status code, or of the error where nothing was called."""
    message: str
    """What happened."""
    hint: str
    """What to do next."""
    exit_code: int
    """Of ``energykit run``."""
    result: RunResult | None = None
    """The record; None where nothing ran."""


@dataclass(frozen=True, kw_only=True)
class InjectedFault:
    """A fault that a learner can inject."""

    title: str
    """For a list."""
    about: str
    """What is done, as a sentence."""
    does: Callable[[PipelineConfig, Path], RunResult]
    """Does it on a data root, and returns what became of the run."""


def one_stage() -> PipelineConfig:
    """Return a configuration of one stage, for those who have none at hand."""
    container = {
        "id": "stage",
        "input_file": "",
        "output_file": "/data/readings.csv",
        "next_node": "",
    }
    text = {
        "workflow_name": "one stage",
        "start_node": "stage",
        "service_registry": {"stage": "127.0.0.1:50051"},
        "containers": {"stage": container},
    }
    return parse_config(json.dumps(text), file="one-stage.json")


def inject_fault(name: str, config: PipelineConfig, data_root: Path) -> FaultOutcome:
    """Inject a fault, and return what the user sees of it.

    Parameters
    ----------
    name
        One of `FAULTS`.
    config
        What is run; its first stage meets the fault.
    data_root
        Where its files and logs go.

    Raises
    ------
    energykit.errors.ServiceStartError
        The service that is to misbehave did not start.
    """
    try:
        result = FAULTS[name].does(config, data_root)
    except ConfigError as exc:
        first = exc.faults[0]
        where = f"{first.file}:{first.line}:{first.column}: {first.what}"
        return FaultOutcome(
            code="no call was made", message=where, hint=first.hint, exit_code=exc.exit_code
        )
    error = result[config.start_node].error
    if error is None:
        return FaultOutcome(
            code="OK",
            message=result[config.start_node].message,
            hint="",
            exit_code=0,
            result=result,
        )
    return FaultOutcome(
        code=error.code,
        message=error.message,
        hint=error.hint,
        exit_code=result.exit_code,
        result=result,
    )


def _run(
    config: PipelineConfig,
    data_root: Path,
    address: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    timeout_s: float = 10.0,
    on_event: Callable[[Event], None] | None = None,
) -> RunResult:
    """Run a configuration whose first stage is called at an address, with parameters, deadline."""
    from energykit.executor import run  # imports grpc

    first = config.containers[config.start_node]
    asked = replace(first, input_file="", parameters=parameters or {}, timeout_s=timeout_s)
    changed = replace(config, containers={**config.containers, first.id: asked})
    return run(
        changed,
        data_root=data_root,
        addresses={first.id: address},
        on_event=on_event,
        connect_budget_s=_CONNECT_BUDGET_S,
    )


def _nobody(config: PipelineConfig, data_root: Path) -> RunResult:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and nobody listens there, nor can begin to
        return _run(config, data_root, f"127.0.0.1:{held.getsockname()[1]}")


def _other_contract(config: PipelineConfig, data_root: Path) -> RunResult:
    with _packaged_server() as address:
        return _run(config, data_root, address)


@contextmanager
def _packaged_server() -> Iterator[str]:
    """Serve the contract as it would be with ``package energy``: healthy, under another name."""
    import grpc  # only where it is served
    from grpc_health.v1 import health, health_pb2_grpc  # as above

    with ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads, options=[("grpc.so_reuseport", 0)])
        health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
        answers: dict[str, Any] = {
            "Execute": grpc.unary_unary_rpc_method_handler(lambda request, _: request)
        }
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("energy.ContainerExecutor", answers),)
        )
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(grace=None).wait()


def _stand_in(
    timeout_s: float = 10.0, /, **parameters: Any
) -> Callable[[PipelineConfig, Path], RunResult]:
    """Return what asks the stand-in service, started for it, to misbehave."""

    def does(config: PipelineConfig, data_root: Path) -> RunResult:
        from energykit.launcher import local_services  # imports grpc

        with local_services([_STAND_IN], data_root=data_root, stop_grace_s=1.0) as started:
            address = started.addresses[_STAND_IN]
            return _run(config, data_root, address, parameters=parameters, timeout_s=timeout_s)

    return does


def _killed(config: PipelineConfig, data_root: Path) -> RunResult:
    """Kill the service with the first progress that it reports."""
    from energykit.executor import Progress  # imports grpc
    from energykit.launcher import local_services  # as above

    with local_services([_STAND_IN], data_root=data_root) as started:
        child = started.processes[_STAND_IN]

        def kill(event: Event) -> None:
            if isinstance(event, Progress):
                os.kill(
                    child.pid, getattr(signal, "SIGKILL", signal.SIGTERM)
                )  # Windows has TERM alone: it kills

        work = {"delay_s": _LONG_S, "progress_steps": 300}
        address = started.addresses[_STAND_IN]
        return _run(config, data_root, address, parameters=work, timeout_s=_LONG_S, on_event=kill)


def _cycle(config: PipelineConfig, data_root: Path) -> RunResult:
    """Load the configuration with its last stage leading back to its first."""
    from energykit.executor import run  # imports grpc

    return run(parse_config(_with_cycle(config), file=config.file), data_root=data_root)


def _with_cycle(config: PipelineConfig) -> str:
    last = config.order[-1]
    containers = {
        name: {
            "id": name,
            "input_file": one.input_file,
            "output_file": one.output_file,
            "next_node": config.start_node if name == last else list(one.next_nodes),
        }
        for name, one in config.containers.items()
    }
    registry = {name: list(addresses) for name, addresses in config.service_registry.items()}
    text = {
        "workflow_name": config.workflow_name,
        "start_node": config.start_node,
        "service_registry": registry,
        "containers": containers,
    }
    return json.dumps(text, indent=2)


FAULTS: Mapping[str, InjectedFault] = {
    "none": InjectedFault(
        title="no fault", about="The service runs and does its work.", does=_stand_in()
    ),
    "not running": InjectedFault(
        title="the service does not run",
        about="The call goes to a port where nothing listens.",
        does=_nobody,
    ),
    "wrong contract": InjectedFault(
        title="the service speaks another contract",
        about=(
            "A healthy server offers /energy.ContainerExecutor/Execute; the client calls"
            " /ContainerExecutor/Execute."
        ),
        does=_other_contract,
    ),
    "success=false": InjectedFault(
        title="the stage answers success=false",
        about="The service answers gRPC OK, and says in the message that the stage failed.",
        does=_stand_in(success=False),
    ),
    "bad parameter": InjectedFault(
        title="a parameter is misspelt",
        about="The request asks for dealy_s; the service knows delay_s.",
        does=_stand_in(dealy_s=1.0),
    ),
    "deadline": InjectedFault(
        title="the deadline passes",
        about="The service works for 2 s; the deadline is 0.3 s.",
        does=_stand_in(0.3, delay_s=2.0),
    ),
    "killed": InjectedFault(
        title="the service is killed mid-run",
        about="The process of the service is killed when it reports its first progress.",
        does=_killed,
    ),
    "cycle": InjectedFault(
        title="the configuration has a cycle",
        about="The last stage leads back to the first one.",
        does=_cycle,
    ),
}
"""Faults by name."""
