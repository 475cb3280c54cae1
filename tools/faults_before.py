"""What another revision did about each fault, beside this build: a table for docs/reliability.md.

``python tools/faults_before.py REV [NUMBER ...]``: the other revision gets an environment of its
own that borrows the packages of this one. Each probe of `tools/fault_probes.py` is a process of
its own with either build. Linux, as root: some need a second account, a disk, or a network.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tools")]
LIMIT_S = 120.0


def main() -> int:
    """Print the table."""
    against, probes = import_module("against"), import_module("fault_probes").PROBES
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("revision", help="a commit, branch or tag of this repository")
    parser.add_argument("numbers", nargs="*", help=f"of {', '.join(probes)}; default: all")
    given = parser.parse_args()
    with against.checked_out(given.revision) as tree:
        python = against.make_environment(tree)
        print(
            f"| # | what is done | {given.revision[:7]} | this build |\n| --- | --- | --- | --- |"
        )
        for number in given.numbers or probes:
            what = (probes[number].__doc__ or "").partition(": ")[2].rstrip(".")
            seen = probe(tree, python, number), probe(ROOT, Path(sys.executable), number)
            print(f"| {number} | {what} | {seen[0]} | {seen[1]} |", flush=True)
    return 0


def probe(tree: Path, python: Path, number: str) -> str:
    """Return what a probe says of a build, or why it ended without a word."""
    command = [str(python), "-W", "ignore", str(ROOT / "tools" / "fault_probes.py"), number]
    try:
        done = subprocess.run(
            command, cwd=tree, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"nothing within {LIMIT_S:.0f} s"
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return lines[-1] if lines else f"ended with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())
