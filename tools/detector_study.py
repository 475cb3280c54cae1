"""Measure the detectors: flags in the real house, injected anomalies found, time taken.

    python tools/detector_study.py [--source FILE] [--households N] [--days D]

Prints the tables of docs/detectors.md. The real readings are those that ``energykit data fetch
household`` brings; with `--source`, any CSV file with the same columns.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

import energykit as ek
from energykit.scoring import FOUND_BY
from services.energy_analyzer.analysis import analyse
from services.energy_analyzer.detectors import DETECTORS
from services.energy_generator.households import generate

FULL = Path("data/full/household")
RUN_LENGTHS = (1, 2, 3, 4, 5, 10, 20)
ROBUST = [
    {"window_s": window_s, "scale": scale, "period": period, "threshold": threshold}
    for window_s in (60, 900, 3600)
    for scale in ("linear", "log")
    for period in ("week", "day")
    for threshold in (3.5, 5, 8)
]


def main() -> None:
    """Print every table."""
    options = parsed()
    with tempfile.TemporaryDirectory() as folder:
        real = house(options.source, Path(folder) / "house.parquet")
        homes, labels, days = population(options, Path(folder) / "homes.parquet")
        print(machine())
        rows = real.select(pl.len()).collect().item()
        print(f"\n## Each detector on {rows:,} readings of the real house\n")
        print(table(timings(real)))
        print("\n## Shortest runs: flagged readings of the real house\n")
        print(table(shortest_runs(real)))
        print(f"\n## What is found of {len(labels)} injected faults in {days:g} household-days\n")
        print(table(score_each_detector(homes, labels, days)))
        print("\n## robust_z: variants\n")
        print(table(variants(real, homes, labels, days)))


def parsed() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description="Measure the detectors.")
    parser.add_argument(
        "--source", type=Path, help="the real house's CSV; default: the one in data/full/household"
    )
    parser.add_argument("--households", type=int, default=30)
    parser.add_argument("--days", type=int, default=28)
    return parser.parse_args()


def house(source: Path | None, target: Path) -> pl.LazyFrame:
    """Write the real readings as stages see them, and return them."""
    path = source or next(iter(sorted(FULL.glob("*.csv"))), None)
    if path is None:
        sys.exit(f"{FULL} holds no CSV file\n  → energykit data fetch household, or --source FILE")
    columns = {
        "Global_active_power": pl.Float64,
        "Voltage": pl.Float64,
        "Global_intensity": pl.Float64,
    }
    raw = pl.scan_csv(path, schema_overrides=columns)
    raw.select(
        timestamp=pl.col("date_time").str.replace(" ", "T"),
        household_id=pl.lit("sceaux"),
        power_consumption=(pl.col("Global_active_power") * 1000).round(3),
        voltage="Voltage",
        current="Global_intensity",
    ).sink_parquet(target)
    return pl.scan_parquet(target)


def population(
    options: argparse.Namespace, target: Path
) -> tuple[pl.LazyFrame, pd.DataFrame, float]:
    """Write synthetic readings with an anomaly a household and day; return them and labels."""
    made = generate(households=options.households, days=options.days, seed=4, anomalies=1.0)
    pl.concat(made.readings).write_parquet(target)
    labels = pd.DataFrame(made.labels.to_dict(as_series=False))
    return pl.scan_parquet(target), labels, float(options.households * options.days)


def share(readings: pl.LazyFrame, detector: object, name: str) -> tuple[int, float, float]:
    """Return readings that a detector flags, their share [%], and the time it takes [s]."""
    begin = time.perf_counter()
    rows = flagged = 0
    for batch in analyse(readings, [detector]):
        rows += batch.height
        flagged += batch["reasons"].str.contains(name, literal=True).sum()
    return flagged, 100 * flagged / rows, time.perf_counter() - begin


def seconds(readings: pl.LazyFrame, named: list[object]) -> float:
    """Return the time that some detectors take [s]."""
    begin = time.perf_counter()
    for _ in analyse(readings, named):
        pass
    return time.perf_counter() - begin


def timings(real: pl.LazyFrame) -> pd.DataFrame:
    """Measure every detector alone, with its defaults, and then all together."""
    rows: list[tuple[object, ...]] = [("none", "", "", seconds(real, []))]
    rows += [(name, *share(real, name, name)) for name in DETECTORS]
    rows.append(("all together", "", "", seconds(real, list(DETECTORS))))
    return pd.DataFrame(rows, columns=["detector", "flagged", "% of readings", "s"])


def shortest_runs(real: pl.LazyFrame) -> pd.DataFrame:
    """Count what `stuck` and `day_copy` flag for different shortest runs."""
    rows = []
    for least in RUN_LENGTHS:
        copied = share(real, {"name": "day_copy", "min_readings": least}, "day_copy")[0]
        stuck = (
            share(real, {"name": "stuck", "min_readings": least}, "stuck")[0] if least > 1 else ""
        )
        rows.append((least, stuck, copied))
    return pd.DataFrame(rows, columns=["min_readings", "stuck", "day_copy"])


def score_each_detector(homes: pl.LazyFrame, labels: pd.DataFrame, days: float) -> pd.DataFrame:
    """Score each kind of fault by each detector that can find it."""
    named = [name for name in DETECTORS if name != "power_high"]
    events = events_of(homes, [*named, {"name": "power_high", "limit_w": 15_000}])
    rows = [
        one_by_one.loc[one_by_one["kind"] == kind].assign(detector=name)
        for kind, names in FOUND_BY.items()
        for name in names
        for one_by_one in [ek.score(events, labels, found_by={kind: (name,)}, days=days)]
    ]
    result = pd.concat(rows)
    return result[
        ["kind", "detector", *[name for name in result.columns if name not in {"kind", "detector"}]]
    ]


def events_of(homes: pl.LazyFrame, named: list[object]) -> pd.DataFrame:
    """Return the events of some detectors."""
    report = pl.concat(analyse(homes, named)).select("timestamp", "household_id", "reasons")
    return ek.events(pd.DataFrame(report.to_dict(as_series=False)))


def variants(
    real: pl.LazyFrame, homes: pl.LazyFrame, labels: pd.DataFrame, days: float
) -> pd.DataFrame:
    """Measure robust_z with different windows, scales, periods and thresholds."""
    rows = []
    for parameters in ROBUST:
        named = {"name": "robust_z", **parameters}
        scores = ek.score(events_of(homes, [named]), labels, days=days).set_index("kind")
        recall = [scores["event_recall"][kind] for kind in ("spike", "unit_error", "step_down")]
        _, percent, _ = share(real, named, "robust_z")
        rows.append((*parameters.values(), percent, *recall, scores["false_alarms_per_day"]["any"]))
    names = [*ROBUST[0], "% of the house", "spike", "unit_error", "step_down", "false alarms/d"]
    return pd.DataFrame(rows, columns=names)


def table(frame: pd.DataFrame) -> str:
    """Return a frame as a table of Markdown."""
    lines = [
        frame.columns.to_list(),
        ["---"] * frame.shape[1],
        *frame.to_numpy(dtype=object).tolist(),
    ]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def cell(value: object) -> str:
    """Return a value as text, numbers with three digits."""
    if isinstance(value, float | np.floating):
        return "-" if np.isnan(value) else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int | np.integer) else str(value)


def machine() -> str:
    """Say where and when this was measured."""
    python, cores = platform.python_version(), pl.thread_pool_size()
    today = datetime.now(UTC).date()
    packages = f"polars {pl.__version__}, numpy {np.__version__}"
    return f"{platform.machine()}, {cores} cores; Python {python}, {packages}; {today}"


if __name__ == "__main__":
    main()
