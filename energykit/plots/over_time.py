"""Power over time with its gaps and anomalies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.errors import UsageError, nearest
from energykit.plots.alt import count, describe
from energykit.plots.anomalies import FlaggedKind, kinds, mark
from energykit.plots.frames import Series, power_frame, series, zone
from energykit.plots.scales import time_axis
from energykit.plots.theme import LINES, axes, dress, ink, legend, plain
from energykit.plots.thinning import drawn, isolated

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["power"]

_FEW = 200
"""A series of up to so many readings is drawn with a dot on each."""
_WIDE = 1 / 200
"""A gap longer than this share of the figure is hatched."""


def power(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    households: Sequence[str] | None = None,
    anomalies: bool = True,
) -> Axes:
    """Draw power over time, a line per household; gaps stay open, anomalies have shape and colour.

    Long series are thinned to the first, lowest, highest and last reading of each of some thousand
    intervals: on paper and screen that is the same picture.

    Parameters
    ----------
    frame
        Readings or a report: ``timestamp`` (datetime64, UTC or naive), ``power_consumption`` or
        ``power`` [W]; perhaps ``household_id``, and ``reasons`` (names joined by ``;``) or
        ``anomaly_detected`` (bool).
    ax
        Axes to draw on; new ones when None.
    households
        Ids to draw; None: all, or the six with the highest mean power.
    anomalies
        Whether to mark what was flagged.

    Returns
    -------
    matplotlib.axes.Axes
        A line per household; per kind of anomaly markers on each flagged reading, or on the highest
        of each event when more than 300 are flagged.

    Raises
    ------
    UsageError
        When the frame is empty, lacks a column, or a household is unknown.
    MissingPackageError
        When matplotlib or pandas is not installed.
    """
    ready = power_frame(frame, "power")
    chosen, total = _chosen(ready, households)
    shown = list(series(chosen))
    ax = axes(ax)
    for readings, look in zip(shown, LINES, strict=False):
        _draw_line(ax, readings, look, is_only=len(shown) == 1)
    found = kinds(chosen) if anomalies else []
    mark(ax, found)
    time_axis(ax, zone(ready))
    some = f", {len(shown)} of {total} households" if len(shown) < total else ""
    dress(ax, title=f"Power over time{some}", x=_time_label(chosen), y="power [W]")
    legend(ax)
    describe(ax, _sentence(shown, found))
    return ax


def _time_label(frame: pd.DataFrame) -> str:
    """Return the axis's zone and the dates, in that zone, of the first and the last reading."""
    first, last = frame["timestamp"].min().date(), frame["timestamp"].max().date()
    days = f"{first} to {last}" if last > first else f"{first}"
    return f"time ({zone(frame)}), {days}"


def _chosen(frame: pd.DataFrame, households: Sequence[str] | None) -> tuple[pd.DataFrame, int]:
    """Return the rows of the households to draw, and how many households there are."""
    known = [str(name) for name in frame["household_id"].unique()]
    if households is None:
        if len(known) <= len(LINES):
            return frame, len(known)
        means = frame.groupby("household_id", observed=True)["power"].mean()
        households = [str(name) for name in means.nlargest(len(LINES)).index]
    _check_households(households, known)
    return frame[frame["household_id"].astype(str).isin(households)], len(known)


def _check_households(households: Sequence[str], known: Sequence[str]) -> None:
    """Refuse households that are unknown, none, or too many."""
    where = "plots.power"
    for name in households:
        if name not in known:
            raise UsageError(
                f"no household {name!r} in the frame", where=where, hint=nearest(name, known)
            )
    if not 1 <= len(households) <= len(LINES):
        hint = f"name 1 to {len(LINES)}, or draw the daily profile, which takes any number"
        raise UsageError(
            f"{count(len(households), 'household')} cannot be told apart", where=where, hint=hint
        )


def _draw_line(ax: Axes, readings: Series, look: tuple[str, Any], *, is_only: bool) -> None:
    """Draw one household: its line, a hatch over long gaps, a dot for a lone reading."""
    colour, line = look
    times, values = drawn(readings)
    marker = "o" if readings.power.size <= _FEW else ""
    label = plain(readings.household) or "power"
    ax.plot(
        times,
        values,
        color=colour,
        linestyle=line,
        linewidth=0.9,
        marker=marker,
        markersize=4,
        label=label,
    )
    alone = isolated(readings)
    if alone.size and not marker:
        ax.plot(
            readings.times[alone],
            readings.power[alone],
            ".",
            color=colour,
            markersize=3,
            label="_alone",
        )
    if is_only:
        _hatch_gaps(ax, readings)


def _hatch_gaps(ax: Axes, readings: Series) -> None:
    """Hatch the gaps that are wide enough to be seen."""
    lengths = readings.times[readings.gaps] - readings.times[readings.gaps - 1]
    wide = readings.gaps[lengths > (readings.times[-1] - readings.times[0]) * _WIDE]
    for gap in wide:
        label = "no readings" if gap == wide[0] else "_gap"
        start, end = readings.times[gap - 1], readings.times[gap]
        ax.axvspan(
            start,
            end,
            facecolor="none",
            edgecolor=ink(),
            alpha=0.5,
            hatch="...",
            linewidth=0,
            label=label,
        )


def _sentence(shown: list[Series], found: list[FlaggedKind]) -> str:
    """Say what the figure shows."""
    values = np.concatenate([readings.power for readings in shown])
    gaps = sum(readings.gaps.size for readings in shown)
    marked = "; ".join(kind.label for kind in found)
    what = f"{values.size:,} readings of {count(len(shown), 'household')}"
    power = (
        f"{np.nanmin(values):,.0f} to {np.nanmax(values):,.0f} W, mean {np.nanmean(values):,.0f} W"
    )
    holes = count(gaps, "gap") if gaps else "no gap"
    anomalies = f" Marked as anomalies: {marked}." if marked else ""
    return f"Power over time {_period(shown)}: {what}, {power}; {holes}.{anomalies}"


def _period(shown: list[Series]) -> str:
    """Return from when to when the readings are."""
    first = min(readings.times[0] for readings in shown)
    last = max(readings.times[-1] for readings in shown)
    if last - first > np.timedelta64(1, "h"):
        first, last = first.astype("datetime64[m]"), last.astype("datetime64[m]")
    else:
        first, last = first.astype("datetime64[s]"), last.astype("datetime64[s]")
    return f"from {first} to {last}".replace("T", " ")
