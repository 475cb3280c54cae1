"""Speed and memory of the households scenario, on one core.

    python benchmarks/generator.py [--households N] [--days D] [--repeat R] [--only-speed] [--json]

Generates one-minute readings and writes them to Parquet as the service does, in a process of its
own that may use one core and one thread. Prints rows per second of the clock, and per second of the
core. The target is held against the median of the clock; where the process did not get its core
whole, or other work was waiting, it says that the machine was loaded, and by how much, and the
verdict stays what it is. Prints the share of the writing, and the peak of memory also for ten times
the households and for ten times the period: it does not grow with the number of rows.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from verdict import tell

TARGET_ROWS_S = 3e6
MEMORY_MB = 600
GROWTH = 1.2
QUIET_SHARE = 0.95
"""A process that gets less of its core shares it."""
SEED = 20250101
_MEASURE = """
import json, os, sys, time
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from energykit import artifacts
from services.energy_generator.households import generate

path, anomalies = sys.argv[1], float(sys.argv[4])
households, days = map(int, sys.argv[2:4])
list(generate(households=1, days=1).readings)  # what is loaded once
made = 0.0
def timed(batches):
    global made
    while True:
        begin = time.perf_counter()
        batch = next(batches, None)
        made += time.perf_counter() - begin
        if batch is None:
            return
        yield batch
begin, cpu = time.perf_counter(), time.process_time()
population = generate(households=households, days=days, seed=int(sys.argv[5]), anomalies=anomalies)
written = artifacts.write(timed(population.readings), path)
seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
try:  # of this program alone; ru_maxrss begins with that of the process that started it
    lines = open("/proc/self/status").read().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / (1 << 10)
except OSError:
    try:
        import resource
        unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    except ImportError:
        peak = float("nan")
print(json.dumps({"rows": written.rows, "bytes": written.bytes, "sha256": written.sha256,
                  "seconds": seconds, "core_seconds": cpu, "made": made, "peak_mb": peak}))
"""


def measure(
    folder: Path, households: int, days: int, anomalies: float = 0.0
) -> dict[str, float | str]:
    """Generate a population into a file, in a fresh process on one core, and return its figures."""
    path = folder / "readings.parquet"
    command = [
        sys.executable,
        "-c",
        _MEASURE,
        str(path),
        str(households),
        str(days),
        str(anomalies),
        str(SEED),
    ]
    one_thread = {
        **os.environ,
        "POLARS_MAX_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    done = subprocess.run(
        command, env=one_thread, capture_output=True, text=True, timeout=600, check=True
    )
    return json.loads(done.stdout)


def results(households: int, days: int, repeat: int, *, only_speed: bool) -> dict[str, object]:
    """Measure speed, and, unless only that is wanted, what anomalies and ten times the rows cost.

    The bytes must repeat.
    """
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = [measure(folder, households, days) for _ in range(repeat)]
        found = {**speed(runs, load), "peak_mb": round(max(run["peak_mb"] for run in runs))}
        if not only_speed:
            faulty = measure(folder, households, days, 0.1)
            found["rows_per_s_with_anomalies"] = round(faulty["rows"] / faulty["seconds"])
            many, long = (measure(folder, n * households, 10 * days // n) for n in (10, 1))
            found["peak_mb_ten_times_the_households"] = round(many["peak_mb"])
            found["peak_mb_ten_times_the_period"] = round(long["peak_mb"])
    return found


def speed(runs: list[dict[str, float | str]], load: float) -> dict[str, object]:
    """Return rows per second, of the clock and of the core, and how they came about."""
    rates = [run["rows"] / run["seconds"] for run in runs]
    share = statistics.median(run["core_seconds"] / run["seconds"] for run in runs)
    writing = statistics.median(1 - run["made"] / run["seconds"] for run in runs)
    return {
        "rows": runs[0]["rows"],
        "rows_per_s": round(statistics.median(rates)),
        "rows_per_s_fastest": round(max(rates)),
        "rows_per_s_slowest": round(min(rates)),
        "rows_per_core_second": round(
            statistics.median(run["rows"] / run["core_seconds"] for run in runs)
        ),
        "machine": machine(share, load),
        "share_of_writing": round(writing, 2),
        "bytes_per_row": round(runs[0]["bytes"] / runs[0]["rows"], 2),
        "same_sha256": len({run["sha256"] for run in runs}) == 1,
    }


def machine(share: float, load: float) -> str:
    """Return in words whether the machine was quiet: what the process got of its core."""
    facts = (
        f"the process had {share:.0%} of its core, "
        f"the load before it was {load:.1f} on {os.cpu_count()} cores"
    )
    is_loaded = share < QUIET_SHARE or load > (os.cpu_count() or 1) / 2
    return f"LOADED: {facts}; measure again when it is quiet" if is_loaded else f"quiet: {facts}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--households", type=int, default=100)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only-speed", action="store_true", help="leave memory and anomalies out")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args()
    found = results(given.households, given.days, given.repeat, only_speed=given.only_speed)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        print(f"{name:34} {value:,}" if number else f"{name:34} {value}")
    note = str(found["machine"]) if str(found["machine"]).startswith("LOADED") else ""
    tell(
        "households to Parquet, median",
        found["rows_per_s"] / 1e6,
        "Mrows/s",
        at_least=TARGET_ROWS_S / 1e6,
        note=note,
    )
    rate = found["rows_per_core_second"] / 1e6
    tell("households to Parquet, of CPU", rate, "Mrows/s")
    for times in ("the_households", "the_period") if not given.only_speed else ():
        peak = found[f"peak_mb_ten_times_{times}"]
        tell(f"generator's peak, 10x {times.replace('_', ' ')}", peak, "MB", at_most=MEMORY_MB)
        tell(
            f"generator's peak, 10x {times.replace('_', ' ')}",
            peak / found["peak_mb"],
            "x",
            at_most=GROWTH,
        )


if __name__ == "__main__":
    main()
