"""Figures for those who do not see them: a sentence from the data, and the HTML that carries it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

import numpy as np

from energykit.errors import UsageError
from energykit.html import Html, figure
from energykit.plots.theme import package

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["alt_text", "count", "describe", "figure_html"]

_SENTENCES: WeakKeyDictionary[Axes, str] = WeakKeyDictionary()
_DOTS_PER_INCH = 110


def describe(ax: Axes, sentence: str) -> None:
    """Keep the sentence that says what axes show; `alt_text` returns it.

    Parameters
    ----------
    ax
        Axes with the data drawn.
    sentence
        What they show, with numbers and units.
    """
    _SENTENCES[ax] = sentence


def alt_text(ax: Axes) -> str:
    """Return a sentence that says what axes show.

    Parameters
    ----------
    ax
        Axes drawn by a function of `energykit.plots`, or any other: then title, labels and ranges
        are named.

    Returns
    -------
    str
        A sentence with numbers and units.
    """
    return _SENTENCES.get(ax) or _plain_sentence(ax)


def _plain_sentence(ax: Axes) -> str:
    """Describe axes by title, labels and ranges."""
    title = ax.get_title(loc="left") or ax.get_title() or "Figure"
    lines = [f"{title}: {ax.get_ylabel() or 'y'} against {ax.get_xlabel() or 'x'}"]
    for line in ax.get_lines():
        values = np.asarray(line.get_ydata(), dtype=float)
        values = values[np.isfinite(values)]
        if values.size:
            label = str(line.get_label())
            name = "a line" if label.startswith("_") else label
            lines.append(
                f"{name} of {values.size} points from {values.min():.6g} to {values.max():.6g}"
            )
    bars = [patch for container in ax.containers for patch in container.get_children()]
    return f"{', '.join([*lines, *([f'{len(bars)} bars'] if bars else [])])}."


def count(number: int, word: str) -> str:
    """Return a number with its word: ``"1 event"``, ``"1,204 events"``."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def figure_html(
    drawing: Axes | Figure, *, alt: str = "", caption: str = "", kind: Literal["png", "svg"] = "png"
) -> Html:
    """Return a figure as an HTML element with its image and a text for those who do not see it.

    The figure is taken from pyplot, so that a notebook does not show it a second time.

    Parameters
    ----------
    drawing
        Axes, or a figure with some.
    alt
        What it shows; `alt_text` of its axes when it is empty.
    caption
        A line under the figure: the finding.
    kind
        ``"png"``, or ``"svg"`` for a drawing that scales.

    Raises
    ------
    UsageError
        When the kind is unknown or the figure has no axes.
    """
    if kind not in ("png", "svg"):
        raise UsageError(
            f"unknown kind {kind!r}", where="plots.figure_html", hint="valid: 'png', 'svg'"
        )
    canvas = _figure_of(drawing)
    own = [ax for ax in canvas.axes if ax in _SENTENCES]
    shown = own or [ax for ax in canvas.axes if ax.get_label() != "<colorbar>"]
    if not shown:
        raise UsageError(
            "the figure has no axes", where="plots.figure_html", hint="draw something on it first"
        )
    image = _image(canvas, kind)
    package("matplotlib.pyplot").close(canvas)
    return figure(image, alt=alt or " ".join(map(alt_text, shown)), caption=caption)


def _figure_of(drawing: Axes | Figure) -> Figure:
    """Return the outermost figure of axes, or the figure itself."""
    root = drawing.get_figure(root=True)
    if root is None:
        raise UsageError(
            "the axes belong to no figure",
            where="plots.figure_html",
            hint="draw on axes of a figure",
        )
    return root


def _image(canvas: Figure, kind: str) -> bytes | Html:
    """Return a figure as PNG bytes, or as an SVG element with text kept as text."""
    target = BytesIO()
    options: dict[str, Any] = {"format": kind, "facecolor": canvas.get_facecolor()}
    if canvas.get_layout_engine() is None:  # laid out, it fits; fitting it again draws it twice
        options["bbox_inches"] = "tight"
    if kind == "png":
        canvas.savefig(target, dpi=_DOTS_PER_INCH, **options)
        return target.getvalue()
    with package("matplotlib").rc_context({"svg.fonttype": "none"}):
        canvas.savefig(target, dpi=2 * _DOTS_PER_INCH, **options)
    text = target.getvalue().decode("utf-8")
    return Html(text[text.index("<svg") :])
