"""Real gRPC servers on free ports of loopback, and configurations that call them."""

from __future__ import annotations

import json
from concurrent import futures
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.config import PipelineConfig, parse_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Answering(stubs.ContainerExecutorServicer):
    """Keeps its requests; answers a response, a status, or progress and then one of them.

    What it answers once is in `answers`; after these it gives its usual answer.
    """

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.answers: list[Any] = []
        self.usual: Any = pb.ExecuteResponse(success=True, message="done")
        self.progress: list[pb.Progress] = []
        self.description: pb.ServiceDescription | None = None

    def Describe(
        self, request: pb.DescribeRequest, context: grpc.ServicerContext
    ) -> pb.ServiceDescription:
        return self.description or super().Describe(request, context)

    def Execute(
        self, request: pb.ExecuteRequest, context: grpc.ServicerContext
    ) -> pb.ExecuteResponse:
        self.requests.append(request.SerializeToString())
        answer = self.answers.pop(0) if self.answers else self.usual
        if isinstance(answer, tuple):
            context.abort(*answer)
        return answer(request, context) if callable(answer) else answer

    def ExecuteStream(
        self, request: pb.ExecuteRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ExecuteEvent]:
        for progress in self.progress:
            yield pb.ExecuteEvent(progress=progress)
        yield pb.ExecuteEvent(response=self.Execute(request, context))


class Port:
    """A server that listens."""

    def __init__(
        self, server: grpc.Server, port: int, servicer: Answering, health_servicer: Any
    ) -> None:
        self.server = server
        self.address = f"127.0.0.1:{port}"
        self.answering = servicer
        self.health = health_servicer


@pytest.fixture
def listen() -> Iterator[Callable[..., Port]]:
    """Start a server: of the contract or with generic handlers, with or without health."""
    ports: list[Port] = []

    def start(*handlers: grpc.GenericRpcHandler, has_health: bool = True, port: int = 0) -> Port:
        server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        answering, answers_health = Answering(), health.HealthServicer()
        if handlers:
            server.add_generic_rpc_handlers(handlers)
        else:
            stubs.add_ContainerExecutorServicer_to_server(answering, server)
        if has_health:
            health_pb2_grpc.add_HealthServicer_to_server(answers_health, server)
            answers_health.set("", health_pb2.HealthCheckResponse.SERVING)
        ports.append(
            Port(server, server.add_insecure_port(f"127.0.0.1:{port}"), answering, answers_health)
        )
        server.start()
        return ports[-1]

    yield start
    for one in ports:
        one.server.stop(0).wait(5)


@pytest.fixture
def port(listen: Callable[..., Port]) -> Port:
    return listen()


@pytest.fixture
def chain() -> Callable[..., PipelineConfig]:
    """Make a configuration of one stage after another, each at the address given for it."""

    def make(*addresses: str | list[str], timeout_s: float = 5, **fields: Any) -> PipelineConfig:
        ids = [f"stage-{number}" for number in range(1, len(addresses) + 1)]
        containers = {
            one: {
                "id": one,
                "input_file": f"/data/{number}.csv",
                "output_file": f"/data/{number + 1}.csv",
                "next_node": ids[number + 1] if number + 1 < len(ids) else None,
                "timeout_seconds": timeout_s,
                **fields,
            }
            for number, one in enumerate(ids)
        }
        return parse_config(
            json.dumps(document(ids[0], dict(zip(ids, addresses, strict=True)), containers))
        )

    return make


def document(start: str, registry: dict[str, Any], containers: dict[str, Any]) -> dict[str, Any]:
    return {
        "workflow_name": "test-pipeline",
        "start_node": start,
        "execution_mode": "sequential",
        "service_registry": registry,
        "containers": containers,
    }


@pytest.fixture
def writing(port, tmp_path):
    """A service that copies its input and a line of its own into its output; its digests."""

    def work(request, context):
        source = (
            tmp_path / request.input_file.removeprefix("/data/") if request.input_file else None
        )
        before = source.read_bytes() if source else b""
        said = request.parameters.SerializeToString(deterministic=True)
        (tmp_path / request.output_file.removeprefix("/data/")).write_bytes(before + said + b"\n")
        return pb.ExecuteResponse(success=True, message="copied")

    port.answering.usual = work
    return port


@pytest.fixture
def plan(chain, writing, tmp_path):
    """A chain of three stages at that service, and its input."""
    (tmp_path / "0.csv").write_bytes(b"input\n")
    return lambda **fields: chain(*[writing.address] * 3, **fields)


def statuses(result):
    return [stage.status for stage in result]
