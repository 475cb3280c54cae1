"""Inside the kernel: what a figure shows, as data."""

from __future__ import annotations

from typing import Any

import numpy as np

from energykit.notebooks.recording import plain

__all__ = ["describe"]

_SHOWN = 8
"""How many values of a series are kept to be read; sums stand for all of them."""
_MOST_TEXTS = 40


def describe(figure: Any) -> list[dict[str, Any]]:
    """Return what a figure's axes show: texts, and numbers of each line, bar, mesh, set of points.

    Parameters
    ----------
    figure
        A `matplotlib.figure.Figure`.
    """
    return [_axes(ax) for ax in figure.axes]


def _axes(ax: Any) -> dict[str, Any]:
    titles = [ax.get_title(loc=where) for where in ("left", "center", "right")]
    legend = ax.get_legend()
    found = {
        "title": " ".join(title for title in titles if title),
        "x": ax.get_xlabel(),
        "y": ax.get_ylabel(),
        "lines": [_line(line) for line in ax.get_lines()],
        "bars": _numbers([_extent(patch) for patch in ax.patches]),
        "collections": [_collection(one) for one in ax.collections],
        "images": [_numbers(one.get_array()) for one in ax.images],
        "texts": [text.get_text() for text in ax.texts[:_MOST_TEXTS]],
        "legend": [text.get_text() for text in legend.get_texts()] if legend else [],
    }
    return {name: value for name, value in found.items() if value not in ("", [], None)}


def _line(line: Any) -> dict[str, Any]:
    x, y = (_numbers(values) for values in line.get_data(orig=False))
    label = str(line.get_label())
    return ({} if label.startswith("_") else {"label": label}) | {"x": x, "y": y}


def _extent(patch: Any) -> list[float]:
    box = patch.get_path().transformed(patch.get_patch_transform()).get_extents()
    return [float(box.x0), float(box.y0), float(box.width), float(box.height)]


def _collection(one: Any) -> dict[str, Any]:
    offsets, values = _numbers(one.get_offsets()), _numbers(one.get_array())
    return {name: value for name, value in {"at": offsets, "values": values}.items() if value}


def _numbers(values: Any) -> dict[str, Any] | None:
    """Return how many numbers there are, some of them, and their sums; None for none."""
    if values is None or np.size(values) == 0:
        return None
    flat: np.ndarray[Any, np.dtype[np.float64]] = np.ma.filled(
        np.ma.asarray(values, dtype=float), np.nan
    ).ravel()
    finite = flat[np.isfinite(flat)]
    places = np.unique(np.linspace(0, flat.size - 1, _SHOWN).astype(int))
    sums = {"sum": float(finite.sum()), "sum of squares": float(np.square(finite).sum())}
    return {"count": int(flat.size), "some": plain(flat[places])} | sums
