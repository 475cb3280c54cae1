"""Two accounts of one machine, neither of them root: the second gets at nothing of the first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

OWNER, STRANGER = 12_001, 12_002
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="two accounts of the machine need root, and Linux says who calls",
)
THE_STRANGERS = Path(__file__).with_name("stranger.py")
THE_OWNERS = """
import json, os, pathlib, sys, tempfile
import energykit.serving.execution, grpc_reflection.v1alpha.reflection
from energykit.config import parse_config
from energykit.executor import run
from energykit.serving import serve
from energykit.serving.process import main
from services.dummy.__main__ import dummy
def run_at(address, root):
    node = {"id": "dummy", "input_file": "", "output_file": "/data/out.csv", "next_node": None}
    node |= {"timeout_seconds": 30, "parameters": {"rows": 3}}
    plan = {"workflow_name": "mine", "start_node": "dummy", "execution_mode": "sequential",
            "service_registry": {"dummy": address}, "containers": {"dummy": node}}
    return run(parse_config(json.dumps(plan)), data_root=root)
root, user = pathlib.Path(sys.argv[1]), int(sys.argv[2])
with tempfile.TemporaryDirectory() as folder:  # imports what the account may not: this Python
    with serve(dummy, data_root=folder, block=False) as server:
        assert run_at(server.address, folder).ok
os.setgroups([]); os.setgid(user); os.setuid(user)
if sys.argv[3] == "serve":
    sys.exit(main(dummy, ["--data-root", str(root), "--exit-with-stdin"]))
result = run_at(sys.argv[4], root)
print(result.ok, result.run_id, flush=True)
"""


@pytest.fixture
def root():
    """A data root of the owner, in a folder that everybody may enter (pytest's is not)."""
    with tempfile.TemporaryDirectory(prefix="energykit-accounts-") as folder:
        Path(folder).chmod(0o755)
        root = Path(folder) / "data"
        root.mkdir()
        os.chown(root, OWNER, OWNER)
        yield root


@pytest.fixture
def service(root):
    """The owner's service, as a process of the owner's."""
    command = [sys.executable, "-c", THE_OWNERS, str(root), str(OWNER), "serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            process.address = process.stdout.readline().split()[-1]
            yield process
        finally:
            process.stdin.close()
            process.wait(20)


def test_a_file_that_a_second_account_put_there_opens_no_result_to_it(root, service):
    """Where both may write: the result would have taken the permissions of what it replaces."""
    root.chmod(0o777)
    (root / "out.csv").touch()
    (root / "out.csv").chmod(0o666)
    os.chown(root / "out.csv", STRANGER, STRANGER)
    run = [sys.executable, "-c", THE_OWNERS, str(root), str(OWNER), "run", service.address]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("True"), done.stderr
    found = (root / "out.csv").stat()
    assert (found.st_uid, found.st_mode & 0o777) == (OWNER, 0o600)


def test_a_second_account_reaches_reads_stops_and_overwrites_nothing(root, service):
    run = [sys.executable, "-c", THE_OWNERS, str(root), str(OWNER), "run", service.address]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("True"), done.stderr
    run_id = done.stdout.split()[1]
    assert (root / "out.csv").stat().st_uid == OWNER
    mine = [root / "out.csv", root / "runs" / run_id / "run.json", root / "logs/orchestrator.log"]
    before = {path: path.read_bytes() for path in mine}
    stranger = [sys.executable, str(THE_STRANGERS), str(STRANGER), service.address]
    stranger += [str(service.pid), *map(str, mine)]
    tried = subprocess.run(stranger, capture_output=True, text=True, timeout=60, check=False)
    assert tried.returncode == 0, tried.stderr
    ends = json.loads(tried.stdout)
    assert set(ends.values()) <= {"PERMISSION_DENIED", "PermissionError"}, ends
    assert len(ends) == 7 + 5 * len(mine)
    assert {path: path.read_bytes() for path in mine} == before
    assert not list(Path(root).rglob("*.new"))
    again = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert again.stdout.startswith("True"), again.stderr  # the owner goes on
