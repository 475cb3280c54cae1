"""A runner that is ended, however it is ended, leaves no process."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from energykit.notebooks import Options, run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc")

BUSY = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    time.sleep(300)
subprocess.run(["setsid", "-f", "env", "-i", "sleep", "300"], check=True)
open("ready", "w").close()
time.sleep(300)
"""


def of_run(folder: Path) -> list[psutil.Process]:
    """Processes whose working directory or environment is below a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            is_ours = str(folder) in process.cwd() or str(folder) in process.environ().get(
                "TMPDIR", ""
            )
            if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def awaited(condition, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def interruptible():
    """What is started takes SIGINT, also where this session was started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("more", [[], ["--fresh"]], ids=["forked", "fresh"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_runner_that_is_ended_leaves_no_process(tmp_path, how, more):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(BUSY.strip())])
    path = tmp_path / "notebooks" / "busy.ipynb"
    path.parent.mkdir()
    nbformat.write(notebook, path)
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "energykit",
        "notebooks",
        "run",
        str(path),
        "--out",
        str(out),
        *more,
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path.parent
    ) as runner:
        assert awaited(lambda: list(out.glob("*/project/**/ready")), 120)
        (job,) = out.glob("*/job.json")
        sockets = Path(json.loads(job.read_text())["sockets"])
        assert sockets.exists()
        os.kill(runner.pid, how)
        said, _ = runner.communicate(timeout=30)
    assert awaited(lambda: not of_run(out), 15), of_run(out)
    assert how != signal.SIGINT or b"not-run" in said
    assert awaited(lambda: not sockets.exists(), 10)
    assert runner.returncode == (130 if how == signal.SIGINT else -how)


WIDE = """
import matplotlib.pyplot as plt
import pandas as pd
plt.plot([1, 2])
pd.DataFrame({f"a long name of column {n}": [n] for n in range(9)})
"""


def test_a_forked_kernel_shows_what_a_fresh_one_shows(tmp_path):
    """What was imported before the kernel was a kernel took itself to be in a terminal."""
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    notebook.cells = [nbformat.v4.new_code_cell(WIDE.strip())]
    path = tmp_path / "notebooks" / "wide.ipynb"
    path.parent.mkdir()
    nbformat.write(notebook, path)
    shown = []
    for fresh in (False, True):
        (verdict,) = run([path], Options(out=tmp_path / f"out-{fresh}", fresh=fresh)).notebooks
        (executed,) = nbformat.read(Path(verdict.folder) / path.name, as_version=4).cells
        shown.append([output.data for output in executed.outputs])
    assert shown[0] == shown[1]
    assert "image/png" in shown[0][1]


SERVICES = """
import energykit as ek
services = ek.local_services(["dummy", "energy-generator"], data_root=".").start()
import time
time.sleep(300)
"""
MOMENTS = int(os.environ.get("ENERGYKIT_KILLS", "4"))


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_whenever_the_runner_is_killed_its_services_end(tmp_path, moment):
    """From the start of the fork server, over that of the kernel and the services, to the work."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SERVICES.strip())])
    path = tmp_path / "notebooks" / "busy.ipynb"
    path.parent.mkdir()
    nbformat.write(notebook, path)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "energykit", "notebooks", "run", str(path), "--out", str(out)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path.parent
    ) as runner:
        with contextlib.suppress(subprocess.TimeoutExpired):
            runner.wait(0.1 + 4.0 * moment / MOMENTS)
        assert runner.returncode is None, "it ended by itself"
        runner.kill()
        runner.communicate(timeout=30)
    assert awaited(lambda: not of_run(out), 15), of_run(out)
