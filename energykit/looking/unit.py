"""The unit of the values of a sample, by whatever in the file states it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energykit.artifacts.columns import recognise
from energykit.errors import ArtifactError
from energykit.meters.doubtful_unit import foreign_unit, likelier_unit
from energykit.meters.quantity import UNITS, doubt_of_unit, unit_in, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from energykit.looking.grid import Grid
    from energykit.looking.role import Roles
    from energykit.meters.quantity import Unit

__all__ = ["FoundUnit", "find_unit"]

_CELL_UNIT = re.compile(r"\d\s*([kmMG]?Wh?|[kMG]J)$", re.IGNORECASE)
_UNIT_FACTORS = {"W": 1.0, "kW": 1e3, "MW": 1e6}
"""Watts of each unit."""
_LEAST_SHARE, _MOST_SHARE = 0.4, 1.4
"""Power over voltage times current of a household, the middle of many readings [1]."""


@dataclass(frozen=True, kw_only=True)
class FoundUnit:
    """A unit of power or energy, and what is known about it."""

    name: str = ""
    """As parameters write it; empty: nothing states one."""
    why: str = ""
    """What states it."""
    doubt: str = ""
    """What is in doubt, as a sentence; empty: nothing."""


def find_unit(grid: Grid, roles: Roles) -> FoundUnit:
    """Return the unit that one kind of evidence states alone, the surest kind first.

    Parameters
    ----------
    grid
        The sample.
    roles
        What its columns hold.
    """
    places = [*roles.drawn, *roles.fed_in]
    if roles.layout != "long":  # a column of totals states the unit, too
        places = list(range(len(grid.names)))
    for why, units in _evidence(grid, roles, places).items():
        if len(units) == 1:
            name, doubt = _likelier(grid, places, units.pop())
            return FoundUnit(name=name, why=why, doubt=doubt)
    return FoundUnit(doubt=_why_unknown(grid, roles, places))


def _evidence(grid: Grid, roles: Roles, places: list[int]) -> dict[str, set[str]]:
    """Return the units that each kind of evidence states."""
    return {
        "the column's name": _units_of_texts(grid.names[place] for place in places),
        "a row of units": {unit.name for place in places if (unit := _unit_below(grid, place))},
        "a column of units": {roles.unit} - {""},
        "the registers' texts": _units_of_texts(roles.registers),
        "the cells": _units_in_cells(grid, places),
        "its size beside voltage times current": _units_by_size(grid, roles),
        "the columns are those of this kit": _units_of_readings(grid),
    }


def _why_unknown(grid: Grid, roles: Roles, places: list[int]) -> str:
    """Say what an owner has to write where nothing states a unit."""
    labels = [*map(grid.label, roles.drawn), *roles.other_units]
    foreign = next(filter(None, map(foreign_unit, labels)), None)
    if foreign is not None:
        return (
            f"the values are in {foreign[0]}: {foreign[1]}; if that is wrong, units"
            " {'power_consumption': 'kWh'}"
        )
    if not places:
        return "no column of numbers is power or energy, by its name and its texts"
    return (
        "no name states the unit: taken for W; only the owner knows it"
        " (units {'power_consumption': 'kWh'} where it is energy of each interval)"
    )


def _likelier(grid: Grid, places: Sequence[int], name: str) -> tuple[str, str]:
    """Return the unit that a column's name means, and what is in doubt about its writing."""
    place = next((place for place in places if doubt_of_unit(grid.names[place])), None)
    if place is None:
        return name, ""
    unit = UNITS["power_consumption"][name]
    likelier, doubt = likelier_unit(grid.names[place], unit, grid.numbers(place))
    return likelier.name, doubt


def _units_of_texts(texts: Iterable[str]) -> set[str]:
    """Return the units that texts state."""
    units = (unit_in("power_consumption", text) for text in texts)
    return {unit.name for unit in units if unit is not None}


def _unit_below(grid: Grid, place: int) -> Unit | None:
    """Return the unit that a row below the header states of a column."""
    return unit_of("power_consumption", grid.units[place]) if grid.units else None


def _units_by_size(grid: Grid, roles: Roles) -> set[str]:
    """Return the unit in which power is a share of voltage times current that a load can have."""
    if roles.voltage is None or roles.current is None or len(roles.drawn) != 1:
        return set()
    power = grid.numbers(roles.drawn[0])
    shares = power / (
        grid.numbers(roles.voltage, "voltage") * grid.numbers(roles.current, "current")
    )
    shares = shares.filter(shares.is_finite() & (shares > 0)).sort()
    if shares.is_empty():
        return set()
    middle = shares[len(shares) // 2]
    return {
        unit
        for unit, factor in _UNIT_FACTORS.items()
        if _LEAST_SHARE <= middle * factor <= _MOST_SHARE
    }


def _units_of_readings(grid: Grid) -> set[str]:
    """Return the contract's unit of power where a table has the contract's columns."""
    try:
        recognise(grid.names, where="")
    except ArtifactError:
        return set()
    return {"W"}


def _units_in_cells(grid: Grid, places: list[int]) -> set[str]:
    """Return the unit that cells of some columns state, ``0.5 kWh``: of several the first.

    A cell's own unit counts, whichever is named for the column.
    """
    texts = [text for place in places for text in grid.column(place)]
    hits = (_CELL_UNIT.search(text) for text in texts)
    units = (unit_of("power_consumption", hit.group(1)) for hit in hits if hit)
    names = [unit.name for unit in units if unit is not None]
    return set(names[:1])
