"""Analysis and report of two million readings: services, a script of polars, row by row.

    python benchmarks/pipeline.py [--readings FOLDER] [--yardstick-rows N] [--rounds R]
    [--no-tenfold] [--json]

The readings are those of ``benchmarks/readings.py``, which says where they are from; a folder that
it has filled already saves its time. These ways do the same work on them:

- row by row: pandas ``iterrows``, the contract's messages one by one (a reading, whose quantities
  are text, and its analysis), written to ``.pb``, and from there to CSV. It is measured on a slice
  and scaled with the number of rows, which is said; ``--yardstick-rows 0`` measures all of them.
- one polars script without services: CSV to CSV to CSV, the same two files; it checks nothing.
- the services over gRPC, CSV to CSV to CSV.
- the services over gRPC, CSV to ``.pb`` to CSV.
- the same script and the same services, Parquet to Parquet to Parquet.

Memory is the peak of each service process, also for ten times the rows (the same readings as ten
households).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
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

from energykit._proto import energy_pb2
from energykit.config import parse_config
from energykit.executor import run
from energykit.launcher import local_services

MEMORY_MB = 180
KINDS = ("csv", "pb", "parquet")
MOST = {"csv": 1.3, "pb": 2.0, "parquet": 1.5}
"""Most of the script's time that the services may take, by the format between the stages [1]."""
SCRIPTS = {"csv": "csv", "pb": "csv", "parquet": "parquet"}
"""Which script each is held against."""
SCRIPT = """
import sys, time
import polars as pl
data, analysis, report = sys.argv[1:]
is_text = data.endswith(".csv")
scan = pl.scan_csv if is_text else pl.scan_parquet
sink = pl.LazyFrame.sink_csv if is_text else pl.LazyFrame.sink_parquet
begin, begin_cpu = time.perf_counter(), time.process_time()
# the contract's 32-bit floats; CSV has them widened, and flags as words
single = lambda value: value.cast(pl.Float32).cast(pl.Float64 if is_text else pl.Float32)
words = lambda flag: (
    pl.when(flag).then(pl.lit("True")).otherwise(pl.lit("False")) if is_text else flag
).alias("anomaly_detected")
factor = (pl.col("power_consumption") / (pl.col("voltage") * pl.col("current"))).round(3)
sink(scan(data).select(
    "timestamp", "household_id", single(pl.col("power_consumption")).alias("power"),
    single(factor).alias("efficiency"), words(factor < 0.1),
), analysis)
sink(scan(analysis).select(
    "timestamp", "household_id", "power", "efficiency", words(pl.col("anomaly_detected")),
), report)
print(time.perf_counter() - begin, time.process_time() - begin_cpu)
"""
"""It trusts its input: nothing is checked, counted, hashed or synced."""


def main() -> None:
    """Measure, print, and say by how much each target is met or missed."""
    options = parsed()
    with tempfile.TemporaryDirectory() as name:
        root, ten = fill(options.readings or Path(name)), Path(name, "data")
        rows = pl.scan_parquet(root / "energy_data.parquet").select(pl.len()).collect().item()
        found: dict[str, object] = {"rows": rows}
        link(root, ten)
        if options.yardstick_rows >= 0:
            found["row by row [s]"] = yardstick(ten, rows, options.yardstick_rows)
        for kind in ("csv", "parquet"):
            times = [script(ten, kind) for _ in range(options.rounds)]
            seconds, cpu_s = map(statistics.median, zip(*times, strict=True))
            found[f"polars script, {kind} [s]"] = seconds
            found[f"polars script, {kind} [s of CPU]"] = cpu_s
        for kind in KINDS:
            seconds, cpu_s, peaks = through_services(ten, kind, options.rounds)
            found[f"services, {kind} [s]"] = seconds
            found[f"services, {kind} [s of CPU]"] = cpu_s
            found[f"peak, {kind} [MB]"] = peaks
        if not options.no_tenfold:
            link(root / "tenfold", ten)
            for kind in KINDS:
                found[f"peak, {kind}, ten times the rows [MB]"] = through_services(ten, kind, 1)[2]
    print(json.dumps(found, indent=2)) if options.json else show(found, options)


def fill(folder: Path) -> Path:
    """Let the readings be written into a folder that lacks them."""
    if not (folder / "tenfold/energy_data.parquet").exists():
        command = [sys.executable, str(Path(__file__).with_name("readings.py")), str(folder)]
        subprocess.run(command, check=True, timeout=600)
    return folder


def link(source: Path, root: Path) -> None:
    """Give a data root the readings of a folder, instead of those that it had."""
    root.mkdir(exist_ok=True)
    for path in source.glob("energy_data.*"):
        (root / path.name).unlink(missing_ok=True)
        os.link(path, root / path.name)


