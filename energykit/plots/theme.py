"""How the figures look: colours, markers, line styles, and ink readable in light and dark.

A figure is dark on white, wherever it is shown: no ink has a contrast of 4.5 to 1 (WCAG 2.2, AA) on
white and on a dark page (JupyterLab's is #111111) at once, the best grey has 4.3, so a figure
brings its own background. Data is drawn in four Okabe-Ito hues, darkened until they too reach 4.5
to 1 on white (on the page of ``"dark"`` 3 to 1, what graphics need), and differs by marker, line
style or hatch as well. Text is in the theme's ink, or in black or white on coloured cells. For
print, ``with plots.style("light"):`` draws black on white.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from energykit.errors import MissingPackageError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = [
    "THEMES",
    "Theme",
    "axes",
    "background",
    "dress",
    "ink",
    "ink_on",
    "legend",
    "note",
    "package",
    "plain",
    "style",
]

BLUE = "#0072B2"
VERMILLION = "#C24A00"
GREEN = "#007F5C"
PURPLE = "#AD5088"

LINES = (
    (BLUE, "-"),
    (VERMILLION, "--"),
    (GREEN, "-."),
    (PURPLE, ":"),
    (BLUE, (0, (6, 2, 1, 2, 1, 2))),
    (VERMILLION, (0, (1, 3))),
)
"""Colour and line style of each household in a figure, in this order."""
MARKERS = (
    (VERMILLION, "^"),
    (PURPLE, "s"),
    (GREEN, "D"),
    (VERMILLION, "X"),
    (PURPLE, "v"),
    (GREEN, "P"),
)
"""Colour and marker of each kind of anomaly in a figure, in this order."""

TEXT_POINTS = 11
_DIM = 0.04045
"""Up to this value sRGB is linear."""
_AS_FAR_FROM_BLACK_AS_FROM_WHITE = (1.05 * 0.05) ** 0.5 - 0.05
"""Luminance on which black and white text have the same contrast."""
_LEGEND_CHARACTERS = 90
_KEY_CHARACTERS = 6
"""What the line or marker in front of a label takes."""
_LEGEND_INCHES = 0.56
"""From the axes down to the legend: room for tick labels and the axis label."""


@dataclass(frozen=True)
class Theme:
    """Colours of everything that is not data."""

    ink: str
    """Text, ticks and axes."""
    background: str
    """Behind the figure; ``"none"`` lets the page show through."""


THEMES = {
    "both": Theme(ink="#4d4d4d", background="#FFFFFF"),
    "light": Theme(ink="#1A1A1A", background="#FFFFFF"),
    "dark": Theme(ink="#E6E6E6", background="#111111"),
}
"""Themes by name; ``"both"`` is used when nothing else is said."""

_theme: ContextVar[Theme] = ContextVar("theme", default=THEMES["both"])


@contextmanager
def style(theme: str = "both") -> Iterator[Theme]:
    """Draw the figures made inside this context in a theme.

    Parameters
    ----------
    theme
        ``"both"``: dark grey on white, readable on light and dark pages. ``"light"``: black on
        white, for print. ``"dark"``: light on #111111.

    Raises
    ------
    UsageError
        When there is no such theme.

    Examples
    --------
    >>> with style("light") as theme:
    ...     theme.background
    '#FFFFFF'
    """
    if theme not in THEMES:
        raise UsageError(
            f"unknown theme {theme!r}", where="plots.style", hint=nearest(theme, THEMES)
        )
    token = _theme.set(THEMES[theme])
    try:
        yield THEMES[theme]
    finally:
        _theme.reset(token)


def package(name: str) -> Any:
    """Import a package of the extra ``notebooks``, or say how to install it."""
    try:
        return import_module(name)
    except ImportError:
        raise MissingPackageError(
            name.partition(".")[0], extra="notebooks", needed_for="energykit.plots"
        ) from None


def axes(ax: Axes | None, *, size: tuple[float, float] = (9.0, 4.2)) -> Axes:
    """Return the axes to draw on: those given, or new ones in a figure that pyplot shows."""
    if ax is not None:
        return ax
    figure, new = package("matplotlib.pyplot").subplots(figsize=size, layout="constrained")
    figure.set_facecolor(background())
    drawn_on: Axes = new
    return drawn_on


def ink() -> str:
    """Return the colour of text and axes in the theme that holds here."""
    return _theme.get().ink


def background() -> str:
    """Return the colour behind a figure in the theme that holds here."""
    return _theme.get().background


def ink_on(colour: tuple[float, ...]) -> str:
    """Return black or white, whichever has more contrast on a colour: at least 4.5 to 1.

    Parameters
    ----------
    colour
        Red, green, blue, each from 0 to 1 (sRGB); what follows is left out.
    """
    linear = [
        part / 12.92 if part <= _DIM else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]
    ]  # WCAG 2.2, relative luminance
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if luminance > _AS_FAR_FROM_BLACK_AS_FROM_WHITE else "white"


def plain(name: str) -> str:
    """Return a name so that matplotlib shows it as it is: not as a formula, nor left out."""
    text = name.replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def note(ax: Axes, x: float, y: float, text: str, **options: Any) -> None:
    """Write a text in the theme's ink; options as matplotlib's ``Axes.text`` takes them."""
    ax.text(x, y, text, color=ink(), fontsize=TEXT_POINTS, **options)


def dress(ax: Axes, *, title: str, x: str, y: str, grid: str = "both") -> None:
    """Give axes their title, labels with units, and the theme's ink.

    Parameters
    ----------
    ax
        Axes with the data drawn.
    title
        Title, at the left.
    x, y
        Labels, with units.
    grid
        Axis that grid lines are drawn for: ``"both"``, ``"x"``, ``"y"`` or ``""``.
    """
    colour = ink()
    ax.set_title(title, loc="left", color=colour, fontweight="bold", fontsize=13, pad=10)
    ax.set_xlabel(x, color=colour, fontsize=TEXT_POINTS)
    ax.set_ylabel(y, color=colour, fontsize=TEXT_POINTS)
    ax.set_facecolor("none")
    ax.tick_params(colors=colour, which="both", labelsize=TEXT_POINTS)
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_offset_text().set_color(colour)
        axis.get_offset_text().set_fontsize(TEXT_POINTS)
    for side, spine in ax.spines.items():
        spine.set_color(colour)
        spine.set_visible(side in {"left", "bottom"})
    if grid:
        ax.grid(axis=grid, color=colour, alpha=0.25, linewidth=0.6)  # type: ignore[arg-type]
        ax.set_axisbelow(True)


def legend(ax: Axes, handles: Sequence[Artist] | None = None) -> None:
    """Put a legend under the axes, where it hides no data.

    Parameters
    ----------
    ax
        Axes with the data drawn and dressed.
    handles
        What to explain; None: everything on the axes that has a label.
    """
    shown = ax.get_legend_handles_labels()[0] if handles is None else handles
    if not shown:
        return
    figure: Any = ax.get_figure(root=True)
    below = package("matplotlib.transforms").ScaledTranslation(
        0, -_LEGEND_INCHES, figure.dpi_scale_trans
    )
    ax.legend(
        handles=shown,
        ncols=_columns([len(str(handle.get_label())) for handle in shown]),
        loc="upper left",
        bbox_to_anchor=(0.0, 0.0),
        bbox_transform=ax.transAxes + below,
        borderaxespad=0.0,
        frameon=False,
        labelcolor=ink(),
        fontsize=TEXT_POINTS,
    )


def _columns(lengths: Sequence[int]) -> int:
    """Return how many columns of labels fit below the axes, each as wide as its longest one."""
    for columns in range(min(4, len(lengths)), 1, -1):
        rows, longer = divmod(len(lengths), columns)
        ends = [rows * number + min(number, longer) for number in range(columns + 1)]
        widths = [max(lengths[start:end]) + _KEY_CHARACTERS for start, end in pairwise(ends)]
        if sum(widths) <= _LEGEND_CHARACTERS:
            return columns
    return 1
