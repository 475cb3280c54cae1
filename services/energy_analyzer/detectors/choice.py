"""Which detectors a request names, with which parameters."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services.energy_analyzer.detectors.detector import ImpossibleError
from services.refusal import RefusedParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.energy_analyzer.detectors.detector import Detector, Watch

__all__ = ["Choice", "DetectorError", "chosen"]


class DetectorError(RefusedParameterError):
    """A request names a detector or a parameter that does not exist, or a value that is not possible."""


@dataclass(frozen=True)
class Choice:
    """A detector with the parameters it was given."""

    name: str
    """Its name in the registry; the reason of the readings it flags."""
    detector: Detector
    """The detector."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Those that were given."""

    def watch(self) -> Watch:
        """Return a watch that has seen nothing yet."""
        return self.detector(**self.parameters)


def chosen(named: list[object], registry: Mapping[str, Detector]) -> list[Choice]:
    """Return the detectors that a request names.

    Raises
    ------
    DetectorError
        A name or a parameter is unknown, a value is not possible, or a detector is named twice.
    """
    found = [_choice(f"detectors[{at}]", one, registry) for at, one in enumerate(named)]
    names = [one.name for one in found]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise DetectorError(f"detectors[{at}]", name, "each detector once")
    return found


def _choice(where: str, named: object, registry: Mapping[str, Detector]) -> Choice:
    given = {"name": named} if isinstance(named, str) else named
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise DetectorError(where, named, 'a name, or an object such as {"name": "efficiency_below", "threshold": 0.1}')
    name = given["name"]
    if name not in registry:
        raise DetectorError(where, name, ", ".join(sorted(registry)))
    detector = registry[name]
    known = _parameters_of(detector)
    parameters = {key: value for key, value in given.items() if key != "name"}
    for key, value in parameters.items():
        if key not in known:
            raise DetectorError(f"{where}.{key}", value, ", ".join(known) or "no parameter")
        _check(f"{where}.{key}", value, known[key])
    choice = Choice(name, detector, parameters)
    try:
        choice.watch()
    except ImpossibleError as exc:
        raise DetectorError(f"{where}.{exc.parameter}", exc.value, exc.valid) from exc
    return choice


def _parameters_of(detector: Detector) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(detector).parameters.values()
    return {one.name: one for one in parameters if one.kind is one.KEYWORD_ONLY}


def _check(where: str, value: object, parameter: inspect.Parameter) -> None:
    """Check a value against a parameter's annotation; the detector itself checks the range."""
    kind = str(parameter.annotation)
    if (value is None and kind.endswith("None")) or (isinstance(value, str) and kind.startswith("str")):
        return
    if kind.startswith("str"):
        raise DetectorError(where, value, "a text")
    wants_whole = kind.startswith("int")
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or (wants_whole and isinstance(value, float) and not value.is_integer()):
        raise DetectorError(where, value, "a whole number" if wants_whole else "a finite number")
