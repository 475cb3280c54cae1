"""Local services end with the block, or with the process that started them, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from energykit.launcher import local_services

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and sessions are POSIX")


@pytest.fixture
def parent(parts, tmp_path):
    """Start a process that starts services; return it and the pids that it says."""
    started = []

    def start(how, lines=1):
        command = [sys.executable, str(parts / "starts_and_waits.py"), str(tmp_path / "data"), how]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        started.append(process)
        said = dict(process.stdout.readline().decode().split(maxsplit=1) for _ in range(lines))
        return process, {name: [int(pid) for pid in pids.split()] for name, pids in said.items()}

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_services_end_with_a_parent_that_is_ended_by_a_signal(parent, is_gone, comes_true, number):
    process, said = parent("wait")
    assert len(said["pids"]) == 2
    assert not any(is_gone(pid) for pid in said["pids"])
    process.send_signal(number)
    process.wait(15)
    assert comes_true(lambda: all(is_gone(pid) for pid in said["pids"]))


@pytest.mark.parametrize("how", ["exit", "raise"])
def test_services_end_with_a_parent_that_exits(parent, is_gone, comes_true, how):
    process, said = parent(how)
    process.wait(15)
    assert comes_true(lambda: all(is_gone(pid) for pid in said["pids"]))


def test_a_fork_of_the_parent_does_not_keep_services_alive(parent, is_gone, comes_true):
    process, said = parent("fork", lines=2)
    process.kill()
    process.wait(5)
    try:
        assert comes_true(lambda: all(is_gone(pid) for pid in said["pids"]))
        assert not is_gone(said["fork"][0])
    finally:
        os.kill(said["fork"][0], signal.SIGKILL)


def test_an_interrupt_of_the_parents_group_does_not_reach_services(tmp_path):
    with local_services(["dummy"], data_root=tmp_path) as services:
        pid = services.processes["dummy"].pid
        assert os.getpgid(pid) == os.getsid(pid) == pid
        assert os.getpgid(pid) != os.getpgid(0)


def test_an_interrupt_while_services_start_leaves_none(tmp_path, parts, is_gone, monkeypatch):
    before = {child.pid for child in psutil.Process().children()}
    services = local_services(["dummy", "x"], data_root=tmp_path, modules={"x": "says_nothing"})
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        services.start()
    timer.join()
    now = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    assert [child for child in now if child.pid not in before] == []


def test_a_service_that_ignores_everything_is_killed_with_all_it_started(
    tmp_path, parts, is_gone, comes_true
):
    with local_services(
        ["x"], data_root=tmp_path, modules={"x": "is_stubborn"}, stop_grace_s=0.5
    ) as services:
        pid = services.processes["x"].pid
        words = services.tail("x", 100).split()
        other = int(words[words.index("other") + 1])
        start = time.monotonic()
    assert time.monotonic() - start < 3
    assert is_gone(pid)
    assert comes_true(lambda: is_gone(other))


def test_a_service_that_has_died_is_seen_and_stopping_is_quiet(tmp_path, comes_true):
    with local_services(["dummy"], data_root=tmp_path) as services:
        child = services.processes["dummy"]
        os.kill(child.pid, signal.SIGKILL)
        assert comes_true(lambda: not child.is_running)
        assert child.exit_code == -signal.SIGKILL
        assert services.status() == {"dummy": "stopped"}
        assert repr(services).startswith("■ dummy: stopped")


def test_a_service_that_is_stopped_by_a_signal_is_not_serving(tmp_path, comes_true):
    with local_services(["dummy"], data_root=tmp_path, stop_grace_s=0.5) as services:
        process = psutil.Process(services.processes["dummy"].pid)
        process.suspend()
        assert comes_true(lambda: process.status() == psutil.STATUS_STOPPED)
        assert services.status() == {"dummy": "not serving"}


def test_stopping_is_quick_and_can_be_done_twice(tmp_path):
    services = local_services(["dummy"], data_root=tmp_path).start()
    start = time.monotonic()
    services.stop()
    assert time.monotonic() - start < 3
    services.stop()


def test_an_error_in_the_block_stops_services(tmp_path, is_gone):
    pids = []

    def fail():
        with local_services(["dummy"], data_root=tmp_path) as services:
            pids.append(services.processes["dummy"].pid)
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        fail()
    assert is_gone(pids[0])
