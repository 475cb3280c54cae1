"""The dashboard in a real kernel: it stays responsive, and its services end with it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest
from jupyter_client.manager import start_new_kernel

SYNTHETIC = Path(__file__).parents[2] / "config" / "synthetic-pipeline.json"


def told(client, code: str) -> str:
    """What a cell prints."""
    said: list[str] = []
    reply = client.execute_interactive(
        code,
        timeout=60,
        output_hook=lambda message: said.append(message["content"].get("text", "")),
    )
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(said)


@pytest.mark.slow
def test_the_kernel_answers_while_services_start_and_none_outlives_it(tmp_path):
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        told(client, "import energykit as ek, json")
        told(client, f"board = ek.widgets.dashboard({str(SYNTHETIC)!r}, {str(tmp_path)!r})")
        told(
            client, "board.start.click()"
        )  # returns at once: the next cell sees the start under way
        assert told(client, "print(board.state.value, end='')") == "starting the services …"
        told(
            client,
            "assert board.wait(30); board.run.click(); assert board.wait(60); assert"
            " board.result.ok",
        )
        pids = json.loads(
            told(
                client,
                "print(json.dumps([c.pid for c in board._session.services.processes.values()]))",
            )
        )
        assert len(pids) == 3
        assert all(map(psutil.pid_exists, pids))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    end = time.monotonic() + 15
    while any(map(is_alive, pids)):
        assert time.monotonic() < end, "a service outlives its kernel"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
