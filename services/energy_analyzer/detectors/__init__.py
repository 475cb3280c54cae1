"""Detectors: what can be wrong with a reading, each explainable in a sentence.

A detector is a function of parameters that returns a `DetectionRule`: `flag` says for every batch
which of its readings are flagged, and `fit`, where there is one, sees every batch in a pass before
that (one pass for all detectors). What a detector must remember between batches it keeps by
household, so that neither the size of batches nor the order of households changes a result.
`DETECTORS` is the registry; a new detector is a function in a file of its subject and a line here.
"""

from __future__ import annotations

from services.energy_analyzer.detectors.baseline import robust_z
from services.energy_analyzer.detectors.choice import Choice, Named, chosen
from services.energy_analyzer.detectors.clock import clock_drift, duplicate, gap, unsorted
from services.energy_analyzer.detectors.detector import UNDEFINED, DetectionRule, Detector
from services.energy_analyzer.detectors.local import hampel
from services.energy_analyzer.detectors.power import (
    power_high,
    rate_of_change,
    reverse_flow,
    voltage_band,
)
from services.energy_analyzer.detectors.power_factor import efficiency_below, power_factor_range
from services.energy_analyzer.detectors.repetition import day_copy, stuck

__all__ = [
    "DETECTORS",
    "UNDEFINED",
    "Choice",
    "DetectionRule",
    "Detector",
    "Named",
    "choices",
    "detection_rules",
    "explanations",
]

DETECTORS: dict[str, Detector] = {
    "unsorted": unsorted,
    "duplicate": duplicate,
    "clock_drift": clock_drift,
    "gap": gap,
    "stuck": stuck,
    "day_copy": day_copy,
    "voltage_band": voltage_band,
    "power_factor_range": power_factor_range,
    "efficiency_below": efficiency_below,
    "rate_of_change": rate_of_change,
    "hampel": hampel,
    "robust_z": robust_z,
    "power_high": power_high,
    "reverse_flow": reverse_flow,
}
"""Every detector by its name; where a reading has several reasons, the first one here is the worst.
"""


def choices(named: Named) -> list[Choice]:
    """Return the detectors that a request names, with their parameters.

    Parameters
    ----------
    named
        A list of names and of objects with ``name`` and parameters, or an object with parameters by
        name.

    Raises
    ------
    ParameterError
        A name or a parameter is unknown, or a value is not possible.
    """
    return chosen(named, DETECTORS)


def detection_rules(named: Named) -> dict[str, DetectionRule]:
    """Return a new rule for each reason that a request asks for, the worst reason first.

    Where a detector goes by the order of readings, `unsorted` flags those out of order, named
    or not.

    Parameters
    ----------
    named
        See `choices`.

    Raises
    ------
    ParameterError
        See `choices`.
    """
    made = {one.name: one.rule() for one in choices(named)}
    if any(rule.is_ordered for rule in made.values()):
        made.setdefault(unsorted.__name__, unsorted())
    return {name: made[name] for name in DETECTORS if name in made}


def explanations() -> dict[str, str]:
    """Return the sentence that explains each reason to users: what it flags."""
    sentences = {name: (one.__doc__ or "").splitlines()[0] for name, one in DETECTORS.items()}
    return {
        UNDEFINED: "Flag a reading without a power factor: voltage or current is 0.",
        **sentences,
    }
