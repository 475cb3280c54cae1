"""Detectors: what can be wrong with a reading, each explainable in a sentence.

A detector is a function ``(readings, *, parameters) -> judge``: it may look at all readings once, lazily, to learn what
is usual, and returns a judge that says for a batch which of its readings are flagged. `DETECTORS` is the registry; a
new detector is a function in a file of its subject and a line here.
"""

from __future__ import annotations

from services.energy_analyzer.detectors.choice import Choice, DetectorError, chosen
from services.energy_analyzer.detectors.detector import UNDEFINED, Detector, Judge
from services.energy_analyzer.detectors.power_factor import efficiency_below, power_factor_range

__all__ = ["DETECTORS", "UNDEFINED", "Choice", "Detector", "DetectorError", "Judge", "choices"]

DETECTORS: dict[str, Detector] = {
    "efficiency_below": efficiency_below,
    "power_factor_range": power_factor_range,
}
"""Every detector, by the name that a request gives it."""


def choices(named: list[object]) -> list[Choice]:
    """Return the detectors that a request names, with their parameters.

    Parameters
    ----------
    named
        Names, or objects with ``name`` and parameters.

    Raises
    ------
    DetectorError
        A name or a parameter is unknown, or a value is not possible.
    """
    return chosen(named, DETECTORS)
