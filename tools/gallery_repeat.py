"""Run the gallery of bad notebooks time and again: each must get one and the same verdict.

python tools/gallery_repeat.py [--runs N] [--minutes M] [--busy B] [--fresh]

A verdict is its status, its exit code and its reason, without what differs by nature: paths, ids of
processes, ports, amounts of memory. ``--busy`` adds processes that take all the time they get, so
that the machine is under load. The end says how many whole runs there were; exit code 1 where a
notebook had more than one verdict.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from gallery import at, gallery, ours, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gallery import Bad

SPIN = "while True: pass"


@contextlib.contextmanager
def load(count: int) -> Iterator[None]:
    """Keep some processes busy."""
    busy = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def verdict_of(bad: Bad, *, fresh: bool) -> str:
    """Return the verdict of one run of a bad notebook, as text that can be compared."""
    with tempfile.TemporaryDirectory(prefix="ek-gallery-") as name:
        folder = Path(name).resolve()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            said, code, _ = ours(at(bad, folder), folder, fresh=fresh)  # what bless says is known
        return f"{code} {re.sub(r'[0-9.,]+ MB', 'N MB', plain(said, folder))}"


def main() -> int:
    """Run and count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=600, help="longest time")
    parser.add_argument("--busy", type=int, default=0, metavar="B", help="processes of load")
    parser.add_argument("--fresh", action="store_true", help="kernels as programs")
    given = parser.parse_args()
    end = time.monotonic() + 60 * given.minutes
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    done, loads = 0, []
    with load(given.busy):
        while done < given.runs and time.monotonic() < end:
            for bad in gallery():
                verdicts[bad.name][verdict_of(bad, fresh=given.fresh)] += 1
            done += 1
            loads.append(os.getloadavg()[0])
            several = sum(len(kinds) > 1 for kinds in verdicts.values())
            print(f"run {done}: {several} with several verdicts, load {loads[-1]:.0f}", flush=True)
    for name, kinds in verdicts.items():
        if len(kinds) > 1:
            print(
                f"{name}:", *(f"  {count} times: {text}" for text, count in kinds.items()), sep="\n"
            )
    single = sum(len(kinds) == 1 for kinds in verdicts.values())
    average = f"load {min(loads):.0f} to {max(loads):.0f}"
    print(f"{done} runs, {average}: {single} of {len(verdicts)} notebooks had one verdict")
    return 0 if single == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
