"""Services that are forked from the process that starts them, and when they are not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="services are forked on Linux only")

IDS = ("dummy", "energy-generator", "energy-analyzer")


@contextmanager
def starter(parts, root, *ids, threads=0, **environment):
    command = [sys.executable, parts / "forks_services.py", root, str(threads), *ids]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    with process:
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def command_line(pid):
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def open_files(pid):
    """Return what a process holds open; what it closes meanwhile is left out."""
    names = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            names.add(str(path.readlink()))
    return names


def test_registered_services_are_forks_that_serve_and_end_in_order(parts, tmp_path, is_gone):
    with starter(parts, tmp_path, *IDS) as (process, seen):
        assert seen["status"] == dict.fromkeys(IDS, "serving")
        for pid in seen["pids"].values():
            assert command_line(pid) == command_line(process.pid)
            assert os.getsid(pid) == pid
        process.stdin.write("\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == dict.fromkeys(IDS, 0)
        assert process.wait(20) == 0
    assert all(map(is_gone, seen["pids"].values()))
    log = (tmp_path / "logs" / "energy-analyzer.log").read_text()
    assert "energy-analyzer serves ContainerExecutor" in log
    assert "finishing 0 running calls" in log


def test_a_fork_holds_nothing_of_its_parent_but_its_own_two_pipes(parts, tmp_path):
    with starter(parts, tmp_path, "dummy", "energy-analyzer") as (process, seen):
        theirs = open_files(process.pid)
        for pid in seen["pids"].values():
            shared = open_files(pid) & theirs
            assert sum(name.startswith("pipe:") for name in shared) == 2
            assert not any(str(tmp_path) in name for name in shared)


def test_forks_end_with_a_parent_that_is_killed(parts, tmp_path, is_gone, comes_true):
    with starter(parts, tmp_path, "dummy", "energy-analyzer") as (process, seen):
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert all(comes_true(lambda pid=pid: is_gone(pid)) for pid in seen["pids"].values())


def test_a_fork_that_is_killed_is_named_with_its_signal(parts, tmp_path):
    with starter(parts, tmp_path, "dummy") as (process, seen):
        psutil.Process(seen["pids"]["dummy"]).kill()
        process.stdin.write("\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"dummy": -signal.SIGKILL}


@pytest.mark.parametrize(
    ("threads", "environment"), [(1, {}), (0, {"ENERGYKIT_TOKEN": "only-the-parents"})]
)
def test_beside_a_thread_or_a_secret_an_interpreter_is_started(
    parts, tmp_path, threads, environment
):
    with starter(parts, tmp_path, "dummy", threads=threads, **environment) as (_, seen):
        assert seen["status"] == {"dummy": "serving"}
        assert command_line(seen["pids"]["dummy"])[1:3] == ["-m", "services.dummy"]


@pytest.mark.parametrize("package", ["energykit", "services"])
def test_where_another_package_lies_an_interpreter_looks_for_it(
    parts, tmp_path, monkeypatch, package
):
    (tmp_path / package).mkdir()
    monkeypatch.chdir(tmp_path)
    with starter(parts, tmp_path / "data", "dummy") as (_, seen):
        assert command_line(seen["pids"]["dummy"])[1:3] == ["-m", "services.dummy"]


FAILS = """
from energykit.launcher.forked import ForkedService
fork = ForkedService("fails_at_once", [])
print(fork.stdout.read().decode(), fork.wait(20))
"""


def test_a_module_that_fails_ends_its_fork_with_its_own_words_and_code(parts):
    command = [sys.executable, "-c", FAILS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    alone = [sys.executable, "-m", "fails_at_once"]
    other = subprocess.run(alone, capture_output=True, text=True, timeout=60, check=False)
    last = (other.stdout + other.stderr).splitlines()[-1]
    assert last in done.stdout
    assert done.stdout.split()[-1] == str(other.returncode)


LOADS = """
from energykit import live
from energykit.config import load_config
from energykit.launcher.forked import can_fork_services
with live.without_blas_threads():
    load_config("config/household-pipeline.json", data_root="data")
import sys
print("numpy" in sys.modules, can_fork_services(["services.energy_generator"]))
"""


def test_a_configuration_whose_check_imports_numpy_leaves_a_fork_sound():
    command = [sys.executable, "-c", LOADS]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, timeout=60, check=True)
    assert done.stdout.split() == ["True", "True"]
