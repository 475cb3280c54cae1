"""The unit of a table's values: stated, or in the columns' names, which must not contradict it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.errors import ParameterError
from energykit.meters.quantity import UNITS, Quantity, Unit, may_mean, unit_in

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_quantity", "named_unit", "units_in"]

_WHERE = "parameters.units.power_consumption"


def named_unit(
    names: Sequence[str], stated: Unit | None, quantity: Quantity | None
) -> tuple[Unit, bool]:
    """Return the unit of values, and whether parameters or names say it: else it is W.

    Parameters
    ----------
    names
        The names of the values' columns.
    stated
        What the parameters say.
    quantity
        What the values are, as far as the parameters say it.

    Raises
    ------
    ParameterError
        Names contradict each other or what is stated, or the unit does not measure the quantity.
    """
    units = units_in(names)
    if stated is None and len(units) > 1:
        raise ParameterError(
            f"the columns' names say {' and '.join(units)}",
            where=_WHERE,
            hint="state one unit for all of them, or name columns of one unit",
        )
    if stated is not None and quantity is None:
        _refuse_contradiction(names, stated)
    unit = stated or next(iter(units.values()), None)
    known = unit or UNITS["power_consumption"]["W"]
    if quantity is not None:
        check_quantity(quantity, known)
    return known, unit is not None


def units_in(names: Sequence[str]) -> dict[str, Unit]:
    """Return the units that columns' names say, by the unit's name."""
    units = (unit_in("power_consumption", name) for name in names)
    return {unit.name: unit for unit in units if unit is not None}


def check_quantity(quantity: Quantity, unit: Unit) -> None:
    """Refuse a quantity that a unit does not measure.

    Raises
    ------
    ParameterError
        The units that measure it are named.
    """
    if (quantity is not Quantity.POWER) != unit.is_energy:
        raise ParameterError(
            f"{quantity.value} is not measured in {unit.name}",
            where=_WHERE,
            hint="power: W, kW, MW; energy and counter: Wh, kWh, MWh, MJ",
        )


def _refuse_contradiction(names: Sequence[str], stated: Unit) -> None:
    """Refuse a unit that a column's name contradicts: kW for kWh is wrong by the interval."""
    for name in names:
        unit = unit_in("power_consumption", name)
        if unit is not None and unit != stated and not may_mean(name, stated):
            raise ParameterError(
                f"the column {name!r} says {unit.name}, units say {stated.name}",
                where=_WHERE,
                hint=f'units {{"power_consumption": "{unit.name}"}}; if the name is wrong, '
                f"say quantity {'energy' if stated.is_energy else 'power'!r} as well",
            )
