"""Inside the kernel: what each figure shows, as data, whenever one is drawn to be seen.

Whatever shows a figure draws it through its canvas: the inline backend, ``savefig``, our own HTML
figure. So that is where it is looked at, once for a figure and cell.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.notebooks.recording import note, plain

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["describe", "install"]

_SHOWN = 8
"""How many values of a series are kept to be read; sums stand for all of them."""
_MOST_TEXTS = 40


def install(folder: str) -> None:
    """Note every figure that is drawn; nothing where matplotlib is not installed.

    Parameters
    ----------
    folder
        A picture of each goes in here.
    """
    try:
        from matplotlib.backend_bases import FigureCanvasBase  # optional
    except ImportError:
        return
    from IPython import get_ipython  # only in a kernel

    shell: Any = get_ipython()
    seen = _Seen(Path(folder))
    canvas: Any = FigureCanvasBase
    canvas.print_figure = seen.watched(canvas.print_figure)
    shell.events.register("post_run_cell", seen.cell_ended)


class _Seen:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drawn: set[int] = set()
        self._open: list[int] = []

    def watched(self, print_figure: Callable[..., Any]) -> Callable[..., Any]:
        """Return a canvas' way to draw, that is looked at."""

        def watched(canvas: Any, filename: Any, *args: Any, **options: Any) -> Any:
            result = print_figure(canvas, filename, *args, **options)
            try:
                self._look(canvas.figure, filename)
            except Exception as exc:  # noqa: BLE001  # to look at a figure must not break the cell that shows it
                note(
                    {
                        "kind": "unseen",
                        "text": f"a figure could not be looked at: {type(exc).__name__}: {exc}",
                    }
                )
            return result

        return watched

    def _look(self, figure: Any, target: Any) -> None:
        self._drawn.add(id(figure))
        data = target.getvalue() if hasattr(target, "getvalue") else b""
        image = ""
        if isinstance(data, bytes) and data.startswith(b"\x89PNG"):
            self._folder.mkdir(exist_ok=True)
            image = f"{hashlib.sha256(data).hexdigest()[:16]}.png"
            (self._folder / image).write_bytes(data)
        note({"kind": "figure", "figure": id(figure), "image": image, "axes": describe(figure)})

    def cell_ended(self, _result: Any) -> None:
        """Note which figures of pyplot are still open and were never drawn."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None:
            return
        numbers = [one for one in pyplot.get_fignums() if id(pyplot.figure(one)) not in self._drawn]
        if numbers != self._open:
            self._open = numbers
            note({"kind": "open", "figures": numbers, "backend": pyplot.get_backend()})


def describe(figure: Any) -> list[dict[str, Any]]:
    """Return what a figure's axes show: texts, and numbers of every line, bar, mesh and set of points.

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
