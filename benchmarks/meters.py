"""Import of meters' files beside pandas and nemreader, each in a process of its own.

python benchmarks/meters.py [--rows N] [--meters N] [--nem12 N]

A long CSV in kWh with local time, and a wide one with a column a meter. pandas reads, puts local
time into UTC, makes power of energy and writes the readings. NEM12 files hold a year each, drawn
and fed in: nemreader makes a table of each file, the import makes readings of them all. CPU seconds
and peak memory of each process.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
from verdict import tell

ZONE = "Europe/Berlin"
OURS = """
import json, resource, sys
from pathlib import Path
from energykit.artifacts import write
from energykit.meters import MeterImport, meter_parameters
source, target, given = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
write(MeterImport([source], meter_parameters(**given)).readings(), target)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""
PANDAS = """
import json, resource, sys
import pandas as pd
table = pd.read_csv(sys.argv[1])
if json.loads(sys.argv[3]).get("layout"):
    table = table.melt("t", var_name="household_id", value_name="kWh")
else:
    table["household_id"] = "household"
local = pd.to_datetime(table["t"], format="%Y-%m-%d %H:%M")
first = table["household_id"] == table["household_id"].iloc[0]
times = pd.DatetimeIndex(local[first])
times = times.tz_localize("Europe/Berlin", ambiguous="infer").tz_convert("UTC")
table["timestamp"] = list(times) * (len(table) // len(times))
step = table.groupby("household_id")["timestamp"].diff().shift(-1).dt.total_seconds().ffill()
table["power_consumption"] = table["kWh"] * 3.6e6 / step
table["interval_s"] = step
columns = ["timestamp", "household_id", "power_consumption", "interval_s"]
table[columns].to_csv(sys.argv[2], index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


OURS_NEM12 = """
import json, resource, sys
from pathlib import Path
from energykit.meters import MeterImport, meter_parameters
files = sorted(Path(sys.argv[1]).glob("*.csv"))
rows = sum(part.height for part in MeterImport(files, meter_parameters()).readings())
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""
NEMREADER = """
import json, resource, sys
from pathlib import Path
from nemreader import NEMFile
rows = sum(len(NEMFile(str(f)).get_data_frame()) for f in sorted(Path(sys.argv[1]).glob("*.csv")))
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


def main() -> None:
    """Write the files, import them, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--meters", type=int, default=370)
    parser.add_argument("--nem12", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        long_file(root / "long.csv", asked.rows)
        compare(root, "long.csv", f"{asked.rows:,} rows in kWh, local time", value_columns())
        wide_file(root / "wide.csv", asked.meters)
        given = {"layout": "wide_by_meter", "columns": {"timestamp": "t"}}
        compare(root, "wide.csv", f"{asked.meters} meters x 35,040 quarter-hours", given)
        nem12_files(root / "nem12", asked.nem12)
        compare_nem12(root, asked.nem12)


def value_columns() -> dict[str, object]:
    """Return the columns of the long file."""
    return {"columns": {"timestamp": "t", "power_consumption": "kWh"}}


def local_times(rows: int, step: str) -> pl.Series:
    """Return what a clock shows at steps, as text."""
    start = pl.Series(["2006-01-01 00:00"]).str.to_datetime().dt.replace_time_zone("UTC")
    minutes = 1 if step == "1m" else 15
    moments = pl.int_range(rows, eager=True) * minutes * 60_000_000 + start.dt.timestamp("us")[0]
    clock = moments.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(ZONE)
    return clock.dt.strftime("%Y-%m-%d %H:%M")


def long_file(path: Path, rows: int) -> None:
    """Write a row a minute."""
    energy = (pl.int_range(rows, eager=True) * 7919 % 1000) / 10_000
    pl.DataFrame({"t": local_times(rows, "1m"), "kWh": energy}).write_csv(path)


def wide_file(path: Path, meters: int) -> None:
    """Write a year of quarter-hours, a column a meter."""
    rows = pl.int_range(35_040, eager=True)
    columns = {f"m{n}": (rows * (n + 7) % 1000) / 1000 for n in range(meters)}
    pl.DataFrame({"t": local_times(35_040, "15m"), **columns}).write_csv(path)


def nem12_files(folder: Path, count: int) -> None:
    """Write files of a meter and a year each, with half-hours drawn and fed in."""
    folder.mkdir()
    days = pl.date_range(dt.date(2024, 7, 1), dt.date(2025, 6, 30), eager=True).dt.strftime(
        "%Y%m%d"
    )
    for number in range(count):
        lines = ["100,NEM12,202507010000,A,B"]
        for suffix in ("E1", "B1"):
            lines.append(f"200,NMI{number:07d},E1B1,{suffix},{suffix},N1,M{number},KWH,30,20250801")
            for place, day in enumerate(days):
                values = [f"{(place * 7 + n * 31 + number) % 1000 / 1000:.3f}" for n in range(48)]
                lines.append(f"300,{day},{','.join(values)},A,,,20250702,,")
        (folder / f"{number:04d}.csv").write_text("\n".join([*lines, "900", ""]), encoding="utf-8")


def compare_nem12(root: Path, count: int) -> None:
    """Read NEM12 files in both ways and print CPU and memory."""
    ours, memory = measured(OURS_NEM12, root, "nem12", {})
    theirs, theirs_memory = measured(NEMREADER, root, "nem12", {})
    what = f"{count} NEM12 files of a year"
    print(f"{what}: {ours:.1f} s CPU, {memory:.0f} MB")
    print(f"nemreader: {theirs:.1f} s CPU, {theirs_memory:.0f} MB")
    tell(f"import, {what}: times as fast as nemreader", theirs / ours, at_least=10)
    tell(f"import, {what}: peak memory [MB]", memory, at_most=400)


def compare(root: Path, name: str, what: str, given: dict[str, object]) -> None:
    """Import a file in both ways and print CPU and memory."""
    given = {
        **given,
        "units": {"power_consumption": "kWh"},
        "quantity": "energy",
        "time_zone": ZONE,
    }
    ours, memory = measured(OURS, root, name, given)
    theirs, theirs_memory = measured(PANDAS, root, name, given)
    print(
        f"{what}: {ours:.1f} s CPU, {memory:.0f} MB; pandas {theirs:.1f} s, {theirs_memory:.0f} MB"
    )
    tell(f"import, {what}: times as fast as pandas", theirs / ours, at_least=5)
    tell(f"import, {what}: peak memory [MB]", memory, at_most=400)


def measured(code: str, root: Path, name: str, given: dict[str, object]) -> tuple[float, float]:
    """Return CPU seconds and peak memory [MB] of a process."""
    command = [
        sys.executable,
        "-c",
        code,
        str(root / name),
        str(root / "out.csv"),
        json.dumps(given),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, memory = json.loads(done.stdout)
    return seconds, memory


if __name__ == "__main__":
    main()
