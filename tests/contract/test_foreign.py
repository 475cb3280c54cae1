"""Services of other libraries with `Execute` alone: `run` drives them, `conformance` agrees."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf import descriptor_pb2, struct_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

import energykit as ek
from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs

NODE = Path(__file__).parent / "node"
SERVING = health_pb2.HealthCheckResponse.SERVING


def execute(root: Path, request: pb.ExecuteRequest) -> pb.ExecuteResponse:
    """What a careful author of another stage writes."""

    def inside(name: str) -> Path:
        path = (root / name.removeprefix("/data").lstrip("/")).resolve()
        if not path.is_relative_to(root):
            raise ValueError(f"{name} is outside the data root")
        return path

    try:
        text = inside(request.input_file).read_text()
        target = inside(request.output_file)
        target.with_suffix(".tmp").write_text(text)
        target.with_suffix(".tmp").replace(target)
    except (OSError, ValueError) as exc:
        return pb.ExecuteResponse(success=False, message=str(exc))
    return pb.ExecuteResponse(success=True, message=f"copied to {request.output_file}")


@contextmanager
def grpcio(root):
    """The generated servicer, with one method written."""

    class Servicer(stubs.ContainerExecutorServicer):
        def Execute(self, request, context):
            return execute(root, request)

    server = grpc.server(ThreadPoolExecutor(4))
    stubs.add_ContainerExecutorServicer_to_server(Servicer(), server)
    status = health.HealthServicer()
    status.set("ContainerExecutor", SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0).wait()


@contextmanager
def in_a_loop(start):
    """Run a server in an event loop of its own thread."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    thread = threading.Thread(target=lambda: (loop.call_soon(ready.set), loop.run_forever()))
    thread.start()
    assert ready.wait(10)
    port, stop = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def grpc_aio(root):
    """grpc.aio, with one method written."""

    class Servicer(stubs.ContainerExecutorServicer):
        async def Execute(self, request, context):
            return execute(root, request)

    async def start():
        server = grpc.aio.server()
        stubs.add_ContainerExecutorServicer_to_server(Servicer(), server)
        status = health.aio.HealthServicer()
        await status.set("ContainerExecutor", SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(status, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return port, lambda: server.stop(0)

    return in_a_loop(start)


def grpclib(root):
    """grpclib, with handlers for two methods."""
    const = pytest.importorskip("grpclib.const", reason="needs grpclib: pip install grpclib")
    from grpclib.server import Server

    class Service:
        async def execute(self, stream):
            await stream.send_message(execute(root, await stream.recv_message()))

        async def check(self, stream):
            await stream.recv_message()
            await stream.send_message(health_pb2.HealthCheckResponse(status=SERVING))

        def __mapping__(self):
            unary = const.Cardinality.UNARY_UNARY
            return {
                "/ContainerExecutor/Execute": const.Handler(
                    self.execute, unary, pb.ExecuteRequest, pb.ExecuteResponse
                ),
                "/grpc.health.v1.Health/Check": const.Handler(
                    self.check, unary, health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse
                ),
            }

    async def start():
        server = Server([Service()])
        await server.start("127.0.0.1", 0)
        port = server._server.sockets[0].getsockname()[1]

        async def stop():
            server.close()
            await server.wait_closed()

        return port, stop

    return in_a_loop(start)


@contextmanager
def node(root, script):
    """A process of node."""
    modules = Path(os.environ.get("ENERGYKIT_NODE_MODULES", NODE / "node_modules"))
    if shutil.which("node") is None:
        pytest.skip("needs node 20: it is not on PATH")
    if not (modules / "@grpc").is_dir():
        pytest.skip(f"needs its packages: npm install --prefix {NODE}")
    folder = root.parent / "node"
    folder.mkdir()
    for path in (*NODE.glob("*.js"), NODE / "package.json"):
        shutil.copy(path, folder)
    (folder / "node_modules").symlink_to(modules)
    (folder / "descriptors").write_bytes(descriptors())
    process = subprocess.Popen(
        ["node", str(folder / script), str(folder / "descriptors"), str(root)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process.stdout.readline().removeprefix("READY ").strip()
    finally:
        process.kill()
        process.communicate(timeout=10)


def descriptors():
    """Return what a client of any language knows of the contract and of health."""
    files = descriptor_pb2.FileDescriptorSet()
    for module in (struct_pb2, pb, health_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    return files.SerializeToString()


SERVERS = {
    "grpcio": grpcio,
    "grpc.aio": grpc_aio,
    "grpclib": grpclib,
    "grpc-js": lambda root: node(root, "grpc-js.js"),
    "connect-node": lambda root: node(root, "connect.js"),
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_service_with_execute_alone_is_driven_and_keeps_the_contract(tmp_path, name):
    root = (tmp_path / "data").resolve()
    root.mkdir()
    (root / "in.csv").write_text("timestamp,household_id,power_consumption,voltage,current\n")
    config = tmp_path / "config.json"
    with SERVERS[name](root) as address:
        config.write_text(json.dumps(pipeline(address)))
        result = ek.run(config, data_root=root)
        found = ek.conformance(address, data_root=root)
    assert result.ok, result
    assert (root / "out.csv").read_bytes() == (root / "in.csv").read_bytes()
    assert found.ok, found
    optional = {entry.name for entry in found.findings if entry.verdict == "not offered"}
    assert any("ExecuteStream" in text for text in optional)
    assert any("Describe" in text for text in optional)
    assert any("artefact" in text for text in optional)


def pipeline(address):
    """A configuration of one foreign stage."""
    container = {
        "id": "foreign",
        "input_file": "/data/in.csv",
        "output_file": "/data/out.csv",
        "next_node": None,
        "timeout_seconds": 10,
    }
    return {
        "workflow_name": "foreign",
        "start_node": "foreign",
        "execution_mode": "sequential",
        "service_registry": {"foreign": address},
        "containers": {"foreign": container},
    }
