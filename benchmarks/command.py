"""Start-up: importing the kit, and checking a configuration as a process.

python benchmarks/command.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from verdict import tell

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 15
IMPORT_TARGET_MS = 60.0
CHECK_TARGET_MS = 250.0
WAYS = {
    "bare python": ["-c", "pass"],
    "import energykit": ["-c", "import energykit"],
    "energykit check": ["-m", "energykit", "check", "config/energy-pipeline.json"],
    "energykit --help": ["-m", "energykit", "--help"],
}


def taken_ms(arguments: list[str]) -> float:
    """Return how long a process takes [ms].

    Its output is read: waiting with a timeout alone looks after 1, 4, 8, 16, 32, 64 and 114 ms.
    """
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=60
    )
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Measure in turn, so that what else the machine does falls on all alike, and print."""
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(ROUNDS):
        for name, arguments in WAYS.items():
            times[name].append(taken_ms(arguments))
    medians = {name: statistics.median(one) for name, one in times.items()}
    bare = medians["bare python"]
    print(f"start-up: median of {ROUNDS} rounds")
    for name, median in medians.items():
        print(f"  {name:<28} {median:7.1f} ms  {median / bare:5.2f} x bare python")
    tell(
        "import energykit, over bare python",
        medians["import energykit"] - bare,
        "ms",
        at_most=IMPORT_TARGET_MS,
    )
    tell("energykit check, as a process", medians["energykit check"], "ms", at_most=CHECK_TARGET_MS)


if __name__ == "__main__":
    main()
