"""A figure of how much the power changes from one reading to the next."""

from tests.project.additions.addition import LISTS, Addition, Part

MODULE = '''"""How much the power changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from energykit.plots.alt import describe
from energykit.plots.frames import power_frame
from energykit.plots.theme import BLUE, axes, dress

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["ramps"]


def ramps(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the distribution of the changes of power from one reading to the next.

    Parameters
    ----------
    frame
        Readings or report; `power_consumption` or `power` [W].
    ax
        Where to draw; a new figure where it is None.

    Returns
    -------
    Axes
        The axes drawn on.

    Raises
    ------
    UsageError
        When the frame is empty or lacks a column.
    """
    change = np.abs(np.diff(power_frame(frame, "ramps")["power"].to_numpy()))
    known = change[np.isfinite(change)]
    ax = axes(ax)
    ax.hist(known, bins=50, weights=np.full(known.size, 100 / max(known.size, 1)), color=BLUE)
    dress(ax, title="Changes of power", x="jump of power [W]", y="share of readings [%]")
    return ax
'''
FIGURE = Addition(
    parts=(
        Part(
            file="energykit/plots/ramp.py",
            text=MODULE,
            is_listed=False,  # the interpreter names it
        ),
        Part(
            file="energykit/plots/ramp.py",
            after="    dress(ax, title=",
            text='    describe(ax, f"{known.size} changes of power.")',
        ),
        Part(
            file="energykit/plots/__init__.py",
            after="from energykit.plots.quality import",
            text="from energykit.plots.ramp import ramps",
        ),
        Part(
            file="energykit/plots/__init__.py",
            after='    "quality_calendar",',
            text='    "ramps",',
        ),
        Part(
            file="energykit/plots/run.py",
            replaces="    def heatmap(self",
            text="    def ramps(self, **options: Any) -> Axes:\n"
            '        """Draw the changes of power."""\n'
            "        from energykit.plots.ramp import ramps\n\n"
            "        return ramps(self._frame(_POWER), **options)\n\n    def heatmap(self",
        ),
        Part(
            file="docs/nomenclature.md",
            after="| load factor |",
            text="| jump of power | what it changes by from one reading to the next | W |",
        ),
    ),
    checks=(LISTS, "tests/plots/test_terms.py"),
    proof="""
from energykit import plots
assert plots.ramps.__name__ in plots.__all__ and plots.RunPlots.ramps
""",
)
