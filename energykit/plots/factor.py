"""The electrical side: distribution of the power factor, and voltage against load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.errors import UsageError
from energykit.plots.alt import count, describe
from energykit.plots.columns import numbers
from energykit.plots.frames import power_frame
from energykit.plots.scales import colour_bar
from energykit.plots.theme import BLUE, GREEN, PURPLE, VERMILLION, axes, dress, legend

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["power_factor_histogram", "voltage_vs_load"]

_WIDTH = 0.02
_LOWEST, _HIGHEST = -1.2, 1.4
"""Quotients beyond are counted in the first and the last bar."""
_EN_50160_V = (207.0, 253.0)
"""230 V ± 10 %: EN 50160, supply voltage variations."""
_LOAD_STEPS = 24
_LEAST_INSTANTS = 10
"""A step of load with fewer has no median worth drawing, unless there are few altogether."""
_LEAST_SPAN_KW = 1e-6
"""A load that varies less has no slope."""
_UP_TO_1: dict[str, Any] = {"facecolor": (BLUE, 0.75), "edgecolor": BLUE}
_ABOVE_1: dict[str, Any] = {"facecolor": (PURPLE, 0.3), "edgecolor": PURPLE, "hatch": "//"}
_LOW = 0.8
"""The sentence says how many power factors are below."""


def power_factor_histogram(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the distribution of the power factor, active over apparent power.

    Parameters
    ----------
    frame
        A report with ``efficiency`` [1], or readings with ``power_consumption`` [W], ``voltage``
        [V] and ``current`` [A]; ``timestamp`` in any case.
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        Bars of width 0.02, share of readings [%]: one container up to 1, one above, where a
        quotient can only come from the meter's resolution or from a fault.

    Raises
    ------
    UsageError
        When the frame is empty, lacks a column, or no reading has a power factor.
    MissingPackageError
        When matplotlib or pandas is not installed.
    """
    factor = _power_factor(frame)
    known = factor[np.isfinite(factor)]
    if not known.size:
        hint = "voltage and current are zero in every reading"
        raise UsageError(
            "no reading has a power factor", where="plots.power_factor_histogram", hint=hint
        )
    lefts, share = _histogram(known)
    ax = axes(ax, size=(7.5, 4.2))
    median = float(np.median(known))
    is_above = lefts > 1 - _WIDTH / 2
    _bars(ax, lefts[~is_above], share[~is_above], label="up to 1", **_UP_TO_1)
    name = f"above 1: {_above(known, 'of the readings')}"
    _bars(ax, lefts[is_above], share[is_above], label=name, **_ABOVE_1)
    ax.axvline(median, color=GREEN, linestyle="--", linewidth=1.4, label=f"median: {median:.3f}")
    labels = {"x": "power factor, active / apparent power [1]", "y": "share of readings [%]"}
    dress(ax, title="Power factor", **labels, grid="y")
    legend(ax)
    describe(ax, _factor_sentence(known, factor.size - known.size))
    return ax


def _above(known: NDArray[np.float64], of: str) -> str:
    """Return the share of power factors above 1, and what the last bar holds beside its own."""
    highest = float(known.max())
    beyond = f" (up to {highest:.3g}, all in the last bar)" if highest > _HIGHEST else ""
    return f"{float((known > 1).mean() * 100):.3g} % {of}{beyond}"


def _factor_sentence(known: NDArray[np.float64], undefined: int) -> str:
    """Say what the histogram shows."""
    none = f"; {count(undefined, 'reading')} without one" if undefined else ""
    low = f"{(known < _LOW).mean() * 100:.3g} % below {_LOW:g}"
    return (
        f"Distribution of the power factor of {known.size:,} readings: "
        f"median {np.median(known):.3f}, {low}, {_above(known, 'above 1')}{none}."
    )


def _bars(ax: Axes, lefts: NDArray[np.float64], share: NDArray[np.float64], **look: Any) -> None:
    """Draw bars of the histogram that look alike."""
    if lefts.size:
        ax.bar(lefts, share, _WIDTH, align="edge", linewidth=0.7, **look)


