"""Calls over gRPC: progress, deadlines, cancellation, limits."""

from __future__ import annotations

import threading
import time

import grpc
import polars as pl
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from energykit.serving import Output, StageContext, serve, stage
from energykit.serving.server import ServerLimits


class Gate:
    """A stage that waits inside until it is let go, and says how it ended."""

    def __init__(self) -> None:
        self.inside = threading.Semaphore(0)
        self.go = threading.Event()
        self.cancelled = threading.Event()

        @stage("gate")
        def gate(*, context: StageContext, patient: bool = False) -> Output:
            self.inside.release()
            while not self.go.wait(0.01):
                if context.cancelled and not patient:
                    self.cancelled.set()
                    context.check()
            return Output(self.frame(context))

        self.stage = gate

    def frame(self, context):
        yield pl.DataFrame({"x": [1]})
        yield pl.DataFrame({"x": [2]})

    def entered(self) -> None:
        assert self.inside.acquire(timeout=10)


@pytest.fixture
def gate():
    made = Gate()
    yield made
    made.go.set()


def status_of(call) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code()


def test_a_stream_is_progress_and_then_the_response(client_of):
    @stage("steps")
    def steps(*, context: StageContext) -> Output:
        for step in range(1, 4):
            context.progress("thinking", step, total=3, unit="steps")
            context.wait(0.15)
        return Output("done")

    events = list(client_of(steps).stream())
    assert [event.WhichOneof("event") for event in events] == ["progress"] * 3 + ["response"]
    assert [
        (e.progress.phase, e.progress.done, e.progress.total, e.progress.unit) for e in events[:-1]
    ] == [("thinking", step, 3, "steps") for step in (1, 2, 3)]
    assert events[-1].response.success


def test_progress_is_sent_at_most_ten_times_a_second_and_ends_with_the_last(client_of):
    @stage("busy")
    def busy(*, context: StageContext) -> Output:
        ends = time.monotonic() + 0.5
        step = 0
        while time.monotonic() < ends:
            step += 1
            context.progress("counting", step)
        context.progress("counted", step)
        return Output(None)

    *progress, last = client_of(busy).stream()
    assert 2 <= len(progress) <= 8
    assert progress[-1].progress.phase == "counted"
    assert last.response.success


def test_a_failed_stage_ends_its_stream_with_the_typed_error(client_of):
    @stage("copy")
    def copy(readings: pl.LazyFrame) -> pl.LazyFrame:
        return readings

    *_, last = client_of(copy).stream(source="/etc/passwd")
    assert (last.response.success, last.response.error.code) == (False, "INVALID_ARGUMENT")


@pytest.mark.parametrize("method", ["future", "stream"])
def test_a_deadline_stops_the_stage_and_leaves_the_target(client_of, data_root, gate, method):
    (data_root / "out.csv").write_text("as it was")
    client = client_of(gate.stage)
    started = time.monotonic()
    call = getattr(client, method)(timeout=0.5)
    assert (
        status_of(lambda: list(call) if method == "stream" else call.result())
        is grpc.StatusCode.DEADLINE_EXCEEDED
    )
    assert time.monotonic() - started < 1.0
    assert gate.cancelled.wait(10)
    assert (data_root / "out.csv").read_text() == "as it was"
    gate.go.set()
    assert client.execute(timeout=5).success  # the service goes on


@pytest.mark.parametrize("method", ["future", "stream"])
def test_a_cancelled_call_reaches_the_stage(client_of, data_root, gate, method):
    call = getattr(client_of(gate.stage), method)(timeout=20)
    gate.entered()
    call.cancel()
    assert gate.cancelled.wait(10)
    assert not (data_root / "out.csv").exists()


def test_cancelling_while_writing_leaves_the_target_and_no_other_file(data_root, connect):
    writing, cancelled = threading.Event(), threading.Event()

    @stage("endless")
    def endless(*, context: StageContext) -> Output:
        def batches():
            try:
                while True:
                    yield pl.DataFrame({"x": range(1000)})
                    writing.set()
            finally:
                cancelled.set()

        return Output(batches())

    (data_root / "out.csv").write_text("as it was")
    with serve(endless, data_root=data_root, block=False) as server:
        call = connect(server.address).future(timeout=20)
        assert writing.wait(10)
        call.cancel()
        assert cancelled.wait(10)
        until = time.monotonic() + 10
        while server.running and time.monotonic() < until:
            time.sleep(0.005)
        assert server.running == 0
    assert (data_root / "out.csv").read_text() == "as it was"
    assert sorted(path.name for path in data_root.iterdir()) == ["in.csv", "out.csv"]


