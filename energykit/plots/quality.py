"""The calendar of data quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.plots.alt import count, describe
from energykit.plots.anomalies import flagged
from energykit.plots.frames import day_edges, pieces, power_frame, series, zone
from energykit.plots.scales import colour_bar
from energykit.plots.theme import MARKERS, axes, dress, ink, ink_on, legend, plain
from energykit.readings.energy import US_PER_H

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["quality_calendar"]

_MARKED = 0.99
"""Days with less than this share of good readings get the marker of the main cause."""
_WRITTEN_WEEKS = 8
"""Up to so many weeks leave room for date and share in each day."""
_LINED_WEEKS = 60
"""Up to so many weeks are wide enough for lines between the days."""
_DIGITS = 9
"""Decimals of a share; what is behind them is the rounding of sums."""
_SHORTEST_H = 1e-6
"""Time that is no more than the rounding of sums [h]."""
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class _Days:
    """Quality of each day from the first to the last."""

    first: np.datetime64
    """The first day."""
    good: NDArray[np.float64]
    """Share of the time that has a reading which is not flagged, 0 to 1."""
    cause: list[str]
    """What most of the rest is; empty where all is good."""


def quality_calendar(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a calendar, weeks across, weekdays down, coloured by each day's share of good readings.

    Each household is expected to be measured all the time from the first reading of the frame to
    the end of the last. Good is the time for which a reading stands that is not flagged. Days under
    99 % carry the marker of what most of the rest is.

    Parameters
    ----------
    frame
        Readings or a report: ``timestamp`` (datetime64; its own time zone decides the day),
        ``power_consumption`` or ``power`` [W]; perhaps ``reasons`` (names joined by ``;``) or
        ``anomaly_detected`` (bool).
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        One mesh with an array of shape (7, weeks): good readings [%], masked outside the period;
        markers per cause.

    Raises
    ------
    UsageError
        When the frame is empty or lacks a column.
    MissingPackageError
        When matplotlib or pandas is not installed.
    """
    ready = power_frame(frame, "quality_calendar")
    days = _days(ready)
    week, weekday = _places(days)
    values = np.full((7, int(week[-1]) + 1), np.nan)
    values[weekday, week] = days.good * 100.0
    ax = axes(ax, size=(9.0, 3.9))
    line = 0.4 if values.shape[1] <= _LINED_WEEKS else 0.0
    look: dict[str, Any] = {
        "cmap": "cividis_r",
        "vmin": 0,
        "vmax": 100,
        "edgecolor": ink(),
        "linewidth": line,
    }
    mesh = ax.pcolormesh(np.ma.masked_invalid(values), **look)
    colour_bar(ax, mesh, "good readings [%]")
    _mark_causes(ax, days, week, weekday)
    if values.shape[1] <= _WRITTEN_WEEKS:
        _write_shares(ax, days, (week, weekday), mesh.to_rgba(days.good * 100.0))
    _calendar_axes(ax, days, values.shape[1])
    dress(
        ax,
        title="Data quality by day",
        x=f"week, from Monday ({zone(ready)})",
        y="weekday",
        grid="",
    )
    legend(ax)
    describe(ax, _sentence(days))
    return ax


def _days(ready: pd.DataFrame) -> _Days:
    """Share out the time of each day: good, and the rest by cause."""
    bad = {"no value": ready["power"].isna().to_numpy(), **flagged(ready)}
    is_bad = np.any(list(bad.values()), axis=0)
    rows = pieces(ready.assign(is_good=~is_bad, **_numbered(bad)))
    day = rows["local"].to_numpy(dtype="datetime64[D]")
    first = day.min()
    number, size = (day - first).astype(int), int((day.max() - first).astype(int)) + 1
    hours = rows["stands_us"].to_numpy() / US_PER_H

    def sum_hours(column: str) -> NDArray[np.float64]:
        weights = hours * rows[column].to_numpy()
        return np.asarray(np.bincount(number, weights=weights, minlength=size), dtype=np.float64)

    expected = _expected(ready, first, size)
    causes = {name: sum_hours(column) for name, column in zip(bad, _numbered(bad), strict=True)}
    measured = np.bincount(number, weights=hours, minlength=size)
    causes["missing"] = np.clip(expected - measured, 0, None)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(expected > 0, sum_hours("is_good") / expected, 1.0)
    return _Days(first, np.clip(share.round(_DIGITS), 0.0, 1.0), _main_causes(causes))


def _numbered(bad: Mapping[str, NDArray[np.bool_]]) -> dict[str, NDArray[np.bool_]]:
    """Return the same columns under names that no column of a frame has."""
    return {f"\0{place}": rows for place, rows in enumerate(bad.values())}


