"""Axes unknown to pyplot: drawn on in any thread, and shown only where a widget shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.plots.theme import background, package

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["sheet"]


def sheet(*, size: tuple[float, float] = (9.0, 3.8)) -> Axes:
    """Return axes in a figure of their own, with the background of the theme.

    Parameters
    ----------
    size
        Width and height [inch].

    Raises
    ------
    energykit.errors.MissingPackageError
        matplotlib is not installed.
    """
    figure = package("matplotlib.figure").Figure(
        figsize=size, layout="constrained", facecolor=background()
    )
    drawn_on: Axes = figure.subplots()
    return drawn_on
