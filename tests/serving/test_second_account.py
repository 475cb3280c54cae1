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
BECOME = """
import os, sys
def become(user):
    os.setgroups([]); os.setgid(user); os.setuid(user)
"""
THE_OWNERS = (
    BECOME
    + """
import json, pathlib, tempfile
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
become(user)
if sys.argv[3] == "serve":
    sys.exit(main(dummy, ["--data-root", str(root), "--exit-with-stdin"]))
result = run_at(sys.argv[4], root)
print(result.ok, result.run_id, flush=True)
"""
)
THE_STRANGERS = (
    BECOME
    + """
import json, signal
import grpc, grpc._channel
address, pid, *paths = sys.argv[2:]
become(int(sys.argv[1]))
ENDS = {}
def attempt(name, act):
    try:
        act()
        ENDS[name] = "done"
    except grpc.RpcError as exc:
        ENDS[name] = exc.code().name
    except OSError as exc:
        ENDS[name] = type(exc).__name__
def list_open_files():
    return [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
with grpc.insecure_channel(address) as channel:
    call = channel.unary_unary("/ContainerExecutor/Execute")
    attempt("call the service", lambda: call(bytes.fromhex("120a7468656972732e637376"), timeout=5))
    read = channel.unary_stream("/ContainerExecutor/ReadArtifact")
    attempt("read over the wire", lambda: list(read(b"\\n\\x0d/data/out.csv", timeout=5)))
for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
    attempt(f"signal {number.name}", lambda number=number: os.kill(int(pid), number))
attempt("read its environment", lambda: open(f"/proc/{pid}/environ", "rb").read())
attempt("list its open files", list_open_files)
for path in paths:
    attempt(f"read {path}", lambda path=path: open(path, "rb").read())
    attempt(f"write {path}", lambda path=path: open(path, "r+b").close())
    attempt(f"remove {path}", lambda path=path: os.unlink(path))
    attempt(f"replace {path}", lambda path=path: os.rename("/etc/hostname", path))
    attempt(f"add beside {path}", lambda path=path: open(path + ".new", "xb").close())
print(json.dumps(ENDS))
"""
)


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


def test_a_second_account_reaches_reads_stops_and_overwrites_nothing(root, service):
    run = [sys.executable, "-c", THE_OWNERS, str(root), str(OWNER), "run", service.address]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("True"), done.stderr
    run_id = done.stdout.split()[1]
    assert (root / "out.csv").stat().st_uid == OWNER
    mine = [root / "out.csv", root / "runs" / run_id / "run.json", root / "logs/orchestrator.log"]
    before = {path: path.read_bytes() for path in mine}
    stranger = [sys.executable, "-c", THE_STRANGERS, str(STRANGER), service.address]
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
