"""What another revision does about each fault, beside this build: a table for docs/reliability.md.

    python benchmarks/faults.py REV [NUMBER ...]

Each probe of the folder `fault_probes` is a process of its own, with either build. Linux, as root:
some need a second account, a disk, or a network of their own.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from against import checked_out, make_environment
from run import ROOT

PROBES = Path(__file__).parent / "fault_probes"
LIMIT_S = 150.0


def main() -> int:
    """Print the table."""
    listed = subprocess.run([sys.executable, PROBES], capture_output=True, text=True, check=True)
    faults = dict(line.split("\t") for line in listed.stdout.splitlines())
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("revision", help="a commit, branch or tag of this repository")
    parser.add_argument("numbers", nargs="*", help=f"of {', '.join(faults)}; default: all")
    given = parser.parse_args()
    with checked_out(given.revision) as tree:
        python = make_environment(tree)
        print(f"| # | what is done | {given.revision[:7]} | this build |")
        print("| --- | --- | --- | --- |")
        for number in given.numbers or sorted(faults, key=in_order):
            then, now = try_one(tree, python, number), try_one(ROOT, Path(sys.executable), number)
            print(f"| {number} | {faults[number]} | {then} | {now} |", flush=True)
    return 0


def in_order(number: str) -> tuple[str, int, str]:
    """Sort ``8a`` before ``10``, and ``D1`` after both."""
    letter, digits, rest = re.fullmatch(r"(\D*)(\d+)(\D*)", number).groups()
    return letter, int(digits), rest


def try_one(tree: Path, python: Path, number: str) -> str:
    """Return what a probe says of a build, or why it ended without a word."""
    command = [python, "-W", "ignore", PROBES, number]
    kernels = {"JUPYTER_PATH": str(Path(sys.prefix, "share/jupyter"))}
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env={**os.environ, **kernels},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"nothing within {LIMIT_S:.0f} s"
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return lines[-1] if lines else f"ended with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())
