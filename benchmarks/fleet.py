"""A fleet of meters: branches, points of a sweep, and one worker beside two on a Dask cluster.

python benchmarks/fleet.py [HOUSEHOLDS]

Each household is a file of a year of half hours, made by the generator; ``make fleet`` does 5,000
(88 million rows), ``make bench`` 16. Scheduler and workers are processes of their own. Ratios are
within one run; on a machine with other work, or with one core, two workers cannot be faster.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from verdict import tell

from energykit.config import load_config, parse_config
from energykit.executor import run
from energykit.experiments import points, run_point, sweep
from energykit.experiments.finished import FinishedPoints, plan_digest
from energykit.experiments.gather import gather
from energykit.experiments.service_version import service_version
from energykit.launcher import local_services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from energykit.experiments import SweepProgress
ROOT = Path(__file__).resolve().parent.parent
HALF_HOURS = 365 * 48
ROUNDS, COUNT = 5, 40
FEW, MANY = 16, 64
"""Households of the short benchmark; how many of a longer one are compared with one worker."""


def main(households: int) -> None:
    """Measure all."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        compare_branches(root)
        compare_points(root)
        compare_workers(root, households)


def compare_branches(root: Path) -> None:
    """Run two equal stages side by side, and one after the other: some that work, some that wait.

    A stage that works uses more than one core alone, as it reads, computes and writes at once, so
    that two gain less where there are two cores; how many it uses is said.
    """
    side, chain, cpu = measure_branches(root, "services.energy_analyzer", {"detectors": ["hampel"]})
    print(f"branches: two equal stages, {side:.2f} s side by side, {chain:.2f} s in turn")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    note = f"a stage alone uses {cpu / chain:.1f} of {cores} cores"
    tell("two branches, of the chain", side / chain, "x", at_most=0.6, note=note)
    side, chain, _cpu = measure_branches(root, "services.dummy", {"delay_s": 0.5})
    tell("two branches that wait, of the chain", side / chain, "x", at_most=0.6)


def measure_branches(
    root: Path, module: str, parameters: dict[str, Any]
) -> tuple[float, float, float]:
    """Return the time of two equal stages side by side, in turn, and their CPU time in turn [s]."""
    plan = json.loads((ROOT / "config/branches-pipeline.json").read_text(encoding="utf-8"))
    nodes, names = plan["containers"], ("low-factor", "outlier")
    nodes["energy-generator"]["parameters"] |= {"households": 10, "days": 28}
    for name in names:
        nodes[name] |= {"service": name, "parameters": parameters}
    registry = dict.fromkeys(["energy-generator", *names], "127.0.0.1:1")
    spans: dict[str, list[float]] = {"parallel": [], "sequential": []}
    used: list[float] = []
    with local_services(
        list(registry), data_root=root, modules=dict.fromkeys(names, module)
    ) as services:
        workers = [psutil.Process(services.processes[name].pid) for name in names]
        for _ in range(ROUNDS):
            for mode, taken in spans.items():
                text = json.dumps(plan | {"execution_mode": mode, "service_registry": registry})
                before = cpu_seconds(workers)
                result = run(parse_config(text), services)
                used.append(cpu_seconds(workers) - before)
                stages = [result.raise_for_failure()[name] for name in names]
                ends = [one.started.timestamp() + one.seconds for one in stages]
                taken.append(max(ends) - min(one.started.timestamp() for one in stages))
    side, chain = (statistics.median(taken) for taken in spans.values())
    return side, chain, statistics.median(used[1::2])


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """Return the CPU time that processes have used [s]."""
    return sum(sum(one.cpu_times()[:2]) for one in processes)


