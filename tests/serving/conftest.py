"""Real servers on free ports, and services as real processes; all of them are ended."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path

import grpc
import pytest

from energykit._proto.energy_pipeline_pb2 import ExecuteRequest
from energykit._proto.energy_pipeline_pb2_grpc import ContainerExecutorStub
from energykit.serving import serve

ROOT = Path(__file__).resolve().parents[2]


class Client:
    """A client of one service, every call with a deadline."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.channel = grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
        self._stub = ContainerExecutorStub(self.channel)

    def execute(self, source="/data/in.csv", target="/data/out.csv", timeout=10, **parameters):
        return self._stub.Execute(request(source, target, **parameters), timeout=timeout)

    def future(self, source="/data/in.csv", target="/data/out.csv", timeout=10, **parameters):
        return self._stub.Execute.future(request(source, target, **parameters), timeout=timeout)

    def stream(self, source="/data/in.csv", target="/data/out.csv", timeout=10, **parameters):
        return self._stub.ExecuteStream(request(source, target, **parameters), timeout=timeout)

    def raw(self, method: str, data: bytes) -> bytes:
        return self.channel.unary_unary(method)(data, timeout=10)


def request(source: str, target: str, **parameters) -> ExecuteRequest:
    made = ExecuteRequest(input_file=source, output_file=target)
    made.parameters.update(parameters)
    return made


class Process:
    """A service as a process; its output is read as it comes."""

    def __init__(self, *arguments: str, module: str = "services.dummy", **options) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self.popen = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        self.log: deque[str] = deque()
        self._said = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.ready = self.popen.stdout.readline().strip()
        self.address = self.ready.removeprefix("READY ")

    def _read(self) -> None:
        for line in self.popen.stderr:
            with self._said:
                self.log.append(line)
                self._said.notify_all()

    def await_log(self, text: str, timeout: float = 10) -> None:
        with self._said:
            assert self._said.wait_for(lambda: any(text in line for line in self.log), timeout), (
                list(self.log)
            )

    def ended(self, timeout: float = 15) -> int:
        code = self.popen.wait(timeout)
        self._reader.join(timeout)
        return code

    def send(self, number: int) -> None:
        os.kill(self.popen.pid, number)

    def close(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait(10)
        self._reader.join(10)
        for pipe in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            pipe.close()


@pytest.fixture
def data_root(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    (root / "in.csv").write_bytes((ROOT / "tests" / "legacy" / "energy_data.csv").read_bytes())
    return root


@pytest.fixture
def connect():
    """Make clients of addresses; their channels are closed at the end."""
    with contextlib.ExitStack() as stack:

        def make(address: str) -> Client:
            client = Client(address)
            stack.callback(client.channel.close)
            return client

        yield make


@pytest.fixture
def client_of(data_root, connect):
    """Serve a stage in this process and return a client of it."""
    with contextlib.ExitStack() as stack:

        def make(stage, **options) -> Client:
            server = stack.enter_context(serve(stage, data_root=data_root, block=False, **options))
            return connect(server.address)

        yield make


@pytest.fixture
def start(data_root):
    """Start a service as a process on a free port."""
    with contextlib.ExitStack() as stack:

        def make(*arguments: str, **options) -> Process:
            process = Process("--data-root", str(data_root), *arguments, **options)
            stack.callback(process.close)
            return process

        yield make
