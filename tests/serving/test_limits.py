"""Typed calls: places, decoded bytes and rows are bounded over all calls, and memory with them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import psutil
import pytest

from energykit._proto import energy_pb2 as data
from energykit._proto import energy_pb2_grpc as stubs
from energykit.serving import stage
from energykit.serving.limits import ServerLimits
from energykit.serving.probe import health_of

LARGEST_MB = 400
_OPTIONS = [
    ("grpc.max_receive_message_length", 64 << 20),
    ("grpc.max_send_message_length", 64 << 20),
]


def end_of(call, *arguments):
    try:
        call(*arguments, timeout=60)
    except grpc.RpcError as exc:
        return exc.code().name
    return "OK"


def eight_at_once(process, call, request):
    """Return how eight equal calls end, and the service's largest memory [MB]."""
    service, peak, is_over = psutil.Process(process.popen.pid), [0], threading.Event()

    def watch():
        while not is_over.is_set():
            peak[0] = max(peak[0], service.memory_info().rss >> 20)
            time.sleep(0.02)

    thread = threading.Thread(target=watch)
    thread.start()
    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(lambda _: end_of(call, request), range(8)))
    is_over.set()
    thread.join()
    return ends, peak[0]


def test_eight_large_requests_for_readings_keep_memory_small(start):
    process = start(module="services.energy_generator")
    with grpc.insecure_channel(process.address, options=_OPTIONS) as channel:
        call = stubs.EnergyGeneratorStub(channel).GenerateData
        ends, peak = eight_at_once(process, call, data.GenerateRequest(rows=250_000))
        assert end_of(call, data.GenerateRequest(rows=10)) == "OK"
        assert end_of(call, data.GenerateRequest(rows=250_001)) == "INVALID_ARGUMENT"
    assert set(ends) <= {"OK", "RESOURCE_EXHAUSTED"}
    assert "OK" in ends
    assert peak <= LARGEST_MB
    assert health_of(process.address) == "SERVING"


def test_eight_large_analyses_keep_memory_small(start):
    process = start(module="services.energy_analyzer")
    reading = data.RawEnergyData(
        timestamp="2025-01-01T00:00:00Z",
        household_id="HH-1",
        power_consumption="120.5",
        voltage="230.0",
        current="5.1",
    )
    request = data.AnalyzeRequest(data=[reading] * 200_000)
    with grpc.insecure_channel(process.address, options=_OPTIONS) as channel:
        call = stubs.EnergyAnalyzerStub(channel).AnalyzeData
        ends, peak = eight_at_once(process, call, request)
        assert end_of(call, data.AnalyzeRequest(data=[reading])) == "OK"
        assert end_of(call, data.AnalyzeRequest(data=[reading] * 400_000)) == "RESOURCE_EXHAUSTED"
    assert set(ends) <= {"OK", "RESOURCE_EXHAUSTED"}
    assert "OK" in ends
    assert peak <= LARGEST_MB


def test_streams_that_are_read_late_and_clients_that_vanish_cost_no_memory(start, connect):
    process = start()
    service = psutil.Process(process.popen.pid)
    assert connect(process.address).execute(timeout=20).success
    before = service.memory_info().rss >> 20
    unread = [connect(process.address).stream(progress_steps=100_000, timeout=60) for _ in range(4)]
    for _ in range(20):
        vanishing = grpc.insecure_channel(process.address)
        vanishing.unary_stream("/ContainerExecutor/ExecuteStream")(b"\x12\x05b.csv", timeout=60)
        vanishing.close()
    for number, call in enumerate(unread, 2):
        assert list(call)[-1].response.success, number
    assert (service.memory_info().rss >> 20) - before < 60
    assert health_of(process.address) == "SERVING"
    assert connect(process.address).execute(timeout=20).success


def test_a_typed_call_takes_a_place_of_the_stage(client_of, connect):
    may_end, has_begun = threading.Event(), threading.Event()

    class Slow(stubs.EnergyGeneratorServicer):
        def GenerateData(self, request, context):
            has_begun.set()
            may_end.wait(10)
            return data.GenerateResponse()

    @stage("keeps")
    def keeps() -> str:
        return "kept"

    def register(server, root):
        stubs.add_EnergyGeneratorServicer_to_server(Slow(), server)

    client = client_of(keeps, also=[register], limits=ServerLimits(concurrency=1))
    call = stubs.EnergyGeneratorStub(client.channel).GenerateData
    future = call.future(data.GenerateRequest(), timeout=20)
    assert has_begun.wait(10)
    with pytest.raises(grpc.RpcError, match="keeps already runs 1 calls"):
        client.execute()
    may_end.set()
    future.result()
    assert client.execute().success
