"""The rules of the data, each in one place: moments, how long a reading stands, energy, batches.

Everything that counts kilowatt-hours asks here, so that no two parts of the kit give two answers
for the same readings. Names are imported when they are first used: the package loads no data
frames by itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energykit.readings.batch import batches
    from energykit.readings.clock import contract_time, moment, moment_in, time_of_day
    from energykit.readings.energy import energy_kwh
    from energykit.readings.interval import GAP_STEPS, Intervals, intervals, usual_step
    from energykit.readings.limit import FLOAT32_MAX
    from energykit.readings.piece import Pieces, cut
    from energykit.readings.timeline import Timeline

__all__ = [
    "FLOAT32_MAX",
    "GAP_STEPS",
    "Intervals",
    "Pieces",
    "Timeline",
    "batches",
    "contract_time",
    "cut",
    "energy_kwh",
    "intervals",
    "moment",
    "moment_in",
    "time_of_day",
    "usual_step",
]

_HOMES = {
    "FLOAT32_MAX": "limit",
    "GAP_STEPS": "interval",
    "Intervals": "interval",
    "Pieces": "piece",
    "Timeline": "timeline",
    "batches": "batch",
    "contract_time": "clock",
    "cut": "piece",
    "energy_kwh": "energy",
    "intervals": "interval",
    "moment": "clock",
    "moment_in": "clock",
    "time_of_day": "clock",
    "usual_step": "interval",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'energykit.readings' has no attribute {name!r}")
    value: object = getattr(import_module(f"energykit.readings.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
