"""Inside the kernel: each figure is looked at whenever one is drawn to be seen.

Whatever shows a figure draws it through its canvas: the inline backend, ``savefig``, our own HTML
figure, a picture made of it. So that is where it is looked at, once for a figure and cell.
matplotlib itself is imported by the notebook, if at all: the watch waits for that.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.abc
import importlib.machinery
import sys
from typing import TYPE_CHECKING, Any

from energykit.notebooks.recording import note

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["install"]

_BASE = "matplotlib.backend_bases"
_AGG = "matplotlib.backends.backend_agg"
_DRAWING = ("print_png", "print_raw", "print_to_buffer", "buffer_rgba", "tostring_argb")
_INTERACTIVE = ("nbagg", "notebook", "ipympl", "widget", "webagg")
"""Backends whose figures are seen without being drawn here: the browser asks for them."""


def install(folder: Path, shell: Any) -> None:
    """Note every figure that is drawn.

    Parameters
    ----------
    folder
        A picture of each goes in here.
    shell
        The kernel's shell.
    """
    seen = _Seen(folder)
    watched = {_BASE: seen.watch_base, _AGG: seen.watch_agg}
    for name, watch in watched.items():
        if name in sys.modules:
            watch(sys.modules[name])
    sys.meta_path.insert(
        0, _AfterImport({k: v for k, v in watched.items() if k not in sys.modules})
    )
    shell.events.register("post_run_cell", seen.cell_ended)


class _AfterImport(importlib.abc.MetaPathFinder):
    """Calls a function with a module once it was imported."""

    def __init__(self, awaited: dict[str, Callable[[Any], None]]) -> None:
        self._awaited = awaited

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        """Return a module's spec whose loader calls the function; None for any other module."""
        call = self._awaited.pop(name, None)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target) if call else None
        if call is None or spec is None or spec.loader is None:
            return None
        loader: Any = spec.loader
        execute = loader.exec_module

        def exec_module(module: Any) -> None:
            execute(module)
            call(module)

        loader.exec_module = exec_module
        return spec


class _Seen:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drawn: set[int] = set()
        self._open: list[int] = []

    def watch_base(self, module: Any) -> None:
        """Look at what any canvas draws into a file."""
        canvas = module.FigureCanvasBase
        canvas.print_figure = self._watched(canvas.print_figure)

    def watch_agg(self, module: Any) -> None:
        """Know of pictures that a notebook takes from the canvas by itself."""
        canvas = module.FigureCanvasAgg
        for name in _DRAWING:
            if hasattr(canvas, name):
                setattr(canvas, name, self._taken(getattr(canvas, name)))

    def _taken(self, draw: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(draw)  # matplotlib asks for its parameters
        def taken(canvas: Any, *args: Any, **options: Any) -> Any:
            self._drawn.add(id(canvas.figure))
            return draw(canvas, *args, **options)

        return taken

    def _watched(self, print_figure: Callable[..., Any]) -> Callable[..., Any]:
        """Return a canvas' way to draw, that is looked at."""

        def watched(canvas: Any, filename: Any, *args: Any, **options: Any) -> Any:
            result = print_figure(canvas, filename, *args, **options)
            try:
                self._look(canvas.figure, filename)
            except Exception as exc:  # noqa: BLE001  # to look must not break the cell that shows it
                what = f"{type(exc).__name__}: {exc}"
                note({"kind": "unseen", "text": f"a figure could not be looked at: {what}"})
            return result

        return watched

    def _look(self, figure: Any, target: Any) -> None:
        from energykit.notebooks.kernel.figure_data import describe  # numpy: matplotlib has it

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
        if pyplot is None or not hasattr(pyplot, "get_fignums"):
            return
        backend = str(dict.__getitem__(sys.modules["matplotlib"].rcParams, "backend")).lower()
        is_seen = any(name in backend for name in _INTERACTIVE)
        numbers = (
            []
            if is_seen
            else [
                number
                for number, manager in sys.modules["matplotlib._pylab_helpers"].Gcf.figs.items()
                if id(manager.canvas.figure) not in self._drawn
            ]
        )
        if numbers != self._open:
            self._open = numbers
            note({"kind": "open", "figures": numbers, "backend": backend})
