"""Every benchmark, one after another, each in a process of its own; ``make bench``.

python benchmarks/run.py [NAME ...]

Prints what each prints, and how busy the machine was before it: ratios in one run compare, seconds of two runs do not.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
NAMES = ("command", "start", "overhead", "pipeline", "generator", "notebooks")
PACKAGES = ("energykit", "grpcio", "polars", "pandas", "protobuf", "numpy")


def main(names: list[str]) -> int:
    """Run the benchmarks and return 1 where one of them broke; a missed target is no failure."""
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {platform.platform()}")
    print(f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in PACKAGES)}")
    broken = [name for name in names or NAMES if (FOLDER / f"{name}.py").exists() and not is_run(name)]
    if broken:
        print(f"broken: {', '.join(broken)}", file=sys.stderr)
    return int(bool(broken))


def is_run(name: str) -> bool:
    """Run one benchmark and say whether it came to its end."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"\n== {name}{load}", flush=True)
    return subprocess.run([sys.executable, str(FOLDER / f"{name}.py")], check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
