"""Notebooks as regression tests: run headless, each cell with a verdict that can be trusted.

The way of a notebook, room by room: `source` finds and reads it and lays out its folder,
`process` gives it a process, `kernel` starts and watches its kernel, `engine` executes it,
`verdict` says what became of it, `report` and `pytest` show that. `rules` check notebooks as they
are stored.

Of the kit only `energykit.errors`, `energykit.html` and `energykit.private_folder` are used here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energykit.notebooks.options import Options
    from energykit.notebooks.runner import run
    from energykit.notebooks.verdict.record import CellVerdict, NotebookVerdict, Report, Status

__all__ = ["CellVerdict", "NotebookVerdict", "Options", "Report", "Status", "run"]


def __getattr__(name: str) -> object:
    """Import a public name on first use: a kernel that records a value needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = {"Options": "options", "run": "runner"}.get(name, "verdict.record")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
