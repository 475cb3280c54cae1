"""Scales: time, days, the time of day, and the bar of colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.plots.theme import TEXT_POINTS, ink, package

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = ["colour_bar", "date_axis", "day_axis", "period", "time_axis"]

_EACH_DAY = 15
"""Up to so many days have a tick each."""


def time_axis(ax: Axes, name: str) -> None:
    """Give an axis of instants ticks that say each date once; the year is for the axis's label.

    Parameters
    ----------
    ax
        Axes with instants on x: UTC, or a clock's own reading.
    name
        Time zone to show them in, or ``"zone unknown"``.
    """
    dates = package("matplotlib.dates")
    known = None if name == "zone unknown" else name
    locator = dates.AutoDateLocator(tz=known, minticks=4, maxticks=11)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz=known, show_offset=False))
    ax.margins(x=0.01)


def date_axis(ax: Axes, first: np.datetime64, days: int) -> None:
    """Give an axis of days ticks in the middle of what is drawn for a day.

    Parameters
    ----------
    ax
        Axes with days on x, each drawn half a day to the left and to the right of its midnight.
    first
        The first day.
    days
        How many.
    """
    dates = package("matplotlib.dates")
    few = days <= _EACH_DAY
    locator = dates.DayLocator() if few else dates.AutoDateLocator(minticks=3, maxticks=10)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(
        dates.DateFormatter("%d") if few else dates.ConciseDateFormatter(locator)
    )
    start = dates.date2num(first)
    ax.set_xlim(start - 0.5, start + days - 0.5)


def period(first: np.datetime64, days: int) -> str:
    """Return the label of an axis of days: from which to which."""
    last = first + np.timedelta64(days - 1, "D")
    return f"day, {first} to {last}" if days > 1 else f"day, {first}"


def day_axis(axis: Axis) -> None:
    """Put a tick with the time of day every three hours."""
    ticker = package("matplotlib.ticker")
    axis.set_major_locator(ticker.MultipleLocator(3))
    axis.set_major_formatter(ticker.FuncFormatter(lambda hour, _: f"{hour:02.0f}:00"))


def colour_bar(ax: Axes, drawing: Any, label: str) -> None:
    """Put a bar beside axes that says what the colours of a drawing mean."""
    bar: Any = ax.figure.colorbar(drawing, ax=ax, pad=0.02)
    bar.set_label(label, color=ink(), fontsize=TEXT_POINTS)
    bar.ax.tick_params(colors=ink(), labelsize=TEXT_POINTS)
    bar.outline.set_edgecolor(ink())
