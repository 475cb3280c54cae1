"""Every detector over the readings, in process: all at once, each alone.

    python benchmarks/detectors.py [--readings FOLDER] [--rounds N]

Seconds of CPU of one process whose polars has one thread.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # before polars is imported

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import polars as pl
from pipeline import fill
from verdict import tell

from services.energy_analyzer import analysis
from services.energy_analyzer.detectors import DETECTORS

analyse = getattr(analysis, "analyse", None) or analysis.judged_by  # as 54ca42c calls it
SLOW = ("stuck", "hampel", "day_copy")
"""Those with a line of their own."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    folder = os.environ.get("ENERGYKIT_BENCH_READINGS")
    parser.add_argument("--readings", type=Path, default=folder and Path(folder))
    parser.add_argument("--rounds", type=int, default=2, help="rounds (default: %(default)s)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = fill(given.readings or Path(name)) / "energy_data.parquet"
        readings = pl.read_parquet(path).lazy()
    names = list(DETECTORS)
    print(f"{len(names)} detectors over {readings.collect().height:,} readings, of CPU")
    tell(f"all {len(names)} detectors at once, CPU", cpu_s(readings, names, given.rounds), "s")
    for name in (name for name in SLOW if name in names):
        tell(f"detector {name}, CPU", cpu_s(readings, [name], given.rounds), "s")


def cpu_s(readings: pl.LazyFrame, names: list[str], rounds: int) -> float:
    """Return the median time that detectors take over the readings [s of CPU]."""
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        for _part in analyse(readings, names):
            pass
        times.append(time.process_time() - begin)
    return statistics.median(times)


if __name__ == "__main__":
    main()
