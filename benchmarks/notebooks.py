"""Headless notebooks on two workers, against papermill in one process and its command for each.

python benchmarks/notebooks.py [--rounds N] [--course]

Six small notebooks, each a real one: imports, a table, a recorded value, two figures. Every way
runs all six, and what their cells show (values, and pictures byte for byte) must be the same.
`--course` runs the project's own lessons, whose time is mostly that of the services they start. The
start-up is measured from the start of the command to the moment at which its first kernel, or the
server that forks kernels, is started.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from verdict import tell

ROOT = Path(__file__).resolve().parent.parent
EXCERPT = ROOT / "data/household/household-2007-04-23.csv"
COUNT, JOBS = 6, 2
IMPORTS = "import energykit as ek\nimport pandas as pd\nimport matplotlib.pyplot as plt"
READ = f"readings = pd.read_csv({str(EXCERPT)!r}, parse_dates=['date_time'])"
ONE = "readings[readings.date_time.dt.dayofyear == readings.date_time.dt.dayofyear.min() + day]"
SAID = {
    "ours": f"energykit, {JOBS} workers",
    "one process": "papermill, one process",
    "command": "papermill's command, each",
}
ONE_PROCESS = """
import sys, papermill
from pathlib import Path
for path in map(Path, sys.argv[2:]):
    copy = Path(sys.argv[1], path.name)
    papermill.execute_notebook(path, copy, cwd=path.parent, progress_bar=False)
"""
START_UP = """
import subprocess, sys, time
begin = float(sys.argv.pop(1))
start = subprocess.Popen.__init__
def report_start(self, *args, **options):
    print(time.time() - begin, file=sys.stderr, flush=True)
    subprocess.Popen.__init__ = start
    start(self, *args, **options)
subprocess.Popen.__init__ = report_start
from energykit.cli import main
sys.exit(main(sys.argv[1:]))
"""


@dataclass(frozen=True)
class Cost:
    """What a way of running notebooks took."""

    seconds: float
    """On the clock [s]."""
    cpu: float
    """Of the processors, by all its processes; 0 where the system does not say [s]."""


def small(folder: Path) -> list[Path]:
    """Write the six notebooks."""
    found = []
    for number in range(COUNT):
        sources = [
            f"{IMPORTS}\nday = {number}",
            f"{READ}\none = {ONE}\none.head()",
            "ek.record('mean', one.Global_active_power.mean())",
            "_ = plt.plot(one.date_time, one.Global_active_power)",
            "_ = plt.hist(one.Voltage, bins=40)",
        ]
        cells = [
            nbformat.v4.new_code_cell(source, id=f"cell-{at}") for at, source in enumerate(sources)
        ]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        path = folder / "notebooks" / f"0{number}-small.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(notebook, path)
        found.append(path)
    return found


def shown(path: Path) -> list[str]:
    """Return a digest of what each cell of a copy shows: values as text, pictures as bytes."""
    cells = [
        cell
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    data = [[output.get("data", {}) for output in cell["outputs"]] for cell in cells]
    return [hashlib.sha256(json.dumps(one, sort_keys=True).encode()).hexdigest() for one in data]


def timed(command: list[str], folder: Path) -> Cost:
    """Run a command and return what it and its processes took."""
    begin, before = time.perf_counter(), os.times()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=900, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[:4]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    after = os.times()
    spent = after.children_user - before.children_user
    spent += after.children_system - before.children_system
    return Cost(time.perf_counter() - begin, spent)


def ours(paths: list[Path], folder: Path, *options: str) -> tuple[Cost, list[list[str]]]:
    """Run the notebooks headless; return the cost and what they show."""
    out = folder / f"ours-{time.monotonic_ns()}"
    command = [
        sys.executable,
        "-m",
        "energykit",
        "notebooks",
        "run",
        *map(str, paths),
        "-j",
        str(JOBS),
        "--out",
        str(out),
    ]
    cost = timed([*command, *options], folder)
    return cost, [shown(next(out.glob(f"{path.stem}-*/project/**/{path.name}"))) for path in paths]


def one_process(paths: list[Path], folder: Path) -> tuple[Cost, list[list[str]]]:
    """Run them with papermill, all in one process, one after another."""
    out = folder / "one"
    out.mkdir(exist_ok=True)
    cost = timed([sys.executable, "-c", ONE_PROCESS, str(out), *map(str, paths)], folder)
    return cost, [shown(out / path.name) for path in paths]


def command_line(paths: list[Path], folder: Path) -> tuple[Cost, list[list[str]]]:
    """Run them with papermill's command, one after another."""
    out = folder / "each"
    out.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "papermill", "--no-progress-bar"]
    costs = [timed([*command, str(path), str(out / path.name)], path.parent) for path in paths]
    cost = Cost(sum(one.seconds for one in costs), sum(one.cpu for one in costs))
    return cost, [shown(out / path.name) for path in paths]


def start_up(paths: list[Path], folder: Path) -> float:
    """Return the seconds from the start of the command to its first process."""
    command = [
        sys.executable,
        "-c",
        START_UP,
        str(time.time()),
        "notebooks",
        "run",
        str(paths[0]),
        "--out",
        "started",
    ]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=True
    )
    return float(done.stderr.splitlines()[0])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--course", action="store_true", help="the project's lessons instead of six small notebooks"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ek-bench-") as name:
        folder = Path(name)
        paths = sorted((ROOT / "notebooks").glob("*.ipynb")) if options.course else small(folder)
        ways = {"ours": ours, "one process": one_process, "command": command_line}
        found: dict[str, list[tuple[Cost, list[list[str]]]]] = {way: [] for way in ways}
        for _ in range(options.rounds):  # in turn, so that what else the machine does falls on all
            for way, run in ways.items():
                found[way].append(run(paths, folder))
        fresh = ours(paths, folder, "--fresh")[0].seconds
        begin = statistics.median(start_up(paths, folder) for _ in range(options.rounds))
    seconds = {
        way: statistics.median(one.seconds for one, _ in runs) for way, runs in found.items()
    }
    cpu = {way: statistics.median(one.cpu for one, _ in runs) for way, runs in found.items()}
    print(f"{len(paths)} notebooks, median of {options.rounds}:")
    for way, said in SAID.items():
        print(f"  {said:<28} {seconds[way]:6.2f} s, {cpu[way]:6.2f} s of the processors")
    print(f"  {'energykit --fresh':<28} {fresh:6.2f} s")
    if not options.course:
        same = {json.dumps(one[1]) for runs in found.values() for one in runs}
        result = "are the same" if len(same) == 1 else f"DIFFER: {len(same)} kinds"
        print(f"  values and figures {result}")
    tell(
        "notebooks, over papermill in one process",
        seconds["one process"] / seconds["ours"],
        "x",
        at_least=4,
    )
    tell(
        "notebooks, over papermill's command", seconds["command"] / seconds["ours"], "x", at_least=7
    )
    tell("notebooks, start-up before the first kernel", begin, "s", at_most=0.5)
    return 0 if options.course or len(same) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
