"""What every probe uses, of what both builds offer: data roots, services, calls, commands."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.config import parse_config
from energykit.serving import serve, stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl

HEAD = "timestamp,household_id,power_consumption,voltage,current"
LINE = "2025-01-01T00:00:00Z,HH-{},120.5,230.0,5.1"
MB = 1 << 20

FAULTS: dict[str, tuple[str, Callable[[], str]]] = {}
"""What is done, and the probe that does it, by the number of the fault."""


def fault(number: str, what: str) -> Callable[[Callable[[], str]], Callable[[], str]]:
    """Keep a probe under the number of its fault, with what it does in words."""

    def keep(probe: Callable[[], str]) -> Callable[[], str]:
        FAULTS[number] = what, probe
        return probe

    return keep


@stage("copy")
def copy(readings: pl.LazyFrame) -> pl.LazyFrame:
    """Give the readings back."""
    return readings


@stage("halve")
def halve(readings: pl.LazyFrame) -> pl.LazyFrame:
    """Give the half of the readings."""
    return readings.limit(1)


@contextlib.contextmanager
def root_of(*lines: str) -> Iterator[Path]:
    """Yield a data root with ``in.csv``, by default of two readings."""
    with tempfile.TemporaryDirectory() as folder:
        rows = lines or (LINE.format(1), LINE.format(2))
        Path(folder, "in.csv").write_text("\n".join([HEAD, *rows, ""]), encoding="utf-8")
        yield Path(folder)


@contextlib.contextmanager
def served(what: Any, root: Path) -> Iterator[tuple[Any, str]]:
    """Yield a stub of a served stage, and its address."""
    with (
        serve(what, data_root=root, block=False) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        yield stubs.ContainerExecutorStub(channel), server.address


def ask(stub: Any, source: str, target: str, timeout: float = 60.0, **parameters: Any) -> str:
    """Call Execute; return what came of it in few words."""
    request = pb.ExecuteRequest(input_file=source, output_file=target)
    request.parameters.update(parameters)
    try:
        answer = stub.Execute(request, timeout=timeout)
    except grpc.RpcError as exc:
        return str(exc.code().name)
    return "success" if answer.success else str(answer.error.code or "failed")


def plan(*stages: tuple[str, str, str, str], **parameters: Any) -> Any:
    """Return a configuration of a chain: id, address, input and output of each stage."""
    followers = [one[0] for one in stages[1:]] + [None]
    containers = {
        name: {
            "id": name,
            "input_file": source,
            "output_file": target,
            "next_node": after,
            "timeout_seconds": 60,
            "parameters": parameters,
        }
        for (name, _, source, target), after in zip(stages, followers, strict=True)
    }
    document = {"workflow_name": "probe", "start_node": stages[0][0], "containers": containers}
    document |= {"service_registry": {name: address for name, address, *_ in stages}}
    return parse_config(json.dumps(document | {"execution_mode": "sequential"}))


@contextlib.contextmanager
def program(module: str, root: Path) -> Iterator[tuple[Any, str]]:
    """Yield the process of a shipped service and its address; the process is killed."""
    words = [sys.executable, "-m", module, "--port", "0", "--data-root", str(root)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.kill()


def channel_to(address: str) -> grpc.Channel:
    """Return a channel that takes messages of any size."""
    return grpc.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)])


@contextlib.contextmanager
def answering(answer: Callable[[Any, grpc.ServicerContext], Any], **more: Any) -> Iterator[str]:
    """Yield the address of a service that has Execute, and what else is given."""
    execute = grpc.unary_unary_rpc_method_handler(
        answer, pb.ExecuteRequest.FromString, pb.ExecuteResponse.SerializeToString
    )
    methods = {"Execute": execute, **more}
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("ContainerExecutor", methods),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


def command(*arguments: str, before: str = "", timeout: float = 110.0) -> Any:
    """Run the command line of this build, after some words of a shell."""
    words = [sys.executable, "-m", "energykit", *arguments]
    if before:
        words = ["unshare", "-m", "-n", "sh", "-c", f'{before}; exec "$@"', "sh", *words]
    return subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False)


def stage_config(root: Path, **changes: Any) -> str:
    """Write a configuration of one dummy, and return its path."""
    node = {"id": "dummy", "input_file": "", "output_file": "/data/out.csv", "next_node": None}
    node |= {"timeout_seconds": 30, "parameters": {}} | changes
    document = {"workflow_name": "probe", "start_node": "dummy", "execution_mode": "sequential"}
    document |= {"service_registry": {"dummy": "127.0.0.1:1"}, "containers": {"dummy": node}}
    path = root / "plan.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)
