"""Frames as figures need them: checked, in time order, with one name for power."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.plots.columns import checked, numbers, powers, times
from energykit.plots.theme import package
from energykit.readings import cut, intervals
from energykit.readings.energy import US_PER_H, US_PER_S, energy_kwh
from energykit.readings.interval import NOT_SAID
from energykit.readings.piece import QUARTER_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "Series",
    "day_edges",
    "hours_of_days",
    "instants",
    "pieces",
    "power_frame",
    "series",
    "zone",
]


def power_frame(frame: pd.DataFrame, figure: str, *, also: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return readings or a report in time order, with a column ``power`` [W].

    Parameters
    ----------
    frame
        Columns ``timestamp`` (datetime64, or ISO 8601 text), ``power_consumption`` or ``power``
        [W], and perhaps ``household_id`` and ``interval_s`` (how long a reading stands [s]).
    figure
        Name of the figure, for the error.
    also
        Further columns that the figure needs.

    Returns
    -------
    pandas.DataFrame
        The same rows ordered by time; ``household_id`` is there in any case; power is NaN where it
        was not finite; ``stands_us`` int64, how long each reading stands [µs] by the rule of
        `energykit.readings.interval`; ``is_gap`` bool, whether a gap follows it.

    Raises
    ------
    UsageError
        When it is not a frame, has no rows or no power, lacks a column, or its timestamps cannot be
        read.
    """
    where = f"plots.{figure}"
    power = "power" if "power" in getattr(frame, "columns", ()) else "power_consumption"
    ready = checked(frame, ("timestamp", power, *also), where).rename(columns={power: "power"})
    ready = ready.assign(
        timestamp=times(ready["timestamp"], where), power=powers(ready["power"], where)
    )
    if "household_id" not in ready.columns:
        ready["household_id"] = ""
    if not ready["timestamp"].is_monotonic_increasing:
        ready = ready.sort_values("timestamp", kind="stable", ignore_index=True)
    return _with_intervals(ready, where)


