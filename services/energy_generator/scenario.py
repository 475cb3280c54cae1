"""Which parameters belong to which scenario of the generator."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

from energykit.errors import ParameterError
from energykit.meters.parameters import meter_parameters
from services.energy_generator.households import generate

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SCENARIOS", "parameters_of"]

SCENARIOS: dict[str, frozenset[str]] = {
    "original": frozenset({"rows"}),
    "import": frozenset(signature(meter_parameters).parameters),
    "households": frozenset(signature(generate).parameters) - {"batch_rows"},
}
"""Names of the parameters that each scenario takes."""


def parameters_of(scenario: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a scenario, refusing those of another.

    Parameters
    ----------
    scenario
        One of `SCENARIOS`.
    given
        Parameters by name; None where one is not given.

    Raises
    ------
    ParameterError
        The first that the scenario does not take.
    """
    known = SCENARIOS[scenario]
    present = {name: value for name, value in given.items() if value is not None}
    for name, value in present.items():
        if name not in known:
            owners = " or ".join(repr(owner) for owner, names in SCENARIOS.items() if name in names)
            taken = ", ".join(sorted(known))
            valid = f"{name} belongs to scenario {owners}; scenario {scenario!r} takes {taken}"
            raise ParameterError.refuse(name, value, valid)
    return present
