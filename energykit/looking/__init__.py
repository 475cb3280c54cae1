"""Look at a meter's file before importing it: what it is, what is doubtful, what reads it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energykit.looking.inspection import look
    from energykit.looking.record import Clue, Look

__all__ = ["Clue", "Look", "look"]

_HOMES = {"Clue": "record", "Look": "record", "look": "inspection"}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'energykit.looking' has no attribute {name!r}")
    value: object = getattr(import_module(f"energykit.looking.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