def compare_points(root: Path) -> None:
    """Run the same plan as a point of a sweep, its digest and row included, and bare in turn."""
    config = load_config(ROOT / "config/energy-pipeline.json", data_root=root)
    planned = points(config, {"energy-generator.rows": [10] * COUNT}, data_root=root)
    finished, taken = FinishedPoints(root), {"a point": [], "bare": []}
    version_of = cache(service_version)  # as a sweep asks for it
    with local_services(config, data_root=root) as services:
        for point in planned:
            begin = time.perf_counter()
            finished.keep(plan_digest(point, version_of), run_point(point, services))
            middle = time.perf_counter()
            run(config, services)
            taken["bare"].append(time.perf_counter() - middle)
            taken["a point"].append(middle - begin)
    point_ms, bare_ms = (1e3 * statistics.median(several) for several in taken.values())
    print(f"points: median of {COUNT}: {point_ms:.1f} ms as a point, {bare_ms:.1f} ms bare")
    tell("a point of a sweep, over the bare run", point_ms - bare_ms, "ms", at_most=5.0)


def compare_workers(root: Path, households: int) -> None:
    """Analyze a fleet on two workers, and some of it on one and by one set of services.

    Points that wait for a second each show what a worker adds where cores are free.
    """
    make_meters(root, households)
    some = min(households, MANY)
    chosen = [f"/data/meters/{number:06d}.csv" for number in range(some)]
    rates = {"one service": rate_here(root, chosen)}
    waits: dict[int, float] = {}
    for workers in (1, 2):
        with cluster(workers, root) as (executor, exchange):
            rate(root, chosen[: 2 * workers], executor)  # services are started
            rates[f"{workers} workers"] = rate(root, chosen, executor)
            waits[workers] = seconds_of_waiting(root, executor)
            if workers == 2 and households > some:
                analyze_all(root, households, executor, exchange)
    for name, rows_s in rates.items():
        print(f"fleet: {some} households of {HALF_HOURS:,} rows, {name}: {rows_s:,.0f} rows/s")
    two = rates["2 workers"]
    tell("two Dask workers, of one, points that wait 1 s", waits[1] / waits[2], "x", at_least=1.7)
    tell("two Dask workers, of one", two / rates["1 workers"], "x", at_least=1.7)
    tell("fleet on two workers, of one service", two / rates["one service"], "x", at_least=1.6)


def rate_here(root: Path, files: list[str]) -> float:
    """Return how many rows a second one set of services goes through, services running [1/s]."""
    config = load_config(ROOT / "config/fleet-pipeline.json", data_root=root)
    planned = points(config, {"energy-analyzer.input_file": files}, data_root=root)
    with local_services(config, data_root=root) as services:
        run_point(planned[0], services)
        begin = time.perf_counter()
        rows = [run_point(point, services) for point in planned]
        seconds = time.perf_counter() - begin
    assert all(row["ok"] for row in rows), rows
    return len(files) * HALF_HOURS / seconds


def rate(root: Path, files: list[str], executor: Executor) -> float:
    """Return how many rows a second a sweep over files goes through, services running [1/s]."""
    config = load_config(ROOT / "config/fleet-pipeline.json", data_root=root)
    begin = time.perf_counter()
    table = sweep(config, {"energy-analyzer.input_file": files}, data_root=root, executor=executor)
    seconds = time.perf_counter() - begin
    assert table["ok"].all(), table["error"].tolist()
    return len(files) * HALF_HOURS / seconds


def seconds_of_waiting(root: Path, executor: Executor) -> float:
    """Return how long a sweep takes whose eight points wait for a second each [s]."""
    node = {"id": "dummy", "input_file": "", "next_node": None, "timeout_seconds": 60}
    plan = {
        "workflow_name": "waiting",
        "start_node": "dummy",
        "execution_mode": "sequential",
        "service_registry": {"dummy": "127.0.0.1:1"},
        "containers": {"dummy": node | {"output_file": "/data/waiting.csv"}},
    }
    config = parse_config(json.dumps(plan))
    delays = {"dummy.delay_s": [1.0] * 8}
    sweep(config, {"dummy.delay_s": [0.0] * 8}, data_root=root, executor=executor)  # started
    begin = time.perf_counter()
    table = sweep(config, delays, data_root=root, executor=executor)
    assert table["ok"].all(), table["error"].tolist()
    return time.perf_counter() - begin


