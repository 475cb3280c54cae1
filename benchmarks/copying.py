"""What bytes cost a stage: a service that copies a file, and the client that records it.

The first stage of a chain reads a file that no stage wrote, the second what the first one wrote.
CPU of client and service, in memory where the system has a place for it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from verdict import tell

from energykit.config import parse_config
from energykit.executor import steps
from energykit.serving import Output, serve, stage

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 100_000_000
ROUNDS = 9
IN_MEMORY = Path("/dev/shm")


@stage("copy")
def copy(source: Path) -> Output:
    """Give the bytes back."""
    return Output(source.read_bytes())


def main() -> None:
    """Measure, and print the medians."""
    above = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=above) as folder, served(folder) as (process, address):
        Path(folder, "0.csv").write_bytes(os.urandom(SIZE))
        rounds = [copied(process, folder, address) for _ in range(ROUNDS)][1:]
    for name, taken in zip(
        ("that no stage wrote", "of the stage before"), zip(*rounds, strict=True), strict=True
    ):
        tell(f"copying 100 MB {name}, CPU", statistics.median(taken), "s")


def copied(process: psutil.Process, folder: str, address: str) -> list[float]:
    """Run the chain; return the CPU of each of its stages [s]."""
    taken, before = [], spent(process)
    for result in steps(chain(address), data_root=folder):
        assert result.ok, result.error
        now = spent(process)
        taken.append(now - before)
        before = now
    return taken


def spent(process: psutil.Process) -> float:
    """Return the CPU that client and service have used so far [s]."""
    return sum(sum(one.cpu_times()[:2]) for one in (process, psutil.Process()))


def chain(address: str):
    """Return a configuration of two stages."""
    nodes = {
        f"copy-{number}": {
            "id": f"copy-{number}",
            "input_file": f"/data/{number}.csv",
            "output_file": f"/data/{number + 1}.csv",
            "next_node": "copy-1" if number == 0 else None,
            "timeout_seconds": 60,
        }
        for number in (0, 1)
    }
    document = {"workflow_name": "copying", "start_node": "copy-0", "execution_mode": "sequential"}
    document |= {"service_registry": dict.fromkeys(nodes, address), "containers": nodes}
    return parse_config(json.dumps(document))


@contextmanager
def served(folder: str) -> Iterator[tuple[psutil.Process, str]]:
    """Start the service as a process; give the process and its address."""
    command = [sys.executable, str(Path(__file__).resolve()), folder]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield psutil.Process(process.pid), process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(10)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with serve(copy, data_root=sys.argv[1], block=False) as server:
            print(server.address, flush=True)
            sys.stdin.read()
    else:
        main()