def parsed() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    readings = os.environ.get("ENERGYKIT_BENCH_READINGS")
    parser.add_argument("--readings", type=Path, default=readings and Path(readings))
    text = "0: all of them, -1: leave it out"
    parser.add_argument("--yardstick-rows", type=int, default=100_000, help=text)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-tenfold", action="store_true", help="leave out ten times the rows")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def yardstick(root: Path, rows: int, wanted: int) -> dict[str, object]:
    """Analyse and report row by row, one message per row; return seconds, scaled from a slice."""
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


def script(root: Path, kind: str) -> tuple[float, float]:
    """Run the polars script in a process of its own; return seconds and seconds of CPU.

    Its imports are not counted.
    """
    names = ("energy_data", "script_analysis", "script_report")
    files = [str(root / f"{name}.{kind}") for name in names]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *files],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    seconds, cpu_s = map(float, done.stdout.split())
    return seconds, cpu_s


def through_services(root: Path, kind: str, rounds: int) -> tuple[float, float, dict[str, float]]:
    """Run the two stages over gRPC on fresh services, once before it counts: that call imports.

    Returns the median seconds, the median seconds of CPU of both services, and each service's peak
    memory [MB].
    """
    config = parse_config(json.dumps(pipeline(kind)), file="benchmark")
    with local_services(config, data_root=root) as services:
        children = [psutil.Process(child.pid) for child in services.processes.values()]
        times = []
        run(config, services).raise_for_failure()
        for _ in range(rounds):
            begin, begin_cpu = time.perf_counter(), cpu_seconds(children)
            run(config, services).raise_for_failure()
            times.append((time.perf_counter() - begin, cpu_seconds(children) - begin_cpu))
        peaks = {name: peak_mb(child.pid) for name, child in services.processes.items()}
    seconds, cpu_s = map(statistics.median, zip(*times, strict=True))
    return seconds, cpu_s, peaks


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """Return what processes have used of the CPU [s]."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def pipeline(kind: str) -> dict[str, object]:
    """Return a configuration of analysis and report."""
    ends = "parquet" if kind == "parquet" else "csv"
    source, between, report = f"/data/energy_data.{ends}", f"/data/analysis.{kind}", "/data/report"
    stages = [
        ("energy-analyzer", source, between, "report-generator"),
        ("report-generator", between, f"{report}.{ends}", ""),
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
    """Return a process's peak resident memory [MB]; what it has now where no peak is known."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return psutil.Process(pid).memory_info().rss / (1 << 20)


def show(found: dict, options: argparse.Namespace) -> None:
    """Print a table with ratios, and hold them against the targets."""
    print(f"analysis and report of {found['rows']:,} readings, median of {options.rounds}")
    taken_s = {kind: found[f"services, {kind} [s]"] for kind in KINDS}
    for kind in KINDS:
        script_s = found[f"polars script, {SCRIPTS[kind]} [s]"]
        script_cpu_s = found[f"polars script, {SCRIPTS[kind]} [s of CPU]"]
        cpu_s = found[f"services, {kind} [s of CPU]"]
        print(f"  {kind}: script {script_s:.2f} s, services {taken_s[kind]:.2f} s")
        print(f"  {kind}, of CPU: script {script_cpu_s:.2f} s, services {cpu_s:.2f} s")
        tell(f"{kind}, over the script", taken_s[kind] / script_s, "x", at_most=MOST[kind])
        tell(f"{kind}, over the script, CPU", cpu_s / script_cpu_s, "x", at_most=MOST[kind])
        tell(f"{kind}, CPU of both services", cpu_s, "s")
    tell("parquet, over csv", taken_s["parquet"] / taken_s["csv"], "x", at_most=0.5)
    show_yardstick(found, taken_s)
    show_peaks(found)


def show_yardstick(found: dict, taken_s: dict[str, float]) -> None:
    """Print how many times as fast as row by row, where that was measured."""
    base = found.get("row by row [s]")
    if base is None:
        return
    is_whole = base["measured rows"] == found["rows"]
    how = "measured" if is_whole else f"scaled from {base['measured rows']:,} rows"
    print(f"  row by row ({how}): {base['seconds']:.2f} s")
    for kind, least in (("csv", 50), ("pb", 10)):
        times = base["seconds"] / taken_s[kind]
        tell(f"{kind}, as fast as row by row", times, "x", at_least=least)


def show_peaks(found: dict) -> None:
    """Print each service's peak, and what ten times the rows cost."""
    for kind in KINDS:
        ten = found.get(f"peak, {kind}, ten times the rows [MB]", {})
        for name, peak in found[f"peak, {kind} [MB]"].items():
            tell(f"peak of {name}, {kind}", peak, "MB", at_most=MEMORY_MB)
            if name in ten:
                what = f"peak of {name}, {kind}, 10x rows"
                tell(what, ten[name] / peak, "x", at_most=1.05, note=f"{ten[name]:.0f} MB")


if __name__ == "__main__":
    main()
