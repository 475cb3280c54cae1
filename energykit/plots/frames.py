"""Frames as figures need them: checked, in time order, with one name for power."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.errors import UsageError
from energykit.plots.theme import package

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "Series",
    "checked",
    "flags",
    "hours_covered",
    "instants",
    "numbers",
    "power_frame",
    "series",
    "zone",
]

GAP_STEPS = 1.5
"""Readings further apart than this many usual steps have a gap between them."""


def power_frame(frame: pd.DataFrame, figure: str, *, also: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return readings or a report in time order, with a column ``power`` [W].

    Parameters
    ----------
    frame
        Columns ``timestamp`` (datetime64, or ISO 8601 text), ``power_consumption`` or ``power``
        [W], and perhaps ``household_id``.
    figure
        Name of the figure, for the error.
    also
        Further columns that the figure needs.

    Returns
    -------
    pandas.DataFrame
        The same rows ordered by time; ``household_id`` is there in any case; power is NaN where it
        was not finite.

    Raises
    ------
    UsageError
        When it is no frame, has no rows or no power, lacks a column, or its timestamps cannot be
        read.
    """
    where = f"plots.{figure}"
    power = "power" if "power" in getattr(frame, "columns", ()) else "power_consumption"
    ready = checked(frame, ("timestamp", power, *also), where).rename(columns={power: "power"})
    ready = ready.assign(
        timestamp=_times(ready["timestamp"], where), power=_power(ready["power"], where)
    )
    if "household_id" not in ready.columns:
        ready["household_id"] = ""
    if not ready["timestamp"].is_monotonic_increasing:
        ready = ready.sort_values("timestamp", kind="stable", ignore_index=True)
    return ready


def checked(frame: Any, columns: tuple[str, ...], where: str) -> pd.DataFrame:
    """Return a frame if it is one, has rows, and has the columns that a figure needs.

    Parameters
    ----------
    frame
        What the caller gave.
    columns
        Columns that must be there.
    where
        Name of the figure, for the error.

    Raises
    ------
    UsageError
        When it is no frame, has no rows, or lacks a column; the columns that it has are named.
    """
    if not isinstance(frame, package("pandas").DataFrame):
        hint = "give a pandas DataFrame, as `result[...].frame()` returns it"
        raise UsageError(
            f"needs a pandas DataFrame, not {type(frame).__name__}", where=where, hint=hint
        )
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        lacking = ", ".join(map(repr, missing)).replace(
            "'power_consumption'", "'power' (or 'power_consumption')"
        )
        hint = f"its columns are: {', '.join(map(str, frame.columns))}"
        raise UsageError(f"the frame has no column {lacking}", where=where, hint=hint)
    if frame.empty:
        hint = "look at the stage's metrics: rows in, rows out, rows skipped"
        raise UsageError(
            "the frame has no rows, so there is nothing to draw", where=where, hint=hint
        )
    found: pd.DataFrame = frame
    return found


def _times(column: pd.Series[Any], where: str) -> pd.Series[Any]:
    """Return timestamps as datetime64; text is read as ISO 8601."""
    pandas = package("pandas")
    if pandas.api.types.is_datetime64_any_dtype(column.dtype):
        times = column
    else:
        try:
            times = pandas.to_datetime(column, format="ISO8601")
        except (ValueError, TypeError) as exc:
            hint = "give datetime64, or ISO 8601 text such as 2007-04-28T00:21:00"
            raise UsageError(
                f"the timestamps cannot be read: {exc}", where=where, hint=hint
            ) from exc
    if bool(times.isna().any()):
        hint = "drop those rows first: frame.dropna(subset=['timestamp'])"
        raise UsageError(
            f"{int(times.isna().sum())} rows have no timestamp", where=where, hint=hint
        )
    return times


def _power(column: pd.Series[Any], where: str) -> pd.Series[Any]:
    """Return power as float64, NaN where it is not finite; refuse a column without any number."""
    power = numbers(column, where)
    is_finite = np.isfinite(power)
    if not is_finite.any():
        hint = "look at the stage's metrics: rows skipped, and why"
        raise UsageError("no row has a power, so there is nothing to draw", where=where, hint=hint)
    return power.where(is_finite)


def numbers(column: pd.Series[Any], where: str) -> pd.Series[Any]:
    """Return a column as float64.

    Raises
    ------
    UsageError
        When it holds something else.
    """
    try:
        return column.astype("float64")
    except (ValueError, TypeError) as exc:
        hint = "convert it first: frame[column].astype(float)"
        raise UsageError(
            f"the column {str(column.name)!r} is no number: {exc}", where=where, hint=hint
        ) from exc


def zone(frame: pd.DataFrame) -> str:
    """Return the name of the time zone of a frame's timestamps, or ``"zone unknown"``."""
    tz = getattr(frame["timestamp"].dtype, "tz", None)
    return str(tz) if tz is not None else "zone unknown"


def flags(column: pd.Series[Any]) -> NDArray[np.bool_]:
    """Return a column of claims as booleans; text as CSV has it (``True``, ``False``) is understood."""
    if column.dtype == bool:
        return column.to_numpy()
    return (column.astype(str).str.lower() == "true").to_numpy()


@dataclass(frozen=True)
class Series:
    """Readings of one household in time order."""

    household: str
    """Its id; empty when the frame has none."""
    times: NDArray[np.datetime64]
    """Instants; UTC where the zone is known."""
    power: NDArray[np.float64]
    """Active power [W]."""
    step: np.timedelta64
    """Usual distance of two readings; the median."""

    @property
    def gaps(self) -> NDArray[np.intp]:
        """Positions of readings that have a gap before them."""
        apart = np.diff(self.times) > self.step * GAP_STEPS
        positions: NDArray[np.intp] = np.flatnonzero(apart) + 1
        return positions


def series(frame: pd.DataFrame) -> Iterator[Series]:
    """Yield the readings of each household, in the order of their ids.

    Parameters
    ----------
    frame
        As `power_frame` returns it.
    """
    for household, rows in frame.groupby("household_id", sort=True, observed=True):
        times = instants(rows["timestamp"])
        distances = np.diff(times)
        positive = distances[distances > np.timedelta64(0, "ns")]
        step = np.median(positive) if positive.size else np.timedelta64(0, "ns")
        yield Series(str(household), times, rows["power"].to_numpy(), step)


def instants(column: pd.Series[Any]) -> NDArray[np.datetime64]:
    """Return timestamps as datetime64[ns]: UTC where the zone is known, the clock's own reading where not."""
    known = getattr(column.dtype, "tz", None) is not None
    plain = column.dt.tz_convert("UTC").dt.tz_localize(None) if known else column
    values: NDArray[np.datetime64] = plain.to_numpy(dtype="datetime64[ns]")
    return values


def hours_covered(readings: Series) -> NDArray[np.float64]:
    """Return how long each reading stands [h]: until the next one, and for the usual step before a gap and at the end.

    Σ power · hours is the energy [Wh]; no gap is bridged.

    Parameters
    ----------
    readings
        One household.
    """
    lengths = np.append(np.diff(readings.times), readings.step)
    lengths[lengths > readings.step * GAP_STEPS] = readings.step
    hours: NDArray[np.float64] = lengths / np.timedelta64(1, "h")
    return hours