def _power_factor(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Return the power factor of each reading; NaN or infinite where it is undefined."""
    name = "power_factor_histogram"
    if "efficiency" in getattr(frame, "columns", ()):
        return numbers(power_frame(frame, name)["efficiency"], f"plots.{name}").to_numpy()
    ready = power_frame(frame, name, also=("voltage", "current"))
    apparent = numbers(ready["voltage"], f"plots.{name}") * numbers(
        ready["current"], f"plots.{name}"
    )
    with np.errstate(all="ignore"):
        factor: NDArray[np.float64] = ready["power"].to_numpy() / apparent.to_numpy()
    return factor


def _histogram(known: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the left edge of each bar, and its share of the readings [%]."""
    # a quotient on an edge belongs to the bar below it: exactly 1 is not "above 1"
    steps = np.ceil(np.clip(known, _LOWEST, _HIGHEST) / _WIDTH - 1e-9).astype(int) - 1
    first = int(steps.min())
    counts = np.bincount(steps - first)
    lefts = np.asarray((first + np.arange(counts.size)) * _WIDTH, dtype=np.float64)
    return lefts, np.asarray(counts * (100.0 / known.size), dtype=np.float64)


def voltage_vs_load(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw voltage against load: the power of all households at an instant, as their feeder has it.

    Parameters
    ----------
    frame
        Readings: ``timestamp``, ``power_consumption`` or ``power`` [W], ``voltage`` [V]; with
        several households the loads are added and the voltages averaged.
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        Hexagons coloured by the number of instants; a line: median voltage [V] by load [kW].

    Raises
    ------
    UsageError
        When the frame is empty or lacks a column.
    MissingPackageError
        When matplotlib or pandas is not installed.
    """
    load_kw, voltage = _feeder(frame)
    households = count(
        frame["household_id"].nunique() if "household_id" in frame else 1, "household"
    )
    ax = axes(ax, size=(7.5, 4.6))
    look: dict[str, Any] = {"cmap": "cividis", "linewidths": 0.1, "rasterized": True}
    cells = ax.hexbin(load_kw, voltage, gridsize=60, bins="log", mincnt=1, **look)
    median: dict[str, Any] = {"color": VERMILLION, "marker": "o", "markersize": 4}
    ax.plot(*_median_by_load(load_kw, voltage), label="median by load", **median)
    _draw_limits(ax, voltage)
    colour_bar(ax, cells, "instants [number]")
    dress(ax, title="Voltage against load", x=f"load of {households} [kW]", y="voltage [V]")
    legend(ax)
    slope = _slope(load_kw, voltage)
    describe(
        ax,
        f"Voltage against the load of {households} at {count(load_kw.size, 'instant')}: load"
        f" {load_kw.min():,.2f} to {load_kw.max():,.2f} kW, voltage {voltage.min():.1f} to"
        f" {voltage.max():.1f} V; a straight line through them has {slope:+.2f} V per kW.",
    )
    return ax


def _draw_limits(ax: Axes, voltage: NDArray[np.float64]) -> None:
    """Draw the band of EN 50160 where voltages come near its ends; it is for 10-minute means."""
    look: dict[str, Any] = {"color": PURPLE, "linestyle": ":", "linewidth": 1.6}
    for limit in _EN_50160_V:
        if voltage.min() - 5 <= limit <= voltage.max() + 5:
            label = f"EN 50160, for 10-minute means: {limit:g} V"
            ax.axhline(limit, label=label, **look)


def _slope(load_kw: NDArray[np.float64], voltage: NDArray[np.float64]) -> float:
    """Return the slope of the line of least squares [V/kW]; 0 where the load is constant."""
    if np.ptp(load_kw) < _LEAST_SPAN_KW:
        return 0.0
    from_mean = load_kw - load_kw.mean()
    # sums of products: on a busy machine the threads of BLAS wait for each other, tens of ms
    return float((from_mean * voltage).sum() / (from_mean * from_mean).sum())


def _feeder(frame: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the load of all households [kW] and their mean voltage [V] at each instant."""
    where = "plots.voltage_vs_load"
    ready = power_frame(frame, "voltage_vs_load", also=("voltage",))
    voltage = numbers(ready["voltage"], where)
    ready = ready.assign(voltage=voltage.where(np.isfinite(voltage))).dropna(
        subset=["power", "voltage"]
    )
    if ready.empty:
        raise UsageError(
            "no reading has both power and voltage",
            where=where,
            hint="look at the stage's skipped rows",
        )
    by_instant = ready.groupby("timestamp", sort=False)
    return by_instant["power"].sum().to_numpy() / 1000.0, by_instant["voltage"].mean().to_numpy()


def _median_by_load(
    load_kw: NDArray[np.float64], voltage: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return middle [kW] and median voltage [V] of the steps of load that hold enough instants."""
    span = max(float(np.ptp(load_kw)), _LEAST_SPAN_KW)
    step = np.minimum(((load_kw - load_kw.min()) / span * _LOAD_STEPS).astype(int), _LOAD_STEPS - 1)
    least = min(_LEAST_INSTANTS, load_kw.size // _LOAD_STEPS + 1)
    enough = np.flatnonzero(np.bincount(step, minlength=_LOAD_STEPS) >= least)
    medians = np.array([np.median(voltage[step == number]) for number in enough])
    return load_kw.min() + (enough + 0.5) * span / _LOAD_STEPS, medians
