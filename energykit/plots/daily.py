"""The day: profile with its quantile band, and the heat-map of hour and day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from energykit.errors import UsageError
from energykit.plots.alt import count, describe
from energykit.plots.frames import hours_of_days, pieces, power_frame, zone
from energykit.plots.scales import colour_bar, date_axis, day_axis, period
from energykit.plots.theme import BLUE, axes, dress, ink, legend, package
from energykit.readings.piece import QUARTER_US

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["daily_profile", "heatmap"]

_DAY_MIN = 1440
_MINUTE_US = 60_000_000


def daily_profile(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    band: tuple[float, float] = (0.1, 0.9),
    step_min: int = 15,
) -> Axes:
    """Draw the median power by time of day, and the band that holds most of the readings.

    Parameters
    ----------
    frame
        Readings or a report: ``timestamp`` (datetime64; its own time zone decides the hour),
        ``power_consumption`` or ``power`` [W]. The readings of all households and days are taken
        together; one that stands for longer than an interval counts in each that it reaches.
    ax
        Axes to draw on; new ones when None.
    band
        Lower and upper quantile of the band, 0 to 1.
    step_min
        Width of the intervals of the day [min], a divisor of 1440.

    Returns
    -------
    matplotlib.axes.Axes
        One line: middle of the interval [h] and median power [W]; one filled band.

    Raises
    ------
    UsageError
        When the frame is empty or lacks a column, or band or step make no sense.
    MissingPackageError
        When matplotlib or pandas is not installed.
    """
    _check_profile(band, step_min)
    ready = power_frame(frame, "daily_profile")
    hours, (low, middle, high) = _quantiles(ready, (band[0], 0.5, band[1]), step_min)
    ax = axes(ax, size=(8.0, 4.2))
    name = f"{band[0] * 100:g} % to {band[1] * 100:g} % of the readings"
    ax.fill_between(
        hours, low, high, facecolor=(BLUE, 0.3), edgecolor=BLUE, linewidth=0.7, label=name
    )
    ax.plot(hours, middle, color=BLUE, linewidth=2.2, label="median")
    day_axis(ax.xaxis)
    ax.set_xlim(0, 24)
    ax.set_ylim(bottom=min(0.0, float(np.nanmin(low))))
    days = count(ready["timestamp"].dt.tz_localize(None).dt.normalize().nunique(), "day")
    dress(ax, title=f"Daily profile of {days}", x=f"time of day ({zone(ready)})", y="power [W]")
    legend(ax)
    least, most = int(np.nanargmin(middle)), int(np.nanargmax(middle))
    describe(
        ax,
        f"Daily profile of {len(ready):,} readings on {days}: the median is lowest around"
        f" {_clock(hours[least])} ({middle[least]:,.0f} W) and highest around {_clock(hours[most])}"
        f" ({middle[most]:,.0f} W); there, {name} lie between {low[most]:,.0f} and"
        f" {high[most]:,.0f} W.",
    )
    return ax


def _check_profile(band: tuple[float, float], step_min: int) -> None:
    """Refuse a band that is none, or a step that does not divide the day."""
    where = "plots.daily_profile"
    if not 0 <= band[0] < band[1] <= 1:
        hint = "give two quantiles in order, such as (0.1, 0.9)"
        raise UsageError(f"the band {band!r} is not a range of quantiles", where=where, hint=hint)
    if step_min <= 0 or _DAY_MIN % step_min:
        hint = "give a divisor of 1440, such as 15 or 60"
        raise UsageError(
            f"a day has no whole number of steps of {step_min!r} min", where=where, hint=hint
        )


def _quantiles(
    ready: pd.DataFrame, shares: tuple[float, ...], step_min: int
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Return the middle of each interval of the day [h] and, for each share, its quantile [W]."""
    rows = pieces(ready, min(step_min * _MINUTE_US, QUARTER_US))
    interval = (rows["local"].dt.hour * 60 + rows["local"].dt.minute) // step_min
    table = rows["power"].groupby(interval).quantile(np.array(shares)).unstack()
    table = table.reindex(range(_DAY_MIN // step_min))
    hours = (np.arange(len(table)) + 0.5) * step_min / 60
    return hours, [table[share].to_numpy(dtype="float64") for share in shares]


def _clock(hour: float) -> str:
    """Return an hour of the day as hh:mm."""
    return f"{int(hour):02d}:{int(hour % 1 * 60):02d}"


def heatmap(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the mean power of each hour of each day as colour; hours without readings are hatched.

    Parameters
    ----------
    frame
        Readings or a report: ``timestamp`` (datetime64; its own time zone decides hour and day),
        ``power_consumption`` or ``power`` [W]. Several households are averaged.
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        One mesh with an array of shape (24, days): mean power [W], masked where there is no
        reading.

    Raises
    ------
    UsageError
        When the frame is empty or lacks a column.
    MissingPackageError
        When matplotlib or pandas is not installed.
    """
    ready = power_frame(frame, "heatmap")
    first, values = _mean_by_hour_and_day(ready)
    ax = axes(ax)
    mornings = first + np.arange(values.shape[1] + 1).astype("timedelta64[D]")
    edges = mornings.astype("datetime64[h]") - np.timedelta64(12, "h")
    mesh = ax.pcolormesh(
        edges, np.arange(25), np.ma.masked_invalid(values), cmap="cividis", rasterized=True
    )
    date_axis(ax, first, values.shape[1])
    day_axis(ax.yaxis)
    ax.set_ylim(0, 24)
    colour_bar(ax, mesh, "mean power [W]")
    hours, days = f"time of day ({zone(ready)})", period(first, values.shape[1])
    dress(ax, title="Power by hour and day", x=days, y=hours, grid="")
    missing = _missing_hours(first, values, ready)
    _hatch_missing(ax, missing)
    describe(ax, _heatmap_sentence(first, values, missing))
    return ax


def _mean_by_hour_and_day(ready: pd.DataFrame) -> tuple[np.datetime64, NDArray[np.float64]]:
    """Return the first day, and mean power [W] in 24 rows by all days from the first to the last.

    NaN where there is no reading. The mean is over the time that readings stand for; the hour that
    the clock shows twice is one cell.
    """
    rows = pieces(ready)
    days = rows["local"].to_numpy(dtype="datetime64[D]")
    first = days.min()
    cell = (days - first).astype(int) * 24 + rows["local"].dt.hour.to_numpy()
    count_days = int((days.max() - first).astype(int)) + 1
    hours, kwh = (
        np.bincount(cell, weights=rows[name].to_numpy(), minlength=count_days * 24)
        for name in ("hours", "kwh")
    )
    plain = rows["power"].groupby(cell).mean()
    values = np.full(count_days * 24, np.nan)
    values[plain.index.to_numpy()] = plain.to_numpy()
    values[hours > 0] = kwh[hours > 0] / hours[hours > 0] * 1000.0
    return first, values.reshape(count_days, 24).T


def _missing_hours(first: np.datetime64, values: NDArray[np.float64], ready: pd.DataFrame) -> int:
    """Return how many hours have no reading; one that the clock skips in spring is not missing."""
    days = first.astype("datetime64[D]") + np.arange(values.shape[1]).astype("timedelta64[D]")
    left_out = np.clip(24 - hours_of_days(days, ready), 0, None)
    by_day = np.isnan(values).sum(axis=0)
    return int(np.clip(by_day - np.rint(left_out), 0, None).sum())


def _hatch_missing(ax: Axes, missing: int) -> None:
    """Hatch the hours without readings, and say so in a legend."""
    if missing:
        ax.patch.set(hatch="///", edgecolor=ink())
        patch = package("matplotlib.patches").Patch
        name = f"no readings: {count(missing, 'hour')}"
        legend(ax, [patch(facecolor="none", edgecolor=ink(), hatch="///", label=name)])


def _heatmap_sentence(first: np.datetime64, values: NDArray[np.float64], missing: int) -> str:
    """Say what the heat-map shows."""
    hour, day = np.unravel_index(np.nanargmax(values), values.shape)
    known = ~np.isnan(values).all(axis=1)
    by_hour = np.full(24, np.nan)
    by_hour[known] = np.nanmean(values[known], axis=1)
    high, low = int(np.nanargmax(by_hour)), int(np.nanargmin(by_hour))
    empty = f"; {count(missing, 'hour')} without readings" if missing else ""
    last, top = (first + np.timedelta64(int(days), "D") for days in (values.shape[1] - 1, day))
    return (
        f"Heat-map of mean power by hour and day, {first} to {last}: the hour from {high:02d}:00 is"
        f" the highest on average ({by_hour[high]:,.0f} W), the one from {low:02d}:00 the lowest"
        f" ({by_hour[low]:,.0f} W); the single highest hour is {top} {hour:02d}:00 with"
        f" {values[hour, day]:,.0f} W{empty}."
    )
