"""Which detectors a request names, with which parameters."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from energykit.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from services.energy_analyzer.detectors.detector import DetectionRule, Detector

__all__ = ["Choice", "Named", "chosen"]

Named = list[Any] | dict[str, Any]
"""What a request names: a list of names and of objects with ``name`` and parameters, or parameters
by name.
"""


@dataclass(frozen=True)
class Choice:
    """A detector with the parameters it was given."""

    name: str
    """Its name in the registry; the reason of the readings it flags."""
    detector: Detector
    """The detector."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Those that were given."""

    def rule(self) -> DetectionRule:
        """Return a rule that has seen nothing yet."""
        return self.detector(**self.parameters)


def chosen(named: Named, registry: Mapping[str, Detector]) -> list[Choice]:
    """Return the detectors that a request names.

    Raises
    ------
    ParameterError
        A name or a parameter is unknown, a value is not possible, or a detector is named twice.
    """
    found: list[Choice] = []
    for where, name, parameters in _read(named):
        if any(name == one.name for one in found):
            raise ParameterError.refuse(where, name, "each detector once")
        found.append(_choice(where, name, parameters, registry))
    return found


def _read(named: Named) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield where each stands, its name and its parameters."""
    if isinstance(named, dict):
        for name, parameters in named.items():
            if not isinstance(parameters, dict):
                raise ParameterError.refuse(
                    f"detectors.{name}",
                    parameters,
                    "an object of its parameters, {} for the defaults",
                )
            yield f"detectors.{name}", name, parameters
        return
    for at, one in enumerate(named):
        where, given = f"detectors[{at}]", {"name": one} if isinstance(one, str) else one
        if not isinstance(given, dict) or not isinstance(given.get("name"), str):
            valid = 'a name, or an object such as {"name": "efficiency_below", "threshold": 0.1}'
            raise ParameterError.refuse(where, one, valid)
        yield where, given["name"], {key: value for key, value in given.items() if key != "name"}


def _choice(
    where: str, name: str, parameters: dict[str, Any], registry: Mapping[str, Detector]
) -> Choice:
    if name not in registry:
        raise ParameterError.refuse(where, name, ", ".join(sorted(registry)))
    detector = registry[name]
    known = _parameters_of(detector)
    for key, value in parameters.items():
        if key not in known:
            raise ParameterError.refuse(f"{where}.{key}", value, ", ".join(known) or "no parameter")
        _check(f"{where}.{key}", value, known[key])
    choice = Choice(name, detector, parameters)
    try:
        choice.rule()
    except ParameterError as exc:
        raise ParameterError.refuse(f"{where}.{exc.parameter}", exc.value, exc.valid) from exc
    return choice


def _parameters_of(detector: Detector) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(detector).parameters.values()
    return {one.name: one for one in parameters if one.kind is one.KEYWORD_ONLY}


def _check(where: str, value: object, parameter: inspect.Parameter) -> None:
    """Check a value against a parameter's annotation; the detector itself checks the range."""
    kind = str(parameter.annotation)
    if (value is None and kind.endswith("None")) or (
        isinstance(value, str) and kind.startswith("str")
    ):
        return
    if kind.startswith("str"):
        raise ParameterError.refuse(where, value, "a text")
    wants_whole = kind.startswith("int")
    is_number = (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    )
    if not is_number or (wants_whole and isinstance(value, float) and not value.is_integer()):
        raise ParameterError.refuse(
            where, value, "a whole number" if wants_whole else "a finite number"
        )