def test_a_lazy_stage_stops_reading_when_its_client_is_gone(data_root, connect):
    rows = (data_root / "in.csv").read_bytes().splitlines(keepends=True)
    (data_root / "big.csv").write_bytes(rows[0] + b"".join(rows[1:]) * 200_000)

    @stage("copy")
    def copy(readings: pl.LazyFrame) -> pl.LazyFrame:
        return readings

    with serve(copy, data_root=data_root, block=False) as server:
        call = connect(server.address).stream(source="/data/big.csv", timeout=60)
        assert next(call).progress.done > 0
        call.cancel()
        until = time.monotonic() + 10
        while server.running and time.monotonic() < until:
            time.sleep(0.005)
        assert server.running == 0
    assert not (data_root / "out.csv").exists()


def test_calls_run_side_by_side(client_of, gate):
    client = client_of(gate.stage)
    calls = [client.future(target=f"/data/{number}.csv") for number in range(4)]
    for _ in calls:
        gate.entered()
    gate.go.set()
    assert all(call.result().success for call in calls)


def test_more_calls_than_places_are_refused_and_health_still_answers(client_of, gate):
    client = client_of(gate.stage, limits=ServerLimits(concurrency=2))
    running = [client.future(target=f"/data/{number}.csv") for number in range(2)]
    gate.entered()
    gate.entered()
    with pytest.raises(grpc.RpcError) as caught:
        client.execute()
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "already runs 2 calls" in caught.value.details()
    health = health_pb2_grpc.HealthStub(client.channel).Check(
        health_pb2.HealthCheckRequest(), timeout=5
    )
    assert health.status == health_pb2.HealthCheckResponse.SERVING
    gate.go.set()
    assert all(call.result().success for call in running)
    assert client.execute().success


@pytest.mark.slow
def test_a_flood_is_refused_and_the_service_is_healthy_afterwards(client_of, gate):
    client = client_of(gate.stage)
    calls = [client.future(timeout=30, patient=True) for _ in range(2000)]
    gate.entered()
    until = time.monotonic() + 20
    while sum(call.done() for call in calls) < 1900 and time.monotonic() < until:
        time.sleep(0.01)
    gate.go.set()
    codes = {call.code() for call in calls}
    assert codes == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert client.execute().success


def test_a_message_over_the_limit_is_refused(client_of, gate):
    client = client_of(gate.stage, limits=ServerLimits(message_bytes=1 << 16))
    assert (
        status_of(lambda: client.execute(source="x" * (1 << 17)))
        is grpc.StatusCode.RESOURCE_EXHAUSTED
    )
    gate.go.set()
    assert client.execute().success


def test_a_stage_may_end_its_call_with_a_status(client_of):
    @stage("away")
    def away(*, context: StageContext) -> Output:
        context.abort("UNAVAILABLE", "back at noon")

    client = client_of(away)
    for call in (client.execute, lambda: list(client.stream())):
        with pytest.raises(grpc.RpcError) as caught:
            call()
        assert (caught.value.code(), caught.value.details()) == (
            grpc.StatusCode.UNAVAILABLE,
            "back at noon",
        )


@pytest.mark.parametrize(
    "text", ["no room; ", "kein Zähler für Straße 5; ", "電力計がありません。", "100 %; "]
)
def test_a_status_with_a_long_text_keeps_its_code_for_any_client(client_of, text):
    """The client here has gRPC's own limits, as the original orchestrator has."""
    whole = text * (12_000 // len(text))

    @stage("away")
    def away(*, context: StageContext) -> Output:
        context.abort("UNAVAILABLE", whole)

    client = client_of(away)
    for call in [client.execute, lambda: list(client.stream())] * 15:
        with pytest.raises(grpc.RpcError) as caught:
            call()
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        said, _, cut = caught.value.details().partition("… (")
        assert whole.startswith(said)
        assert len(said) > 500
        assert cut == f"{len(whole) - len(said):,} more characters)"
