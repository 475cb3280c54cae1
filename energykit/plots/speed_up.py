"""What several workers gain, against how much work a task is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.errors import UsageError
from energykit.plots.alt import describe
from energykit.plots.theme import LINES, MARKERS, axes, dress, ink, legend

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["speed_up"]


def speed_up(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw how many times faster the same tasks are elsewhere, against the work of one task.

    At 1 nothing is gained.

    Parameters
    ----------
    frame
        Index: seconds that one task takes here [s]. Column ``here``: seconds for all tasks here,
        one after another [s]; every other column: seconds for the same tasks there [s].
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        One line for each column but ``here``, and the line of no gain.

    Raises
    ------
    UsageError
        When the frame is empty or has no column ``here``.
    MissingPackageError
        When matplotlib is not installed.
    """
    if frame.empty or "here" not in frame:
        raise UsageError(
            "there is nothing to compare",
            where="plots.speed_up",
            hint="a column here, and one for there",
        )
    gains = frame.drop(columns="here").rdiv(frame["here"], axis=0).sort_index()
    ax = axes(ax, size=(7.5, 3.8))
    for name, (colour, line), (_, marker) in zip(gains.columns, LINES, MARKERS, strict=False):
        ax.plot(
            gains.index, gains[name], color=colour, linestyle=line, marker=marker, label=str(name)
        )
    ax.axhline(1.0, color=ink(), linewidth=1.0, linestyle=":", label="no gain")
    ax.set_xscale("log")
    ax.set_ylim(bottom=0.0)
    dress(ax, title="What several workers gain", x="work of one task [s]", y="times faster [1]")
    legend(ax)
    gained = "; ".join(
        f"{name} {gains[name].iloc[0]:.3g} to {gains[name].iloc[-1]:.3g} times" for name in gains
    )
    describe(
        ax,
        f"Speed-up from tasks of {gains.index[0]:.2g} s to tasks of {gains.index[-1]:.2g} s:"
        f" {gained}.",
    )
    return ax
