"""Many calls at once: a service bounds its memory, refuses what is too much, and stays healthy."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import psutil

from energykit._proto import energy_pb2 as data
from energykit._proto import energy_pb2_grpc as stubs
from energykit.serving.probe import health_of

CALLS = int(os.environ.get("ENERGYKIT_CALLS", "600"))
"""10,000 with ``make test-long``."""
AT_ONCE = 200
LARGEST_MB = 400
_OPTIONS = [("grpc.max_receive_message_length", 64 << 20)]


@contextmanager
def watching_memory(pid):
    """Yield the largest memory of a process so far, as the only item of a list [MB]."""
    service, peak, is_over = psutil.Process(pid), [0], threading.Event()

    def watch():
        while not is_over.wait(0.02):
            peak[0] = max(peak[0], service.memory_info().rss >> 20)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        is_over.set()
        thread.join()


def code_of(call):
    try:
        call()
    except grpc.RpcError as exc:
        return exc.code().name
    return "OK"


def when_there_is_a_place(call):
    ends = time.monotonic() + 120
    while (code := code_of(call)) == "RESOURCE_EXHAUSTED" and time.monotonic() < ends:
        time.sleep(0.05)  # as a client is asked to: "try again later"
    return code


def test_a_flood_with_eight_large_typed_calls_stays_within_its_memory(start, connect):
    process = start(module="services.energy_generator")
    clients = [connect(process.address) for _ in range(8)]
    large = data.GenerateRequest(rows=250_000)

    def run_stage(number):
        target = f"/data/out/{number % AT_ONCE}.csv"
        return code_of(lambda: clients[number % 8].execute("", target, timeout=120))

    def ask_for_readings(_):
        with grpc.insecure_channel(process.address, options=_OPTIONS) as channel:
            call = stubs.EnergyGeneratorStub(channel).GenerateData
            return when_there_is_a_place(lambda: call(large, timeout=120))

    begun_s = time.monotonic()
    with (
        watching_memory(process.popen.pid) as peak,
        ThreadPoolExecutor(8) as few,
        ThreadPoolExecutor(AT_ONCE) as many,
    ):
        typed = [few.submit(ask_for_readings, client) for client in clients]
        codes = Counter(many.map(run_stage, range(CALLS)))
        typed_codes = Counter(future.result() for future in typed)
    seconds = time.monotonic() - begun_s
    print(f"{CALLS} calls, {AT_ONCE} at once: {dict(codes)}, 8 typed calls of 250,000 rows: ")
    print(f"{dict(typed_codes)}, {peak[0]} MB at most, {seconds:.0f} s")
    assert set(codes) <= {"OK", "RESOURCE_EXHAUSTED"}
    assert codes["OK"] > 0
    assert typed_codes == {"OK": 8}
    assert 0 < peak[0] <= LARGEST_MB
    assert health_of(process.address) == "SERVING"
    assert clients[0].execute("", "/data/out/last.csv", timeout=30).success
    process.await_log("/data/out/last.csv", timeout=30)
