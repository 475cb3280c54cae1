"""Runs in a process whose gRPC calls OpenTelemetry's own instrumentation wraps."""

from __future__ import annotations

import threading

import polars as pl
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.executor import run
from energykit.serving import serve, stage

instrumentation = pytest.importorskip(
    "opentelemetry.instrumentation.grpc",
    reason="needs it: pip install opentelemetry-instrumentation-grpc",
)


@pytest.fixture(autouse=True)
def instrumented():
    client = instrumentation.GrpcInstrumentorClient()
    client.instrument()
    yield
    client.uninstrument()


def test_a_stage_is_driven_with_its_progress(port, chain, tmp_path):
    port.answering.progress = [pb.Progress(phase="reading", done=5, unit="rows")]
    seen = []
    result = run(chain(port.address), data_root=tmp_path, on_event=seen.append)
    assert result["stage-1"].message == "done"
    assert result["stage-1"].attempts[-1].method == "ExecuteStream"
    assert [event.done for event in seen if hasattr(event, "done")] == [5]


def test_a_failure_is_the_services_own(port, chain, tmp_path):
    port.answering.usual = pb.ExecuteResponse(success=False, message="no readings")
    result = run(chain(port.address), data_root=tmp_path)
    assert (result.exit_code, result["stage-1"].error.message) == (1, "no readings")


def test_a_deadline_ends_the_call(port, chain, tmp_path):
    over = threading.Event()

    def hang(request, context):
        context.add_callback(over.set)
        over.wait(30)
        return pb.ExecuteResponse()

    port.answering.usual = hang
    result = run(chain(port.address, timeout_s=0.5), data_root=tmp_path)
    assert result.exit_code == 4
    assert over.wait(5)  # the service was asked to stop


@stage("copy")
def copy(readings: pl.LazyFrame) -> pl.LazyFrame:
    return readings


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_stage_reads_a_file_that_no_stage_wrote(chain, tmp_path, is_shared):
    here = tmp_path / "here"
    there = here if is_shared else tmp_path / "there"
    for folder in {here, there}:
        folder.mkdir()
    text = "timestamp,household_id,power_consumption,voltage,current\n"
    (here / "0.csv").write_text(f"{text}2025-01-01T00:00:00Z,HH-1,120.5,230.0,5.1\n")
    with serve(copy, data_root=there, block=False) as server:
        result = run(chain(server.address, timeout_s=60), data_root=here)
        assert result.raise_for_failure()["stage-1"].frame().shape[0] == 1
    assert len(result["stage-1"].transfers) == (not is_shared)
