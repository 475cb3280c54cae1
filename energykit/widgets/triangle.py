"""The power triangle: active, reactive and apparent power at a power factor.

S² = P² + Q² and PF = P / S, for sinusoidal voltage and current (IEEE Std 1459-2010, 3.1.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energykit.errors import UsageError
from energykit.plots import figure_html
from energykit.plots.alt import describe
from energykit.plots.theme import BLUE, GREEN, VERMILLION, dress, ink, legend
from energykit.widgets.drawing import sheet
from energykit.widgets.panel import Panel, toolkit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from energykit.html import Html

__all__ = ["PowerTriangle", "Triangle", "draw_triangle", "power_triangle"]

_LEAST = 0.1
"""Smallest power factor that the slider offers [1]."""


@dataclass(frozen=True, kw_only=True)
class Triangle:
    """The powers of a load at a power factor."""

    active_w: float
    """P, active power: does work [W]."""
    power_factor: float
    """P / S [1]."""
    voltage_v: float
    """RMS [V]."""

    @property
    def apparent_va(self) -> float:
        """S, apparent power: voltage times current [VA]."""
        return self.active_w / self.power_factor

    @property
    def reactive_var(self) -> float:
        """Q, reactive power: goes back and forth [var]."""
        return self.active_w * math.sqrt(1 / self.power_factor**2 - 1)

    @property
    def current_a(self) -> float:
        """RMS [A]."""
        return self.apparent_va / self.voltage_v

    def __str__(self) -> str:
        """Return the powers, and the current that flows."""
        return (
            f"At a power factor of {self.power_factor:.2f}, P = {self.active_w:,.0f} W needs S ="
            f" {self.apparent_va:,.0f} VA with Q = {self.reactive_var:,.0f} var:"
            f" {self.current_a:.2f} A at {self.voltage_v:g} V."
        )


def draw_triangle(triangle: Triangle, *, ax: Axes | None = None) -> Axes:
    """Draw P, Q and S to scale, and return the axes.

    Parameters
    ----------
    triangle
        The powers.
    ax
        Axes to draw on; new ones when None.

    Raises
    ------
    energykit.errors.MissingPackageError
        matplotlib is not installed.
    """
    ax = ax or sheet(size=(7.0, 4.6))
    p, q, s = triangle.active_w, triangle.reactive_var, triangle.apparent_va
    ax.plot([0, p], [0, 0], color=BLUE, linestyle="-", linewidth=3, label=f"P, active: {p:,.0f} W")
    ax.plot(
        [p, p],
        [0, q],
        color=VERMILLION,
        linestyle="--",
        linewidth=3,
        label=f"Q, reactive: {q:,.0f} var",
    )
    ax.plot(
        [0, p], [0, q], color=GREEN, linestyle="-.", linewidth=3, label=f"S, apparent: {s:,.0f} VA"
    )
    ax.set_xlim(-0.05 * p, 2.2 * p)
    ax.set_ylim(-0.1 * p, max(1.15 * q, 1.1 * p))
    ax.set_aspect("equal", adjustable="box")
    at = (0.98, 0.96)
    text = f"PF = P / S = {triangle.power_factor:.2f}\ncurrent = {triangle.current_a:.2f} A"
    ax.text(*at, text, transform=ax.transAxes, ha="right", va="top", color=ink(), fontsize=13)
    dress(ax, title="Power triangle", x="active power P [W]", y="reactive power Q [var]")
    legend(ax)
    describe(ax, f"Power triangle. {triangle}")
    return ax


class PowerTriangle(Panel):
    """Sliders over a power triangle; made by `power_triangle`."""

    def __init__(self, active_w: float, voltage_v: float, power_factor: float) -> None:
        self._voltage_v = voltage_v
        slider = toolkit().FloatSlider
        wide = {
            "style": {"description_width": "9em"},
            "layout": {"width": "32em", "max_width": "100%"},
            "continuous_update": False,
        }
        self.power_factor = slider(
            value=power_factor,
            min=_LEAST,
            max=1.0,
            step=0.01,
            description="Power factor [1]",
            tooltip="Share of the apparent power that does work",
            **wide,
        )
        self.active_w = slider(
            value=active_w,
            min=active_w / 10,
            max=active_w * 2,
            step=active_w / 10,
            description="P [W]",
            tooltip="Active power of the load",
            readout_format=".0f",
            **wide,
        )
        super().__init__(self.power_factor, self.active_w, name="power-triangle")
        for one in (self.power_factor, self.active_w):
            one.observe(lambda _: self.refresh(), names="value")

    @property
    def triangle(self) -> Triangle:
        """The powers that the sliders say."""
        return Triangle(
            active_w=self.active_w.value,
            power_factor=self.power_factor.value,
            voltage_v=self._voltage_v,
        )

    def to_figure(self) -> Figure:
        """Return the triangle as a figure."""
        return draw_triangle(self.triangle).get_figure(root=True)  # type: ignore[return-value]  # it has one

    def to_html(self) -> Html:
        """Return the triangle, and the sentence that says what it shows."""
        return figure_html(self.to_figure(), caption=str(self.triangle))


def power_triangle(
    active_w: float = 1000.0, *, voltage_v: float = 230.0, power_factor: float = 0.8
) -> PowerTriangle:
    """Return a widget with sliders over the power triangle.

    Parameters
    ----------
    active_w
        Active power to begin with [W].
    voltage_v
        RMS voltage [V].
    power_factor
        To begin with, 0.1 to 1 [1].

    Raises
    ------
    energykit.errors.UsageError
        A value is not possible.
    energykit.errors.MissingPackageError
        ipywidgets or matplotlib is not installed.
    """
    if not (active_w > 0 and voltage_v > 0 and _LEAST <= power_factor <= 1):
        what = (
            f"active_w={active_w!r}, voltage_v={voltage_v!r}, power_factor={power_factor!r} is not"
            " possible"
        )
        raise UsageError(
            what, where="power_triangle", hint=f"powers and voltages above 0, {_LEAST} <= PF <= 1"
        )
    return PowerTriangle(active_w, voltage_v, power_factor)
