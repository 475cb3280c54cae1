"""The dummy: succeeds by default, and does what a call tells it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import grpc
import polars as pl
import pytest

from energykit._proto.energy_pipeline_pb2 import ExecuteRequest
from energykit._proto.energy_pipeline_pb2_grpc import ContainerExecutorStub
from energykit.artifacts import scan
from energykit.serving import serve
from services.dummy.__main__ import dummy
from services.dummy.behaviour import CRASH_EXIT_CODE, readings

ROOT = Path(__file__).resolve().parents[2]


def request(**parameters) -> ExecuteRequest:
    made = ExecuteRequest(input_file="/data/in.csv", output_file="/data/out.csv")
    made.parameters.update(parameters)
    return made


@pytest.fixture
def stub(tmp_path):
    with (
        serve(dummy, data_root=tmp_path, block=False) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        yield ContainerExecutorStub(channel)


def test_it_succeeds_without_any_input(stub, tmp_path):
    answer = stub.Execute(request(), timeout=10)
    assert answer.success
    assert answer.message == "Dummy processed /data/in.csv to /data/out.csv"
    assert (tmp_path / "out.csv").read_text() == (
        "timestamp,household_id,power_consumption,voltage,current\n2025-01-01T00:00:00Z,DUMMY,100.0,230.0,0.5\n"
    )


@pytest.mark.parametrize("rows", [0, 3])
def test_what_it_writes_can_be_read_by_a_stage(stub, tmp_path, rows):
    assert stub.Execute(request(rows=rows), timeout=10).metrics.rows_out == rows
    assert scan(tmp_path / "out.csv").frame.collect().height == rows


def test_its_readings_are_one_a_second():
    assert readings(3)["timestamp"].to_list() == [
        f"2025-01-01T00:00:0{second}Z" for second in range(3)
    ]
    assert readings(2).schema["power_consumption"] == pl.Float64


def test_it_answers_that_it_failed(stub, tmp_path):
    answer = stub.Execute(request(success=False, message="no power"), timeout=10)
    assert (answer.success, answer.message, answer.error.code) == (
        False,
        "no power",
        "FAILED_PRECONDITION",
    )
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("code", ["UNAVAILABLE", "INTERNAL", "PERMISSION_DENIED", "UNKNOWN"])
def test_it_fails_with_a_status(stub, code):
    with pytest.raises(grpc.RpcError) as caught:
        stub.Execute(request(fail_code=code, message="as told"), timeout=10)
    assert (caught.value.code().name, caught.value.details()) == (code, "as told")


def test_a_status_that_does_not_exist_is_refused(stub):
    answer = stub.Execute(request(fail_code="UNAVAILBLE"), timeout=10)
    assert answer.error.hint == "did you mean 'UNAVAILABLE'?"


def test_it_delays_and_reports_progress(stub):
    started = time.monotonic()
    *progress, last = stub.ExecuteStream(request(delay_s=0.5, progress_steps=3), timeout=10)
    assert time.monotonic() - started >= 0.5
    assert (3, 3) in [(event.progress.done, event.progress.total) for event in progress]
    assert last.response.success


def test_its_delay_ends_with_the_deadline(stub):
    started = time.monotonic()
    with pytest.raises(grpc.RpcError) as caught:
        stub.Execute(request(delay_s=60), timeout=0.3)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - started < 1


@pytest.fixture
def process(tmp_path):
    command = [
        sys.executable,
        "-m",
        "services.dummy",
        "--data-root",
        str(tmp_path),
        "--exit-with-stdin",
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        yield started
        started.kill()


@pytest.fixture
def remote(process):
    address = process.stdout.readline().strip().removeprefix("READY ")
    with grpc.insecure_channel(address) as channel:
        yield ContainerExecutorStub(channel)


def test_it_crashes_without_an_answer(process, remote, tmp_path):
    with pytest.raises(grpc.RpcError) as caught:
        remote.Execute(request(crash=True), timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert process.wait(10) == CRASH_EXIT_CODE
    assert list(tmp_path.iterdir()) == []


def test_it_hangs_whoever_cancels_and_ends_when_stdin_closes(process, remote):
    with pytest.raises(grpc.RpcError) as caught:
        remote.Execute(request(hang=True), timeout=0.5)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert remote.Execute(request(), timeout=10).success
    process.stdin.close()
    assert process.wait(10) == 0


def test_it_counts_its_calls(remote):
    assert remote.Execute(request(), timeout=10).success
    assert remote.Execute(request(tell_calls=True), timeout=10).message.endswith("(call 2)")


def test_it_fails_for_the_first_calls_only(remote):
    for _ in range(2):
        with pytest.raises(grpc.RpcError):
            remote.Execute(request(fail_code="UNAVAILABLE", fail_first_calls=2), timeout=10)
    assert remote.Execute(request(fail_code="UNAVAILABLE", fail_first_calls=2), timeout=10).success


def test_a_service_alone_says_what_it_can(tmp_path):
    command = [sys.executable, "-m", "services.dummy", "--help"]
    found = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert "--exit-with-stdin" in found.stdout
