"""The command line as users meet it: processes in their own folder, against running services."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from energykit.launcher import local_services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 60


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "energykit", *map(str, arguments)]


@pytest.fixture
def energykit(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Carry out a command line as a process, to its end."""

    def run_cli(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments),
            cwd=tmp_path,
            capture_output=True,
            timeout=DEADLINE_S,
            check=False,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        )

    return run_cli


@pytest.fixture
def under_way(tmp_path: Path) -> Callable[..., object]:
    """Start a command line as a process in its own session; killed if it does not end."""

    @contextmanager
    def start(*arguments: object, **options: object) -> Iterator[subprocess.Popen[str]]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        before = signal.signal(
            signal.SIGINT, signal.default_int_handler
        )  # a child of what ignores it ignores it too
        try:
            process = subprocess.Popen(
                command(*arguments), cwd=tmp_path, start_new_session=True, **pipes
            )
        finally:
            signal.signal(signal.SIGINT, before)
        too_late = threading.Timer(DEADLINE_S, process.kill)
        too_late.start()
        with process:
            try:
                yield process
            finally:
                too_late.cancel()
                process.kill()

    return start


@pytest.fixture
def left_over(tmp_path: Path) -> Callable[[], list[str]]:
    """Return the command lines of processes still working in the test's folder."""

    def look() -> list[str]:
        mine = [
            one
            for one in psutil.process_iter(["cmdline"])
            if str(tmp_path) in " ".join(one.info["cmdline"] or ())
        ]
        return [" ".join(one.info["cmdline"]) for one in psutil.wait_procs(mine, timeout=5)[1]]

    return look


@pytest.fixture(scope="session")
def valid() -> str:
    """The shipped configuration of the original's chain."""
    return (ROOT / "config/energy-pipeline.json").read_text(encoding="utf-8")


@pytest.fixture
def chain(tmp_path: Path) -> Callable[..., str]:
    """Write a configuration, a chain of stages with their parameters; return its name."""

    def write(stages: dict[str, dict[str, object]], *, timeout_s: float = 20) -> str:
        names = [*stages, ""]
        nodes = {
            name: {
                "id": name,
                "input_file": f"/data/{names[at - 1]}.csv" if at else "",
                "output_file": f"/data/{name}.csv",
                "next_node": names[at + 1],
                "timeout_seconds": timeout_s,
                "parameters": parameters,
            }
            for at, (name, parameters) in enumerate(stages.items())
        }
        registry = dict.fromkeys(stages, "127.0.0.1:1")
        plan = {
            "workflow_name": "w",
            "start_node": names[0],
            "service_registry": registry,
            "containers": nodes,
        }
        (tmp_path / "p.json").write_text(json.dumps(plan, indent=1), encoding="utf-8")
        return "p.json"

    return write


@pytest.fixture(scope="module")
def dummy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """The stand-in service, running."""
    with local_services(["dummy"], data_root=tmp_path_factory.mktemp("dummy")) as services:
        yield services


@pytest.fixture
def calls(dummy: object) -> Callable[[], int]:
    """Return how many calls the stand-in service has received."""
    return lambda: dummy.tail("dummy", 10_000).count("dummy: call ")