def _main_causes(causes: Mapping[str, NDArray[np.float64]]) -> list[str]:
    """Return for each day the cause of most of what is not good; empty where there is none."""
    names, table = list(causes), np.array(list(causes.values()))
    worst = table.argmax(axis=0)
    return [
        names[index] if table[index, column] > _SHORTEST_H else ""
        for column, index in enumerate(worst)
    ]


def _expected(ready: pd.DataFrame, first: np.datetime64, size: int) -> NDArray[np.float64]:
    """Return how long each day should be measured [h] by each household, in the frame's period.

    A household that begins or ends less than one reading later or sooner than the others lacks
    nothing: its clock ticks between theirs.
    """
    edges = day_edges(
        first.astype("datetime64[D]") + np.arange(size).astype("timedelta64[D]"), ready
    )
    shown = list(series(ready))
    start = min(readings.times[0] for readings in shown)
    end = max(readings.end for readings in shown)
    expected = np.zeros(size)
    for readings in shown:
        own_start, own_end = readings.times[0], readings.end
        stands = readings.stands_us.astype("timedelta64[us]")
        begins_late = own_start - start >= stands[0]
        ends_early = end - own_end >= stands[-1]
        within = np.clip(edges, start if begins_late else own_start, end if ends_early else own_end)
        expected += np.diff(within) / np.timedelta64(1, "h")
    return expected


def _places(days: _Days) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return week and weekday of each day; week 0 holds the first day, weekday 0 is Monday."""
    offset = _weekday(days.first) + np.arange(days.good.size)
    return offset // 7, offset % 7


def _day_after(first: np.datetime64, days: int) -> np.datetime64:
    """Return the day that comes so many days after another."""
    day: np.datetime64 = first + np.timedelta64(days, "D")
    return day


def _weekday(day: np.datetime64) -> int:
    """Return the weekday, Monday 0; 1970-01-01 was a Thursday."""
    return int((day.astype("datetime64[D]").astype(int) + 3) % 7)


def _mark_causes(ax: Axes, days: _Days, week: NDArray[np.intp], weekday: NDArray[np.intp]) -> None:
    """Mark the days under the limit by their main cause."""
    cause = np.array(days.cause, dtype=object)
    low = days.good < _MARKED
    area = 46 if week[-1] < _LINED_WEEKS else 16
    where = 0.85 if week[-1] < _WRITTEN_WEEKS else 0.5
    for number, name in enumerate(sorted({name for name in cause[low] if name})):
        chosen = low & (cause == name)
        label = f"{plain(name)}: {count(chosen.sum(), 'day')}"
        look: dict[str, Any] = {"marker": MARKERS[number % len(MARKERS)][1], "label": label}
        ax.scatter(
            week[chosen] + where,
            weekday[chosen] + 0.5,
            s=area,
            facecolor="white",
            edgecolor="black",
            **look,
        )


def _write_shares(
    ax: Axes, days: _Days, places: tuple[NDArray[np.intp], NDArray[np.intp]], colours: NDArray[Any]
) -> None:
    """Write date and share of good readings into each day; a share is never rounded up to 100 %."""
    for number, share in enumerate(days.good):
        day = str(_day_after(days.first, number))[5:]
        text = f"{day}   {np.floor(share * 1000) / 10:g} %"
        place: dict[str, Any] = {"ha": "left", "va": "center", "fontsize": 10}
        ax.text(
            places[0][number] + 0.04,
            places[1][number] + 0.5,
            text,
            color=ink_on(colours[number]),
            **place,
        )


def _calendar_axes(ax: Axes, days: _Days, weeks: int) -> None:
    """Put weekdays and Mondays at the axes."""
    monday = _day_after(days.first, -_weekday(days.first))
    ax.set_ylim(7, 0)
    ax.set_yticks(np.arange(7) + 0.5, _WEEKDAYS)
    shown = np.unique(np.linspace(0, weeks - 1, min(weeks, 6)).astype(int))
    ax.set_xticks(shown + 0.5, [str(_day_after(monday, 7 * int(number))) for number in shown])


def _sentence(days: _Days) -> str:
    """Say what the calendar shows."""
    worst = int(np.argmin(days.good))
    period = f"Calendar of data quality of {count(days.good.size, 'day')} from {days.first}"
    if days.good[worst] == 1.0:
        return f"{period}: readings cover all of it and none is flagged, 100 % on every day."
    low = int((days.good < _MARKED).sum())
    reason = f" ({days.cause[worst]})" if days.cause[worst] else ""
    return (
        f"{period}: on average {days.good.mean() * 100:.1f} % of the time has good readings;"
        f" {count(low, 'day')} under {_MARKED * 100:g} %; the worst is"
        f" {_day_after(days.first, worst)} with {days.good[worst] * 100:.1f} %{reason}."
    )
