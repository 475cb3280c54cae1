"""A meter's own files, in their own layout, units and clock, as readings of the contract.

`energykit.meters.parameters` lists the parameters of scenario ``import``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energykit.meters.account import Account
    from energykit.meters.importing import MeterImport
    from energykit.meters.parameters import MeterParameters, meter_parameters

__all__ = ["Account", "MeterImport", "MeterParameters", "meter_parameters"]

_HOMES = {
    "Account": "account",
    "MeterImport": "importing",
    "MeterParameters": "parameters",
    "meter_parameters": "parameters",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'energykit.meters' has no attribute {name!r}")
    value: object = getattr(import_module(f"energykit.meters.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
