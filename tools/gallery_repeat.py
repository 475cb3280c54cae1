"""Run the gallery of bad notebooks time and again: each must get one and the same verdict.

python tools/gallery_repeat.py [--runs N] [--minutes M] [--busy B] [--jobs N] [--fresh]

A run is all of them, some at a time. A verdict is its status and its reason, without what differs
by nature: paths, ids of processes, ports, amounts of memory, the line of a loop that a limit met.
Only those that are to time out have a short limit; under load any other cell might take 2 s.
``--busy`` adds processes that take all the time they get, so that the machine is under load.
Another verdict than before is printed as it comes. The end, or Ctrl-C, says how many whole runs
there were; exit code 1 where a notebook had more than one.
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

from gallery import CELL_S, PLACE, at, gallery, plain, write

from energykit.cli import main as bless
from energykit.notebooks import Options, run

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG_S = 60
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


def prepare(folder: Path) -> dict[str, list[tuple[str, Path]]]:
    """Write the notebooks, each in a project of its own, with what is expected of them.

    Returns
    -------
    dict
        Name and path of those that time out, and of the others. Those with a parameter are left
        out: they are refused before they run.
    """
    found: dict[str, list[tuple[str, Path]]] = {"time out": [], "end": []}
    for number, bad in enumerate(one for one in gallery() if not one.parameters):
        home = folder / f"{number:02}"
        known, path = at(bad, home), home / PLACE
        if known.blessed:
            write(path, known.blessed)
            bless(["notebooks", "bless", str(path), "--out", str(home / "out")])
        write(path, known.cells)
        found["time out" if bad.times_out else "end"].append((bad.name, path))
    return found


def verdicts_of(folder: Path, *, jobs: int, fresh: bool) -> dict[str, str]:
    """Return the verdict of each notebook in one run, as text that can be compared."""
    said = {}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for kind, found in prepare(folder).items():
            limit_s = CELL_S if kind == "time out" else LONG_S
            options = Options(out=folder / "out", cell_s=limit_s, jobs=jobs, fresh=fresh)
            report = run([path for _, path in found], options)
            by_path = {verdict.path: verdict for verdict in report.notebooks}
            for name, path in found:
                verdict = by_path[str(path)]
                text = plain(f"{verdict.status}: {verdict.reason}", path.parents[2])
                text = re.sub(r", line \d+: .*(?=: took longer)", "", text)
                said[name] = re.sub(r"[0-9.,]+ MB", "N MB", text.replace(str(folder), "…"))
    return said


def main() -> int:
    """Run and count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=600, help="longest time")
    parser.add_argument("--busy", type=int, default=0, metavar="B", help="processes of load")
    parser.add_argument("--jobs", type=int, default=4, help="notebooks at a time")
    parser.add_argument("--fresh", action="store_true", help="kernels as programs")
    given = parser.parse_args()
    end = time.monotonic() + 60 * given.minutes
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    done, loads = 0, []
    with load(given.busy), contextlib.suppress(KeyboardInterrupt):
        while done < given.runs and time.monotonic() < end:
            with tempfile.TemporaryDirectory(prefix="ek-gallery-") as name:
                folder = Path(name).resolve()
                said = verdicts_of(folder, jobs=given.jobs, fresh=given.fresh)
            for name, text in said.items():
                if done and text not in verdicts[name]:
                    print(f"{name}: another verdict: {text}", flush=True)
                verdicts[name][text] += 1
            done += 1
            loads.append(os.getloadavg()[0])
            several = sum(len(kinds) > 1 for kinds in verdicts.values())
            print(f"run {done}: {several} with several verdicts, load {loads[-1]:.0f}", flush=True)
    for name, kinds in verdicts.items():
        if len(kinds) > 1:
            lines = [f"  {count} times: {text}" for text, count in kinds.items()]
            print(f"{name}:", *lines, sep="\n")
    single = sum(len(kinds) == 1 for kinds in verdicts.values())
    average = f"load {min(loads):.0f} to {max(loads):.0f}"
    print(f"{done} runs, {average}: {single} of {len(verdicts)} notebooks had one verdict")
    return 0 if single == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