def analyze_all(
    root: Path, households: int, executor: Executor, exchange: Callable[[], None]
) -> None:
    """Run the whole fleet, kill a worker midway, join the reports, and say what came of it."""
    config = load_config(ROOT / "config/fleet-pipeline.json", data_root=root)
    begin = time.perf_counter()

    def watch(progress: SweepProgress) -> None:
        if progress.done == households // 2:
            exchange()
            print(f"fleet: a worker was killed after {progress.done:,} points", flush=True)

    table = sweep(
        config,
        {"energy-analyzer.input_file": "/data/meters/*.csv"},
        data_root=root,
        executor=executor,
        attempts=2,
        on_progress=watch,
    )
    swept = time.perf_counter() - begin
    summary = gather(table[table["ok"]], out=root / "gathered").summary
    joined = time.perf_counter() - begin - swept
    total = summary.iloc[-1]
    rows = households * HALF_HOURS
    print(
        f"whole fleet: {households:,} households, {rows:,} rows, {swept:.0f} s"
        f" ({rows / swept:,.0f} rows/s), gathered in {joined:.0f} s; {int((~table['ok']).sum())}"
        f" points failed; {total['rows']:,} rows, {total['energy']:,.1f} kWh,"
        f" {total['anomalies']:,} anomalies"
    )
    assert total["rows"] == rows, "readings were lost"


@contextmanager
def cluster(workers: int, root: Path) -> Iterator[tuple[Executor, Callable[[], None]]]:
    """Start a scheduler and workers, a process each; give an executor, and what kills a worker.

    A worker that is killed is followed by a new one.
    """
    from distributed import Client  # optional

    where = root / f"scheduler-{workers}.json"
    with ExitStack() as held:

        def start(name: str, *options: str) -> int:
            process = subprocess.Popen(
                [
                    *[sys.executable, "-m", f"distributed.cli.{name}", *options],
                    *["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(where)],
                ],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            held.callback(process.wait, 20)
            held.callback(process.terminate)
            return process.pid

        own = ["--nthreads", "1", "--no-nanny", "--local-directory", str(root / "dask")]
        start("dask_scheduler", "--port", "0")
        started = [start("dask_worker", *own) for _ in range(workers)]

        def exchange() -> None:
            os.kill(started.pop(), signal.SIGKILL)
            started.append(start("dask_worker", *own))

        client = held.enter_context(Client(scheduler_file=str(where), timeout=60))
        client.wait_for_workers(workers, timeout=60)
        yield client.get_executor(), exchange


def make_meters(root: Path, households: int) -> None:
    """Let the generator write a file for each household."""
    folder = root / "meters"
    folder.mkdir()
    node: dict[str, Any] = {
        "id": "energy-generator",
        "input_file": "",
        "next_node": None,
        "timeout_seconds": 60,
    }
    begin = time.perf_counter()
    with local_services(["energy-generator"], data_root=root) as services:
        for number in range(households):
            parameters = {"scenario": "households", "households": 1, "days": 365}
            parameters |= {"step_s": 1800, "seed": number, "first_household": number}
            node |= {
                "output_file": f"/data/meters/{number:06d}.csv",
                "parameters": parameters,
            }
            plan = {
                "workflow_name": "meters",
                "start_node": "energy-generator",
                "execution_mode": "sequential",
                "service_registry": {"energy-generator": "127.0.0.1:1"},
                "containers": {"energy-generator": node},
            }
            run(parse_config(json.dumps(plan)), services).raise_for_failure()
    print(
        f"fleet: {households} files of {HALF_HOURS:,} rows made"
        f" in {time.perf_counter() - begin:.0f} s"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FEW)
