"""Sizes of the same message in several formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.errors import UsageError
from energykit.plots.alt import describe
from energykit.plots.theme import LINES, MARKERS, axes, dress, legend

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["message_sizes"]


def message_sizes(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw bytes per record against the number of records in a message, one line a format.

    Parameters
    ----------
    frame
        Index: records in the message. One column a format: size of the whole message [B].
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        One line a format, in the order of the columns.

    Raises
    ------
    UsageError
        When the frame is empty.
    MissingPackageError
        When matplotlib is not installed.
    """
    if frame.empty:
        raise UsageError(
            "there is nothing to draw", where="plots.message_sizes", hint="give one row a message"
        )
    each = frame.div(frame.index.to_numpy(), axis=0)
    ax = axes(ax, size=(7.5, 3.6))
    for name, (colour, line), (_, marker) in zip(each.columns, LINES, MARKERS, strict=False):
        ax.plot(
            each.index, each[name], color=colour, linestyle=line, marker=marker, label=str(name)
        )
    ax.set_xscale("log")
    ax.set_ylim(bottom=0.0)
    dress(
        ax, title="Size of the same records", x="records in the message", y="bytes per record [B]"
    )
    legend(ax)
    sizes = ", ".join(f"{name} {each[name].iloc[-1]:.0f}" for name in each.columns)
    describe(ax, f"Bytes per record in a message of {each.index[-1]:,} records: {sizes}.")
    return ax
