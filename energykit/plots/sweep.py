"""A sweep's table as a map: one value for each pair of settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from energykit.errors import UsageError, nearest
from energykit.plots.alt import describe
from energykit.plots.scales import colour_bar
from energykit.plots.theme import axes, dress, ink_on, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["sweep_map"]

_TEXT_POINTS = 10
_LARGEST = 400
"""Cells up to which each carries its value as text."""


def sweep_map(table: pd.DataFrame, x: str, y: str, value: str, *, ax: Axes | None = None) -> Axes:
    """Draw a value of a sweep as colour and text for each pair of two settings, averaged.

    Parameters
    ----------
    table
        As `energykit.sweep` returns it; rows that failed have no value and stay empty.
    x, y
        Columns of the settings.
    value
        Column of the value, numbers.
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        One mesh with an array of shape (values of `y`, values of `x`), masked where no row has a
        value.

    Raises
    ------
    UsageError
        When the table is empty or lacks a column.
    MissingPackageError
        When matplotlib is not installed.
    """
    for name in (x, y, value):
        if name not in table:
            raise UsageError(
                f"there is no column {name!r}",
                where="plots.sweep_map",
                hint=nearest(name, table.columns),
            )
    if table.empty:
        raise UsageError(
            "there is nothing to draw", where="plots.sweep_map", hint="give one row a point"
        )
    pairs = table.pivot_table(index=y, columns=x, values=value, aggfunc="mean", dropna=False)
    cells = pairs.to_numpy(dtype=float)
    ax = axes(ax, size=(7.5, 1.6 + 0.5 * max(3, len(pairs))))
    mesh = ax.pcolormesh(np.ma.masked_invalid(cells), cmap="cividis")
    ax.set_xticks(np.arange(cells.shape[1]) + 0.5, [plain(str(one)) for one in pairs.columns])
    ax.set_yticks(np.arange(cells.shape[0]) + 0.5, [plain(str(one)) for one in pairs.index])
    colour_bar(ax, mesh, plain(value))
    dress(ax, title=f"{plain(value)} by settings", x=plain(_short(x)), y=plain(_short(y)), grid="")
    if cells.size <= _LARGEST:
        _write_values(ax, cells, mesh.to_rgba(cells))
    describe(ax, _sentence(pairs, x, y, value))
    return ax


def _short(key: str) -> str:
    """Return the last two parts of a key: ``efficiency_below.threshold``."""
    return ".".join(key.split(".")[-2:])


def _write_values(ax: Axes, cells: np.ndarray, colours: np.ndarray) -> None:
    for (row, column), one in np.ndenumerate(cells):
        if np.isfinite(one):
            ax.text(
                column + 0.5,
                row + 0.5,
                f"{one:,.4g}",
                ha="center",
                va="center",
                color=ink_on(tuple(colours[row, column])),
                fontsize=_TEXT_POINTS,
            )


def _sentence(pairs: pd.DataFrame, x: str, y: str, value: str) -> str:
    cells = pairs.stack()
    if cells.empty:
        return f"{value} by {x} and {y}: no row has a value."
    places = list(cells.index)
    (y_high, x_high), (y_low, x_low) = (
        places[int(np.nanargmax(cells))],
        places[int(np.nanargmin(cells))],
    )
    return (
        f"{value} for {pairs.shape[1]} values of {x} and {pairs.shape[0]} of {y}: highest"
        f" {cells.max():,.4g} at {x_high} and {y_high}, lowest {cells.min():,.4g} at {x_low} and"
        f" {y_low}."
    )
