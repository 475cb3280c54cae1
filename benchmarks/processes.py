"""What a user waits for, as processes from nothing to exit: a run, its report, and a check.

    python benchmarks/processes.py [--rounds N]

Seconds on the clock, and seconds of CPU of the command and everything that it started. Runs the two
weeks that travel with the kit, and writes the report of that run.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from verdict import tell

ROOT = Path.cwd()
EXCERPT = "household/household-2007-04-23.csv"
ENERGYKIT = [sys.executable, "-m", "energykit"]
TIMEOUT_S = 120


def main() -> None:
    """Measure in turn, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default: %(default)s)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "household").mkdir()
        shutil.copy(ROOT / "data" / EXCERPT, Path(folder, EXCERPT))
        show({name: measure(command, rounds) for name, command in commands(folder).items()})


def commands(folder: str) -> dict[str, list[str]]:
    """Return each command line; the report is that of the run before it."""
    root = ["--data-root", folder]
    return {
        "energykit run --local": [
            *ENERGYKIT,
            "run",
            "config/household-pipeline.json",
            "--local",
            *root,
        ],
        "energykit report": [*ENERGYKIT, "report", *root],
    }


def measure(command: list[str], rounds: int) -> tuple[float, float]:
    """Return the median seconds on the clock, and of CPU."""
    times = [timed(command) for _ in range(rounds)]
    seconds, cpu_s = map(statistics.median, zip(*times, strict=True))
    return seconds, cpu_s


def timed(command: list[str]) -> tuple[float, float]:
    """Run a command to its end; return seconds on the clock, and of CPU with all it waited for."""
    begin, begin_cpu = time.perf_counter(), children_cpu_s()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=TIMEOUT_S)
    return time.perf_counter() - begin, children_cpu_s() - begin_cpu


def children_cpu_s() -> float:
    """Return what ended children, and theirs, have used of the CPU [s]."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(measured: dict[str, tuple[float, float]]) -> None:
    """Print a line each for the clock and the CPU."""
    for name, (seconds, cpu_s) in measured.items():
        tell(f"{name}, as a process", seconds, "s")
        tell(f"{name}, CPU", cpu_s, "s")


if __name__ == "__main__":
    main()
