"""The load duration curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from energykit.plots.alt import describe
from energykit.plots.frames import Series, power_frame, series
from energykit.plots.theme import BLUE, GREEN, VERMILLION, axes, dress, legend

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["load_duration"]

_POINTS = 2000
_BASE_SHARE = 95.0
"""The base load is exceeded for this share of the time [%]: the 5th percentile of power over time.
"""


def load_duration(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the load duration curve: power, descending, against the share of time it is reached.

    Each reading counts for the time that it stands for. The mean and the base load (exceeded 95 %
    of the time) are drawn as lines.

    Parameters
    ----------
    frame
        Readings or a report: ``timestamp``, ``power_consumption`` or ``power`` [W]. With several
        households, the readings of all are one distribution.
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        First line: the curve, share of time [%] and power [W]; then mean and base load.

    Raises
    ------
    UsageError
        When the frame is empty or lacks a column.
    MissingPackageError
        When matplotlib or pandas is not installed.
    """
    ready = power_frame(frame, "load_duration")
    curve = _curve(list(series(ready)))
    mean = f"mean: {curve.mean:,.0f} W"
    base = f"base load, exceeded {_BASE_SHARE:g} % of the time: {curve.base:,.0f} W"
    ax = axes(ax, size=(7.5, 4.4))
    ax.plot(curve.share, curve.power, color=BLUE, linewidth=1.8, label="power reached or exceeded")
    ax.axhline(curve.mean, color=VERMILLION, linestyle="--", linewidth=1.4, label=mean)
    ax.axhline(curve.base, color=GREEN, linestyle="-.", linewidth=1.4, label=base)
    ax.set_xlim(-1, 101)
    ax.set_ylim(bottom=min(0.0, float(curve.power[-1])))
    dress(ax, title="Load duration curve", x="share of time [%]", y="power [W]")
    legend(ax)
    span = f"from a peak of {curve.power[0]:,.0f} W down to {curve.power[-1]:,.0f} W"
    describe(ax, f"Load duration curve of {len(ready):,} readings {span}; {mean}; {base}.")
    return ax


@dataclass(frozen=True)
class _Curve:
    """A load duration curve."""

    share: NDArray[np.float64]
    """Share of time [%], ascending from 0 to 100."""
    power: NDArray[np.float64]
    """Power reached or exceeded in that share [W]."""
    mean: float
    """Mean over time [W]."""
    base: float
    """Base load [W]."""


def _curve(shown: list[Series]) -> _Curve:
    """Return the load duration curve of households together, a point every 0.05 % of readings."""
    power = np.concatenate([readings.power for readings in shown])
    hours = np.concatenate([readings.hours for readings in shown])
    counts = np.isfinite(power)
    power, hours = power[counts], hours[counts]
    if not hours.any():
        hours = np.ones_like(power)
    order = np.argsort(-power, kind="stable")
    power, hours = power[order], hours[order]
    share = np.cumsum(hours) / hours.sum() * 100.0
    base = power[min(int(np.searchsorted(share, _BASE_SHARE)), power.size - 1)]
    kept = np.unique(np.linspace(0, power.size - 1, min(power.size, _POINTS)).round().astype(int))
    mean = float(np.average(power, weights=hours))
    return _Curve(np.append(0.0, share[kept]), np.append(power[0], power[kept]), mean, float(base))
