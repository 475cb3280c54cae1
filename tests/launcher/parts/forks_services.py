"""Forks services, says what they are, and waits for a line: ends, or is killed, after it."""

from __future__ import annotations

import json
import sys
import threading

from energykit.launcher import local_services

ROOT, THREADS, *IDS = sys.argv[1:]


def main() -> None:
    """Start them, beside as many threads as are asked for."""
    release = threading.Event()
    for _ in range(int(THREADS)):
        threading.Thread(target=release.wait, daemon=True).start()
    with local_services(IDS, data_root=ROOT, forks=True) as services:
        children = services.processes
        seen = {
            "pids": {name: child.pid for name, child in children.items()},
            "status": services.status(),
        }
        print(json.dumps(seen), flush=True)
        sys.stdin.readline()
    print(json.dumps({name: child.exit_code for name, child in children.items()}), flush=True)


main()