def _with_intervals(ready: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return readings with how long each stands, and whether a gap follows it."""
    time_us = instants(ready["timestamp"]).astype("datetime64[us]").astype(np.int64)
    said_us = np.full(time_us.size, NOT_SAID)
    if "interval_s" in ready.columns:
        said = numbers(ready["interval_s"], where).to_numpy() * US_PER_S
        said_us = np.where(np.isnan(said), NOT_SAID, np.rint(np.nan_to_num(said)).astype(np.int64))
    stands, is_gap = np.zeros(time_us.size, np.int64), np.zeros(time_us.size, dtype=bool)
    for rows in ready.groupby("household_id", sort=False, observed=True).indices.values():
        rule = intervals(time_us[rows], said_us[rows])
        stands[rows], is_gap[rows] = rule.stands_us, rule.is_gap
    return ready.assign(stands_us=np.maximum(stands, 0), is_gap=is_gap)


def zone(frame: pd.DataFrame) -> str:
    """Return the name of the time zone of a frame's timestamps, or ``"zone unknown"``."""
    tz = getattr(frame["timestamp"].dtype, "tz", None)
    return str(tz) if tz is not None else "zone unknown"


@dataclass(frozen=True)
class Series:
    """Readings of one household in time order."""

    household: str
    """Its id; empty when the frame has none."""
    times: NDArray[np.datetime64]
    """Instants; UTC where the zone is known."""
    power: NDArray[np.float64]
    """Active power [W]."""
    stands_us: NDArray[np.int64]
    """How long each reading stands [µs]; 0 where nothing says it."""
    gaps: NDArray[np.intp]
    """Positions of readings that have a gap before them."""

    @property
    def hours(self) -> NDArray[np.float64]:
        """How long each reading counts [h]: Σ power · hours is the energy [Wh], without gaps."""
        hours: NDArray[np.float64] = self.stands_us / US_PER_H
        return hours

    @property
    def end(self) -> np.datetime64:
        """When the last reading ends."""
        end: np.datetime64 = self.times[-1] + self.stands_us[-1].astype("timedelta64[us]")
        return end


def series(frame: pd.DataFrame) -> Iterator[Series]:
    """Yield the readings of each household, in the order of their ids.

    Parameters
    ----------
    frame
        As `power_frame` returns it.
    """
    for household, rows in frame.groupby("household_id", sort=True, observed=True):
        times = instants(rows["timestamp"])
        gaps = np.flatnonzero(rows["is_gap"].to_numpy()[:-1]) + 1
        power, stands = rows["power"].to_numpy(), rows["stands_us"].to_numpy()
        yield Series(str(household), times, power, stands, gaps)


def instants(column: pd.Series[Any]) -> NDArray[np.datetime64]:
    """Return timestamps as datetime64[ns]: UTC where the zone is known, else the clock's own."""
    known = getattr(column.dtype, "tz", None) is not None
    plain = column.dt.tz_convert("UTC").dt.tz_localize(None) if known else column
    values: NDArray[np.datetime64] = plain.to_numpy(dtype="datetime64[ns]")
    return values


def pieces(ready: pd.DataFrame, every_us: int = QUARTER_US) -> pd.DataFrame:
    """Return readings cut at the quarter-hours, so that energy falls into its hour and its day.

    Parameters
    ----------
    ready
        As `power_frame` returns it.
    every_us
        Pieces end at multiples of this [µs].

    Returns
    -------
    pandas.DataFrame
        Every column of `ready` with ``timestamp`` the begin of the piece, ``stands_us`` its length;
        ``local`` datetime64 without a zone: what the clock of the frame's zone shows then;
        ``hours`` measured [h]; ``kwh``, drawn less fed in (0 where there is no power);
        ``export_kwh``, fed in, from 0. Several pieces a reading where it reaches over a quarter.
    """
    time_us = instants(ready["timestamp"]).astype("datetime64[us]").astype(np.int64)
    parts = cut(time_us, ready["stands_us"].to_numpy(), every_us)
    begin = package("pandas").DatetimeIndex(parts.begin_us.view("datetime64[us]"))
    tz = getattr(ready["timestamp"].dtype, "tz", None)
    local = begin if tz is None else begin.tz_localize("UTC").tz_convert(tz)
    rows = ready.iloc[parts.reading].reset_index(drop=True)
    power = rows["power"].to_numpy()
    is_measured = np.isfinite(power)
    fed_in = np.maximum(np.nan_to_num(-power), 0.0)
    if "power_export" in rows.columns:
        said = numbers(rows["power_export"], "power_export").to_numpy()
        fed_in = np.where(np.isnan(said), fed_in, said)
    return rows.assign(
        timestamp=local,
        local=local.tz_localize(None),
        stands_us=parts.length_us,
        hours=parts.length_us / US_PER_H * is_measured,
        kwh=energy_kwh(np.nan_to_num(power), parts.length_us),
        export_kwh=energy_kwh(fed_in, parts.length_us),
    )


def day_edges(days: NDArray[np.datetime64], ready: pd.DataFrame) -> NDArray[np.datetime64]:
    """Return when consecutive days of a frame's zone begin, and when the last ends, as `instants`.

    Parameters
    ----------
    days
        Consecutive days, datetime64[D].
    ready
        As `power_frame` returns it.
    """
    midnights = np.append(days, days[-1] + np.timedelta64(1, "D")).astype("datetime64[ns]")
    tz = getattr(ready["timestamp"].dtype, "tz", None)
    if tz is None:
        return midnights
    wall = package("pandas").DatetimeIndex(midnights)
    # where midnight comes twice, the day begins with the first
    first = np.ones(wall.size, dtype=bool)
    zoned = wall.tz_localize(tz, ambiguous=first, nonexistent="shift_forward")
    edges: NDArray[np.datetime64] = zoned.tz_convert("UTC").tz_localize(None).to_numpy()
    return edges


def hours_of_days(days: NDArray[np.datetime64], ready: pd.DataFrame) -> NDArray[np.float64]:
    """Return how long days are in a frame's zone [h]: 23 or 25 where the clock changes.

    Parameters
    ----------
    days, ready
        See `day_edges`.
    """
    hours: NDArray[np.float64] = np.diff(day_edges(days, ready)) / np.timedelta64(1, "h")
    return hours
