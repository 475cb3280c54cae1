"""A service as a process: its ready line, its signals, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import grpc
import pytest

from energykit.serving.probe import health_of

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")


def test_ready_is_printed_when_it_serves(start):
    service = start()
    assert service.ready.startswith("READY 127.0.0.1:")
    assert health_of(service.address) == "SERVING"


@posix
def test_sigterm_lets_a_running_call_finish_and_exits_0(start, connect, data_root):
    service = start()
    call = connect(service.address).future(delay_s=0.8)
    service.await_log("call 1")
    service.send(signal.SIGTERM)
    service.await_log("finishing 1 running calls")
    assert call.result().success
    assert service.ended() == 0
    assert (data_root / "out.csv").exists()


@posix
def test_a_draining_service_takes_no_more_calls(start, connect):
    service = start()
    running = connect(service.address).future(delay_s=2)
    service.await_log("call 1")
    service.send(signal.SIGTERM)
    service.await_log("finishing 1 running calls")
    refused = None
    while refused is None and not running.done():  # the log's line comes just before the refusals
        try:
            connect(service.address).execute(timeout=5)
        except grpc.RpcError as exc:
            refused = exc
    assert refused.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
    assert running.result().success


@posix
def test_sigint_ends_quietly(start):
    service = start()
    service.send(signal.SIGINT)
    assert service.ended() == 0
    assert not [line for line in service.log if "Traceback" in line or "ERROR" in line]


@posix
def test_sigint_ends_it_also_when_data_frames_are_loaded(start, connect):
    service = start()  # polars puts a handler before ours that wakes nobody
    assert connect(service.address).execute(timeout=20).success
    service.send(signal.SIGINT)
    assert service.ended() == 0


@posix
def test_a_stage_that_ignores_its_cancellation_does_not_keep_the_process(start, connect):
    service = start("--grace-s", "0.2")
    call = connect(service.address).future(hang=True, timeout=30)
    service.await_log("call 1")
    started = time.monotonic()
    service.send(signal.SIGTERM)
    assert service.ended() == 0
    assert time.monotonic() - started < 5
    assert call.exception() is not None


def test_the_end_of_stdin_ends_it(start):
    service = start("--exit-with-stdin")
    service.popen.stdin.write("anything\n")
    service.popen.stdin.flush()
    assert health_of(service.address) == "SERVING"
    service.popen.stdin.close()
    assert service.ended(5) == 0


def test_a_closed_stdin_is_nothing_without_being_asked(start):
    service = start()
    service.popen.stdin.close()
    assert health_of(service.address) == "SERVING"


def test_the_second_process_on_a_port_exits_3_and_says_who_has_it(start):
    first = start()
    second = start("--port", first.address.rpartition(":")[2])
    assert second.ended() == 3
    text = "".join(second.log)
    assert "the port is already in use by" in text
    if sys.platform == "linux":  # elsewhere the system may not say who
        assert f"process {first.popen.pid}" in text
    assert "Traceback" not in text
    assert health_of(first.address) == "SERVING"


def test_a_public_host_exits_2_unless_asked(start):
    refused = start("--host", "0.0.0.0")
    assert refused.ended() == 2
    assert "can be reached by other machines" in "".join(refused.log)
    warned = start("--host", "0.0.0.0", "--insecure-public")
    warned.await_log("whoever reaches 0.0.0.0 may call it")


def test_a_wrong_command_line_exits_2(start):
    service = start("--prot", "5")
    assert service.ended() == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--port", "65536"), "65536 is not a port"),
        (("--port", "-1"), "-1 is not a port"),
        (("--concurrency", "0"), "allow at least 1"),
        (("--grace-s", "-1"), "'-1' is not a time"),
        (("--grace-s", "nan"), "'nan' is not a time"),
    ],
)
def test_a_number_out_of_range_exits_2(start, options, said):
    service = start(*options)
    assert service.ended() == 2
    assert said in "".join(service.log)


SERVES = """
import sys
import energykit as ek
from energykit.serving import main

@ek.stage("answer")
def answer():
    return "42"

"""


def script(last_line: str, data_root) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVES + last_line.format(root=str(data_root))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@posix
def test_a_script_that_serves_says_where_and_ends_quietly_when_interrupted(data_root):
    with script("ek.serve(answer, data_root={root!r})", data_root) as process:
        line = process.stdout.readline()
        address = line.removeprefix("<serving 'answer' at ").partition(">")[0]
        assert health_of(address) == "SERVING"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


def test_a_service_whose_modules_are_broken_does_not_stay(data_root):
    with script(
        "sys.exit(main(answer, ['--data-root', {root!r}], preload=['no_such_module']))", data_root
    ) as process:
        _, log = process.communicate(timeout=10)
    assert process.returncode == 3
    assert "no_such_module cannot be imported" in log


def check(address: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "energykit.serving", "--check", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_the_health_probe_of_containers(start):
    service = start()
    assert (found := check(service.address)).returncode == 0
    assert found.stdout == f"{service.address}: SERVING\n"
    service.close()
    assert check(service.address).returncode == 1


def test_the_health_probe_loads_no_data_frames():
    code = (
        "import sys, energykit.serving.probe; print(*{name.split('.')[0] for name in sys.modules})"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert not {"polars", "pandas", "numpy"} & set(found.stdout.split())
