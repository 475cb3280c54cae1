"""Events: flagged readings of one reason that follow one another."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from energykit.artifacts import frame as read_frame
from energykit.scoring.table import COLUMNS, check_columns, load_pandas, read_times

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType
    from typing import Any

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["events"]

_HOLE_INTERVALS = 0.5
"""Part of an interval by which the next reading may be late, and still follow the one before."""


def events(
    report: pd.DataFrame | str | os.PathLike[str], *, explanations: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return what an analysis flagged as events: flagged readings of one reason in a row.

    Two flagged readings belong to one event if at most half an interval passes between the end of
    the one and the start of the other. A reading stands for its ``interval_s``; in a report without
    that column for the step that its household's readings have most often.

    Parameters
    ----------
    report
        A report with reasons, or its file: ``timestamp``, ``household_id``, ``reasons`` (joined by
        ``;``), perhaps ``interval_s`` [s].
    explanations
        Reason → the sentence that explains it.

    Returns
    -------
    pandas.DataFrame
        ``household_id`` str; ``start``, ``end`` datetime64 (UTC where the report has a zone): the
        first moment, and the first moment after it; ``kind`` str, the reason; ``rows`` int, flagged
        readings; ``explanation`` str. Sorted by household and start. An event of the kind ``gap``
        spans the hole before the flagged reading.

    Raises
    ------
    UsageError
        The report has no column ``reasons``.
    MissingPackageError
        pandas is not installed.
    """
    pandas = load_pandas()
    table: pd.DataFrame = read_frame(report) if isinstance(report, (str, os.PathLike)) else report
    check_columns(table, ("timestamp", "household_id", "reasons"), "ek.events")
    households, names = pandas.factorize(table["household_id"].astype(str), sort=True)
    reasons, texts = pandas.factorize(table["reasons"].fillna("").astype(str))
    kinds = [frozenset(filter(None, text.split(";"))) for text in texts]
    rows = _sort_readings(pandas, table, households, reasons)
    parts = [
        _find_events(rows, kind, [at for at, one in enumerate(kinds) if kind in one])
        for kind in sorted(frozenset().union(*kinds))
    ]
    none = rows.iloc[:0]
    none = none.assign(start=none["time"], end=none["time"], kind="", rows=0)
    result: pd.DataFrame = pandas.concat(parts or [none]).sort_values(
        ["household", "start", "kind"], ignore_index=True
    )
    result["household_id"] = names.take(result["household"])
    result = result[[*COLUMNS, "rows"]]
    result["explanation"] = [(explanations or {}).get(kind, "") for kind in result["kind"]]
    return result


def _sort_readings(
    pandas: ModuleType, table: pd.DataFrame, households: NDArray[Any], reasons: NDArray[Any]
) -> pd.DataFrame:
    """Return readings by household and time, how long each lasts and when it ends.

    Households and reasons are numbers in it, those of the households in the order of their names.
    """
    rows: pd.DataFrame = pandas.DataFrame(
        {
            "household": households,
            "time": read_times(pandas, table["timestamp"]),
            "reasons": reasons,
            "interval_s": table["interval_s"].to_numpy() if "interval_s" in table else float("nan"),
        }
    )
    rows = rows.sort_values(["household", "time"], kind="stable", ignore_index=True)
    stated = pandas.to_timedelta(rows["interval_s"], unit="s")
    rows["interval"] = stated.fillna(_usual_steps(pandas, rows)).astype("timedelta64[us]")
    return rows.assign(end=rows["time"] + rows["interval"])


def _usual_steps(pandas: ModuleType, rows: pd.DataFrame) -> pd.Series[Any]:
    """Return for each reading the step that its household's readings have most often."""
    steps = rows.groupby("household", sort=False)["time"].diff()
    forward = steps.where(steps > pandas.Timedelta(0))
    usual = {
        name: part.mode().min() for name, part in forward.groupby(rows["household"], sort=False)
    }
    mapped: pd.Series[Any] = rows["household"].map(usual).astype("timedelta64[us]")
    return mapped.fillna(pandas.Timedelta(0))


def _find_events(rows: pd.DataFrame, kind: str, reasons: list[int]) -> pd.DataFrame:
    """Return the events of one kind, of readings with certain reasons."""
    flagged = rows[rows["reasons"].isin(reasons)]
    if kind == "gap":
        before = rows.groupby("household", sort=False)["end"].shift()
        return flagged.assign(start=before, end=flagged["time"], kind=kind, rows=1)
    late = flagged["time"] - flagged["end"].shift() > _HOLE_INTERVALS * flagged["interval"]
    begins = late | (flagged["household"] != flagged["household"].shift())
    groups = flagged.groupby(begins.cumsum().to_numpy())
    result = groups.agg(
        household=("household", "first"),
        start=("time", "first"),
        end=("end", "last"),
        rows=("time", "size"),
    )
    return result.assign(kind=kind)
