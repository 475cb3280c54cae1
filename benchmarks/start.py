"""How long three local services take from nothing to SERVING, beside their imports alone."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

from verdict import tell

from energykit.launcher import local_services
from energykit.launcher.module import find_modules

IDS = ("energy-generator", "energy-analyzer", "report-generator")
ROUNDS = 5
TARGET = 1.3


def main() -> None:
    """Measure, and print the medians and their ratios."""
    modules = find_modules(IDS, {})
    names = ["slowest import, alone", "slowest import, all at once", "three services SERVING"]
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        times[names[0]].append(max(imported([module]) for module in modules.values()))
        times[names[1]].append(imported(list(modules.values())))
        times[names[2]].append(started())
    show({name: statistics.median(taken) for name, taken in times.items()})


def imported(modules: list[str]) -> float:
    """Return how long processes take that only import a service each, until the last ends [s]."""
    start = time.perf_counter()
    processes = [
        subprocess.Popen([sys.executable, "-c", f"import {module}.__main__"]) for module in modules
    ]
    for process in processes:
        process.wait(60)
    return time.perf_counter() - start


def started() -> float:
    """Return how long the launcher takes until all serve [s]."""
    with tempfile.TemporaryDirectory() as folder:
        services = local_services(IDS, data_root=folder)
        start = time.perf_counter()
        with services:
            return time.perf_counter() - start


def show(medians: dict[str, float]) -> None:
    """Print a line for each way, and the ratio."""
    alone, at_once, serving = medians.values()
    print(f"start of three local services: median of {ROUNDS} rounds")
    for name, median in medians.items():
        print(f"  {name:<28} {median:6.2f} s   {median / alone:5.2f} x")
    tell("three services SERVING, over imports at once", serving / at_once, "x", at_most=TARGET)


if __name__ == "__main__":
    main()
