"""Another account of the machine does not hear what a kernel prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from energykit.cli.course import _UNHEARD
from energykit.course.release import CONFIGURATION
from tests.other_account import as_stranger, needs_two_accounts

jupyter_client = pytest.importorskip("jupyter_client", reason="comes with the notebook packages")
pytestmark = pytest.mark.skipif(
    "transport_encryption" not in jupyter_client.KernelManager.class_traits(),
    reason="needs jupyter_client 8.9",
)
OPTION = "KernelManager.transport_encryption"
LISTENS = """
heard = 0
for port in json.loads(sys.argv[1]):
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.setsockopt(zmq.SUBSCRIBE, b"")
    socket.connect(f"tcp://127.0.0.1:{port}")
    print("ready", flush=True)
    heard += bool(socket.poll(8000))
    socket.close(0)
print(heard)
"""


@needs_two_accounts
@pytest.mark.parametrize(("policy", "heard"), [("auto", "0"), ("disabled", "1")])
def test_another_account_hears_nothing(policy, heard):
    manager, client = jupyter_client.manager.start_new_kernel(transport_encryption=policy)
    try:
        client.execute("import time\nfor _ in range(400):\n    print('mine'); time.sleep(0.05)")
        ports = json.dumps([manager.iopub_port])
        assert as_stranger("import json, zmq", LISTENS, ports) == ["ready", heard]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_whatever_starts_kernels_asks_for_it():
    root = Path(__file__).resolve().parents[2]
    for file in ("Makefile", "deploy/jupyterhub/jupyterhub_config.py"):
        assert f"--{OPTION}=auto" in (root / file).read_text(encoding="utf-8")
    assert f"--{OPTION}=auto" == _UNHEARD
    assert f'c.{OPTION} = "auto"' in CONFIGURATION
