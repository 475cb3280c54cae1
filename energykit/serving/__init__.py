"""A Python function becomes a conforming gRPC service.

:func:`stage` turns a function into a stage, :func:`serve` serves it, :func:`main` is what a
service's ``__main__`` calls. Names are imported when they are first used: a health probe of a
container loads no data frames.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energykit.serving.context import StageContext
    from energykit.serving.definition import Stage, stage
    from energykit.serving.output import Adjustment, Output
    from energykit.serving.paths import DataRoot
    from energykit.serving.process import main
    from energykit.serving.server import Server, serve

__all__ = [
    "Adjustment",
    "DataRoot",
    "Output",
    "Server",
    "Stage",
    "StageContext",
    "main",
    "serve",
    "stage",
]

_HOMES = {
    "Adjustment": "output",
    "DataRoot": "paths",
    "Output": "output",
    "Server": "server",
    "Stage": "definition",
    "StageContext": "context",
    "main": "process",
    "serve": "server",
    "stage": "definition",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'energykit.serving' has no attribute {name!r}")
    value: object = getattr(import_module(f"energykit.serving.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
