"""Every benchmark, one after another, each in a process of its own, and one table; ``make bench``.

python benchmarks/run.py [NAME ...]

Prints what each prints as it comes, how busy the machine was before it, and at the end each value
beside its target. Ratios within one run compare; seconds of two runs do not. Nothing is fetched:
where the full household data set is absent, it says so.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from readings import SOURCE
from verdict import Verdict, read

import energykit

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
FULL = SOURCE.parent
NAMES = (
    "command",
    "processes",
    "start",
    "overhead",
    "copying",
    "encryption",
    "resume",
    "pipeline",
    "detectors",
    "generator",
    "meters",
    "transfer",
    "fleet",
    "notebooks",
)
PACKAGES = ("grpcio", "polars", "pandas", "protobuf", "numpy")


def main(names: list[str]) -> int:
    """Run the benchmarks; return 1 where one of them broke, 2 for an unknown name.

    A missed target does not fail it.
    """
    known = [name for name in NAMES if (FOLDER / f"{name}.py").exists()]
    if unknown := sorted(set(names) - set(known)):
        print(
            f"there is no benchmark {', '.join(unknown)}; there are: {', '.join(known)}",
            file=sys.stderr,
        )
        return 2
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {platform.platform()}")
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(f"energykit {energykit.__version__}, Python {platform.python_version()}, {packages}")
    if not any(FULL.glob("*")):
        print(
            "the full household data set is not here (energykit data fetch household): "
            "its excerpt is repeated"
        )
    found: list[Verdict] = []
    broken = [name for name in names or known if not is_run(name, found)]
    show(found)
    if broken:
        print(f"\nbroken: {', '.join(broken)}", file=sys.stderr)
    return int(bool(broken))


def is_run(name: str, found: list[Verdict]) -> bool:
    """Run one benchmark, show its output, keep its verdicts, and say whether it came to its end."""
    print(f"\n== {name}{load()}", flush=True)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, str(FOLDER / f"{name}.py")]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            if verdict := read(line):
                found.append(verdict)
    print(f"-- end of {name}{load()}", flush=True)
    return process.returncode == 0


def load() -> str:
    """Return how many processes wanted to run in the last minute, where the system tells."""
    return (
        f", load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        if hasattr(os, "getloadavg")
        else ""
    )


def show(found: list[Verdict]) -> None:
    """Print the table."""
    rows = [("what", "measured", "target", "reached", "")]
    rows += [
        (
            one.name,
            one.value,
            one.target,
            ("yes" if one.is_reached else "NO") * bool(one.target),
            one.note,
        )
        for one in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print()
    for name, value, *others in rows:
        cells = [f"{name:<{widths[0]}}", f"{value:>{widths[1]}}"]
        cells += [f"{cell:<{width}}" for cell, width in zip(others, widths[2:], strict=True)]
        print("  ".join(cells).rstrip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
