"""The build beside another revision, in turn, in one run; ``make bench-against``.

    python benchmarks/against.py REV [NAME ...] [--rounds N]

The other revision is checked out into a temporary folder, with an environment of its own that
borrows the packages of this one. Both have their bytecode. The same scripts, those of this build,
measure both, round by round, and each begins every other round, so that what else the machine does
falls on both; each round measures little, so that both meet the same minute. Prints the median of
each value, and the median of the rounds' ratios: below 1 is less time or memory than the other
revision takes. A script that uses what the other revision did not have measures this build alone,
and says so.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from compileall import compile_dir
from pathlib import Path
from typing import TYPE_CHECKING

import pipeline
from run import FULL, ROOT, load
from verdict import read

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = {
    "command": [],
    "processes": ["--rounds", "1"],
    "start": [],
    "overhead": [],
    "copying": [],
    "resume": [],
    "pipeline": ["--rounds", "1", "--yardstick-rows", "-1", "--no-tenfold"],
    "detectors": ["--rounds", "1"],
    "generator": ["--repeat", "1", "--only-speed"],
}
"""The benchmarks that can measure another revision, each with how often it repeats."""
MOST = {
    "energykit run --local, CPU": 0.5,
    "energykit run --local, as a process": 0.5,
    "energykit report, CPU": 0.25,
    "energykit report, as a process": 0.25,
    "all 14 detectors at once, CPU": 0.5,
}
"""Most that this build may take of what the other revision does."""
LEAST = {"households to Parquet, median": 2.0, "households to Parquet, of CPU": 2.0}
"""Least that this build must reach of it."""
TIMEOUT_S = 3600.0


def main() -> int:
    """Measure and print; return 1 where a benchmark broke."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revision", help="a commit, branch or tag of this repository")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; default: all")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default: %(default)s)")
    options = parser.parse_args()
    ours: dict[str, list[float]] = {}
    theirs: dict[str, list[float]] = {}
    is_whole = True
    with checked_out(options.revision) as tree, tempfile.TemporaryDirectory() as readings:
        names = options.names or list(NAMES)
        if {"pipeline", "detectors"} & set(names):
            pipeline.fill(Path(os.environ.setdefault("ENERGYKIT_BENCH_READINGS", readings)))
        python = make_environment(tree)
        for each in (tree, ROOT):  # as after a first start, whatever PYTHONDONTWRITEBYTECODE says
            compile_dir(each / "energykit", quiet=1)
            compile_dir(each / "services", quiet=1)
        for number in range(options.rounds):
            for name in names:
                print(f"== round {number + 1}, {name}{load()}", flush=True)
                turns = [(tree, python, theirs), (ROOT, Path(sys.executable), ours)]
                for place, interpreter, values in turns[:: -1 if number % 2 else 1]:
                    is_whole &= measure(place, interpreter, name, values) or place == tree
    show(options.revision, theirs, ours)
    return int(not is_whole)


@contextlib.contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """Give the files of a revision in a temporary folder, and remove them afterwards."""
    with tempfile.TemporaryDirectory(prefix="energykit-bench-") as folder:
        tree = Path(folder, "tree")
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), revision], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def make_environment(tree: Path) -> Path:
    """Install a tree beside the packages of this environment; return its interpreter."""
    venv = tree / ".venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    query = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run(
        [python, "-c", query], check=True, capture_output=True, text=True
    ).stdout.strip()
    borrowed = tree / ".borrowed"
    borrowed.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "energykit" not in entry.name:  # this build's entry points are not the other's
            (borrowed / entry.name).symlink_to(entry)
    Path(packages, "borrowed.pth").write_text(f"{borrowed}\n", encoding="utf-8")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "-e", str(tree)], check=True)
    if FULL.exists():
        (tree / "data/full").mkdir(parents=True, exist_ok=True)
        (tree / "data/full/household").symlink_to(FULL, target_is_directory=True)
    return python


def measure(tree: Path, python: Path, name: str, values: dict[str, list[float]]) -> bool:
    """Measure a tree with a benchmark and keep the values; say whether it came to its end."""
    script, begin = ROOT / "benchmarks" / f"{name}.py", time.perf_counter()
    kernels = str(Path(sys.prefix, "share/jupyter"))
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "JUPYTER_PATH": kernels}
    done = subprocess.run(
        [python, str(script), *NAMES.get(name, [])],
        cwd=tree,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )
    which = "this build" if tree == ROOT else "the other"
    print(f"   {which}: {time.perf_counter() - begin:.0f} s", flush=True)
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:]
        print(f"   {name} does not measure {which}: {''.join(why)}", flush=True)
    for line in done.stdout.splitlines():
        if verdict := read(line):
            number = float(verdict.value.split()[0].replace(",", ""))
            values.setdefault(verdict.name, []).append(number)
    return done.returncode == 0


def show(revision: str, theirs: dict[str, list[float]], ours: dict[str, list[float]]) -> None:
    """Print the medians side by side."""
    width = max(map(len, [*theirs, *ours, "what"]))
    head = f"{revision[:12]:>12}  {'this build':>12}  {'ratio':>6}  {'target':>8}"
    print(f"\n{'what':<{width}}  {head}  each round")
    for name in dict.fromkeys([*ours, *theirs]):
        before, now = theirs.get(name, []), ours.get(name, [])
        cells = [f"{statistics.median(every):,.2f}" if every else "-" for every in (before, now)]
        rounds = [f"{new / old:.2f}" for old, new in zip(before, now, strict=False) if old]
        ratio = f"{statistics.median(map(float, rounds)):.2f}" if rounds else "-"
        line = f"{cells[0]:>12}  {cells[1]:>12}  {ratio:>6}  {bound(name):>8}"
        print(f"{name:<{width}}  {line}  {' '.join(rounds)}")


def bound(name: str) -> str:
    """Return the target of a value's ratio, empty where it has none."""
    if name in MOST:
        return f"<= {MOST[name]:g}"
    return f">= {LEAST[name]:g}" if name in LEAST else ""


if __name__ == "__main__":
    sys.exit(main())
