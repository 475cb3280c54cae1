"""The reports of a sweep over inputs as one Parquet data set, and a summary by household."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from energykit.artifacts import scan
from energykit.errors import UsageError
from energykit.experiments.table import data_frame
from energykit.readings import energy_kwh, intervals, moment, moment_in
from energykit.results import load_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    import pandas as pd
    import polars as pl

__all__ = ["GatheredReports", "gather"]

_US_PER_S = 1_000_000
_ALL = "all"


@dataclass(frozen=True, kw_only=True)
class GatheredReports:
    """Where the data set is, and what is in it."""

    folder: Path
    """Holds ``household=…/month=…/NUMBER.parquet``; any reader of hive partitions reads it."""
    summary: pd.DataFrame
    """One row a household, and ``"all"`` at the end; see `gather`."""

    def scan(self) -> pl.LazyFrame:
        """Return the data set as a lazy polars frame.

        The columns ``household`` and ``month`` are texts and select files: household ``007`` is
        not 7. A column that only some of the reports have is null in the others.
        """
        import polars as pl

        return pl.scan_parquet(
            self.folder / "**/*.parquet",
            schema=_columns_of_all(self.folder),
            hive_schema={"household": pl.String(), "month": pl.String()},
            missing_columns="insert",
        )


def gather(
    table: pd.DataFrame, *, out: str | PathLike[str], time_zone: str | None = None
) -> GatheredReports:
    """Join the reports of a sweep over inputs: one data set by household and month, one summary.

    One report is read at a time, so that memory is that of the largest.

    Parameters
    ----------
    table
        What `energykit.experiments.sweep` returned; points that failed are left out.
    out
        A new or empty folder for the data set; ``summary.csv`` goes there as well.
    time_zone
        Whose months they are, such as ``Europe/Berlin``; None: those of the timestamps.

    Returns
    -------
    GatheredReports
        Its ``summary`` has the columns ``household_id``, ``rows``, ``energy`` [kWh], ``mean_power``
        and ``peak_power`` [W], ``anomalies`` (readings that were flagged), ``measured`` [h],
        ``period_start``, ``period_end``, ``points``.

    Raises
    ------
    energykit.errors.UsageError
        The folder is not empty, no point succeeded, or two points hold the same household at the
        same time, so that its energy would count twice.
    energykit.errors.ArtifactError
        A record or a report cannot be read.
    energykit.errors.MissingPackageError
        pandas is not installed.
    """
    folder = Path(out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("is not an empty folder", where=str(folder), hint="choose another out=")
    good = table[table["ok"]] if "ok" in table.columns else table
    if good.empty:
        raise UsageError("no point succeeded", where="gather", hint="look at the column error")
    rows: list[dict[str, Any]] = []
    for number, run_folder in enumerate(good["folder"]):
        report = _report(Path(run_folder), time_zone)
        _write(report, folder, number)
        rows += _household_rows(report, number)
    summary = data_frame([*_joined(rows), _total(rows)])
    summary.to_csv(folder / "summary.csv", index=False, lineterminator="\n")
    return GatheredReports(folder=folder, summary=summary)


def _columns_of_all(folder: Path) -> dict[str, pl.DataType]:
    """Return every column of a data set; polars would take those of its first file."""
    import polars as pl

    columns: dict[str, pl.DataType] = {}
    for path in sorted(folder.rglob("*.parquet")):
        columns = pl.read_parquet_schema(path) | columns
    return columns


def _report(run_folder: Path, time_zone: str | None) -> pl.DataFrame:
    """Return the last output of a run, with the time of each row and its month."""
    result = load_run(run_folder)
    path = next((stage.output_path for stage in reversed(result.stages) if stage.output_path), None)
    if path is None:
        hint = "gather where the files are, or name a data root that this machine sees"
        raise UsageError("no output can be seen from here", where=str(run_folder), hint=hint)
    frame = scan(path).frame.collect()
    month = moment_in(time_zone).dt.strftime("%Y-%m")
    return frame.with_columns(moment().alias("\0time"), month.alias("\0month"))


def _write(report: pl.DataFrame, folder: Path, number: int) -> None:
    for key, part in report.partition_by("household_id", "\0month", as_dict=True).items():
        household, month = map(str, key)
        place = folder / f"household={quote(household, safe='')}" / f"month={month}"
        place.mkdir(parents=True, exist_ok=True)
        part.drop("\0time", "\0month").write_parquet(place / f"{number:06d}.parquet")


def _household_rows(report: pl.DataFrame, number: int) -> Iterator[dict[str, Any]]:
    power = "power" if "power" in report.columns else "power_consumption"
    for (household,), part in report.partition_by("household_id", as_dict=True).items():
        ordered = part.sort("\0time", maintain_order=True)
        stands_us = intervals(
            ordered["\0time"].to_physical().to_numpy(), _said_us(ordered)
        ).stands_us
        watts = ordered[power].to_numpy()
        counted = stands_us.clip(0)
        flagged = ordered["anomaly_detected"].sum() if "anomaly_detected" in part.columns else 0
        yield {
            "household_id": str(household),
            "rows": part.height,
            "energy": float(energy_kwh(watts, counted).sum()),
            "peak_power": float(watts.max()),
            "anomalies": int(flagged),
            "measured": float(counted.sum() / _US_PER_S / 3600),
            "period_start": ordered["timestamp"][0],
            "period_end": ordered["timestamp"][-1],
            "point": number,
        }


def _said_us(frame: pl.DataFrame) -> Any:
    """Return how long the readings say that they stand [µs]; None where none does."""
    from energykit.readings.interval import NOT_SAID

    if "interval_s" not in frame.columns:
        return None
    return (frame["interval_s"] * _US_PER_S).round().cast(int).fill_null(NOT_SAID).to_numpy()


def _joined(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield one row a household, refusing times that two points have."""
    by_household: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_household.setdefault(row["household_id"], []).append(row)
    for name, parts in sorted(by_household.items()):
        parts.sort(key=lambda row: row["period_start"])
        for before, after in pairwise(parts):
            if after["period_start"] <= before["period_end"]:
                points = f"points {before['point']} and {after['point']}"
                hint = "gather the points of one setting: table[table[KEY] == VALUE]"
                what = f"{points} hold household {name!r} at the same time"
                raise UsageError(what, where="gather", hint=hint)
        yield _total(parts) | {"household_id": name}


def _total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    energy, measured = sum(row["energy"] for row in rows), sum(row["measured"] for row in rows)
    return {
        "household_id": _ALL,
        "rows": sum(row["rows"] for row in rows),
        "energy": energy,
        "mean_power": 1000 * energy / measured if measured else float("nan"),
        "peak_power": max(row["peak_power"] for row in rows),
        "anomalies": sum(row["anomalies"] for row in rows),
        "measured": measured,
        "period_start": min(row["period_start"] for row in rows),
        "period_end": max(row["period_end"] for row in rows),
        "points": len({row["point"] for row in rows}),
    }
