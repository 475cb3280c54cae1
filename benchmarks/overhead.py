"""What orchestration costs a stage: a run's stages and the bare stub on a warm channel, in turns.

A service in a process of its own answers at once. The same request goes to it through the generated
stub, and as the stages of a configuration through ``energykit.executor.steps``, with record and
logs.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from verdict import tell

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.config import PipelineConfig, parse_config
from energykit.executor import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STAGES = 30
ROUNDS = 20
TARGET_MS = 1.0


class Prompt(stubs.ContainerExecutorServicer):
    """Answers at once."""

    def Execute(self, request, context):
        """Answer."""
        return pb.ExecuteResponse(
            success=True, message="done", metrics=pb.StageMetrics(rows_in=1, rows_out=1)
        )

    def ExecuteStream(self, request, context):
        """Answer as the only event."""
        yield pb.ExecuteEvent(response=self.Execute(request, context))


def main() -> None:
    """Measure, and print the medians and their ratios."""
    show(measured())


def measured() -> dict[str, list[float]]:
    """Return the times of each way [ms]."""
    times: dict[str, list[float]] = {
        "bare stub, Execute": [],
        "bare stub, ExecuteStream": [],
        "energykit, steps": [],
    }
    with (
        served() as address,
        tempfile.TemporaryDirectory() as folder,
        grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel,
    ):
        stub, config = stubs.ContainerExecutorStub(channel), configuration(address)
        request = pb.ExecuteRequest(
            input_file="/data/1.csv", output_file="/data/2.csv", run_id="x" * 24
        )
        for _ in range(ROUNDS):
            times["bare stub, Execute"] += timed(lambda: stub.Execute(request, timeout=5))
            times["bare stub, ExecuteStream"] += timed(
                lambda: list(stub.ExecuteStream(request, timeout=5))
            )
            stages = steps(config, data_root=folder)
            times["energykit, steps"] += timed(lambda stages=stages: next(stages))
            stages.close()
    return times


def timed(call: Callable[[], object]) -> list[float]:
    """Return the time of each of `STAGES` calls but the first, which warms the channel [ms]."""
    taken = []
    for _ in range(STAGES):
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1e3)
    return taken[1:]


def show(times: dict[str, list[float]]) -> None:
    """Print a line for each way, and the difference."""
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    bare = medians["bare stub, Execute"]
    print(
        f"orchestration overhead per stage: median of {ROUNDS} x {STAGES - 1} calls, warm channel"
    )
    for name, median in medians.items():
        print(f"  {name:<26} {median:7.3f} ms   {median / bare:5.2f} x")
    overhead = medians["energykit, steps"] - bare
    tell("orchestration per stage, over Execute", overhead, "ms", at_most=TARGET_MS)


def configuration(address: str) -> PipelineConfig:
    """Return a chain of stages that all have the same address."""
    ids = [f"stage-{number:02d}" for number in range(STAGES)]
    containers = {
        one: {
            "id": one,
            "input_file": f"/data/{number}.csv",
            "output_file": f"/data/{number + 1}.csv",
            "next_node": ids[number + 1] if number + 1 < STAGES else None,
            "timeout_seconds": 5,
        }
        for number, one in enumerate(ids)
    }
    document = {
        "workflow_name": "overhead",
        "start_node": ids[0],
        "execution_mode": "sequential",
        "service_registry": dict.fromkeys(ids, address),
        "containers": containers,
    }
    return parse_config(json.dumps(document))


@contextmanager
def served() -> Iterator[str]:
    """Start the service as a process, and give its address."""
    command = [sys.executable, str(Path(__file__).resolve()), "--serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(10)


def serve() -> None:
    """Answer until stdin closes."""
    server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    stubs.add_ContainerExecutorServicer_to_server(Prompt(), server)
    print(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}", flush=True)
    server.start()
    sys.stdin.read()
    server.stop(0).wait(5)


if __name__ == "__main__":
    serve() if "--serve" in sys.argv else main()
