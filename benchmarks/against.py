"""Today's benchmarks beside those of another revision, in turn, in one run; ``make bench-against``.

    python benchmarks/against.py REV [NAME ...] [--rounds N]

The other revision is checked out into a temporary folder, with an environment of its own that
borrows the packages of this one. Its benchmarks and ours run one after the other, round by round,
so that what else the machine does falls on both. Prints the median of each value and the ratio of
the two: below 1 is less time or memory today.
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
from pathlib import Path
from typing import TYPE_CHECKING

from run import FULL, NAMES, load
from verdict import read

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 3600.0


def main() -> int:
    """Measure and print; return 1 where a benchmark broke."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revision", help="a commit, branch or tag of this repository")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; default: all")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default: %(default)s)")
    options = parser.parse_args()
    ours: dict[str, list[float]] = {}
    theirs: dict[str, list[float]] = {}
    is_whole = True
    with checked_out(options.revision) as tree:
        python = make_environment(tree)
        for number in range(options.rounds):
            for name in options.names or NAMES:
                print(f"== round {number + 1}, {name}{load()}", flush=True)
                is_whole &= measure(tree, python, name, theirs)
                is_whole &= measure(ROOT, Path(sys.executable), name, ours)
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
    borrowed = sysconfig.get_path("purelib")
    Path(packages, "borrowed.pth").write_text(f"{borrowed}\n", encoding="utf-8")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "-e", str(tree)], check=True)
    if FULL.exists():
        (tree / "data/full").mkdir(parents=True, exist_ok=True)
        (tree / "data/full/household").symlink_to(FULL, target_is_directory=True)
    return python


def measure(tree: Path, python: Path, name: str, values: dict[str, list[float]]) -> bool:
    """Run one benchmark of a tree and keep what it measured; say whether it came to its end."""
    script = tree / "benchmarks" / f"{name}.py"
    if not script.exists():
        return True
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [python, str(script)],
        cwd=tree,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        print(f"{script} ended with {done.returncode}: {done.stderr[-2000:]}", file=sys.stderr)
    for line in done.stdout.splitlines():
        if verdict := read(line):
            number = float(verdict.value.split()[0].replace(",", ""))
            values.setdefault(verdict.name, []).append(number)
    return done.returncode == 0


def show(revision: str, theirs: dict[str, list[float]], ours: dict[str, list[float]]) -> None:
    """Print the medians side by side."""
    width = max(map(len, [*theirs, *ours, "what"]))
    print(f"\n{'what':<{width}}  {revision[:12]:>12}  {'today':>12}  {'ratio':>6}  each round")
    for name in dict.fromkeys([*theirs, *ours]):
        before, now = theirs.get(name, []), ours.get(name, [])
        cells = [f"{statistics.median(one):,.2f}" if one else "-" for one in (before, now)]
        rounds = [f"{new / old:.2f}" for old, new in zip(before, now, strict=False) if old]
        ratio = (
            f"{statistics.median(now) / statistics.median(before):.2f}"
            if before and now and statistics.median(before)
            else "-"
        )
        print(f"{name:<{width}}  {cells[0]:>12}  {cells[1]:>12}  {ratio:>6}  {' '.join(rounds)}")


if __name__ == "__main__":
    sys.exit(main())
