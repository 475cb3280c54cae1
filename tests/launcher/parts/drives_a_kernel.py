"""Starts services in a kernel, interrupts it, starts them again, kills it; prints JSON."""

from __future__ import annotations

import json
import signal
import sys
import threading

import jupyter_client
import psutil

START = """
import json, energykit as ek
from energykit.config import parse_config
services = ek.local_services(["dummy"], data_root={root!r}).start()
print(services.processes["dummy"].pid)
"""
RUN = """
container = dict(id="dummy", input_file="", output_file="/data/out.csv", next_node=None,
                 timeout_seconds=30, parameters=dict(delay_s={delay}))
document = dict(workflow_name="w", start_node="dummy", execution_mode="sequential",
                containers=dict(dummy=container),
                service_registry=dict(dummy=services.addresses["dummy"]))
print(ek.run(parse_config(json.dumps(document)), services).ok)
"""


def main(root: str) -> None:
    """Play the scenario."""
    manager = jupyter_client.KernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    first = int(said(client, START.format(root=root)))
    timer = threading.Timer(1.0, manager.interrupt_kernel)
    timer.start()
    interrupted = said(client, RUN.format(delay=20))
    timer.join()
    survived = psutil.pid_exists(first)
    after = said(client, RUN.format(delay=0))
    second = int(said(client, START.format(root=root)))
    seen = {
        "interrupted": interrupted,
        "survived": survived,
        "after": after,
        "replaced": not psutil.pid_exists(first),
    }
    manager.signal_kernel(signal.SIGKILL)
    client.stop_channels()
    print(json.dumps({**seen, "last_pid": second}), flush=True)
    manager.shutdown_kernel(now=True)


def said(client: jupyter_client.BlockingKernelClient, code: str) -> str:
    """Return what a cell prints, or the name of the error that it raises."""
    parts: list[str] = []

    def hear(message: dict) -> None:
        content = message["content"]
        parts.append(content.get("ename") or content.get("text") or "")

    client.execute_interactive(code, output_hook=hear, timeout=60)
    return "".join(parts).strip()


if __name__ == "__main__":
    main(sys.argv[1])
