"""A table's columns against the parameters: where each is, its unit, and what its numbers are."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from energykit.errors import ArtifactError
from energykit.meters.columns import check_columns
from energykit.meters.doubtful_unit import foreign_unit, likelier_unit
from energykit.meters.inference import infer_quantity
from energykit.meters.number import NumberForm, present
from energykit.meters.places import Places
from energykit.meters.quantity import Quantity, Unit, doubt_of_unit, unit_in
from energykit.meters.rows import RowReader, default_units, feeds_in
from energykit.meters.value_unit import named_unit, units_in
from energykit.meters.wide import DayColumns, day_columns, long_part, meter_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from energykit.meters.account import Account
    from energykit.meters.delimited import TextPart
    from energykit.meters.parameters import MeterParameters
    from energykit.meters.table import MeterTable

__all__ = ["Mapped", "map_table"]

_END_WORDS = re.compile(
    r"(?:^|[\W_])(end|ende|endzeit|enddate|endtime|bis|tot|until|hasta|fin)(?:$|[\W_])|(?:Ende?|End(?:Time|Date))$",
    re.IGNORECASE,
)

_LONG = (None, "long")
_NO_UNIT = "neither units nor a column's name says the unit: the values are taken for W"


@dataclass(kw_only=True)
class Mapped:
    """A table whose columns are known."""

    table: MeterTable
    """The table."""
    places: Places
    """Where its columns are."""
    quantity: Quantity
    """What its values are."""
    reader: RowReader
    """Makes rows of its parts."""
    signs: tuple[int, ...]
    """Sign of each register."""
    has_registers: bool = False
    """Whether each register has rows of its own."""
    names_end: str = ""
    """Name of the stamp's column where it says that stamps are ends."""
    first: list[TextPart] = field(default_factory=list)
    """The first part, which was looked at already."""
    rest: Iterator[TextPart] = field(default_factory=lambda: iter(()))
    """The other parts."""

    @property
    def proves_ends(self) -> bool:
        """Whether a stamp can only be the end of an interval."""
        return self.reader.stamps.proves_ends

    @property
    def meters(self) -> tuple[str, ...]:
        """Households whose rows may come side by side (`energykit.meters.side_by_side`)."""
        return self.reader.meters

    @property
    def feeds_in(self) -> bool:
        """Whether it counts what is drawn and what is fed in."""
        return feeds_in(self.signs)

    @property
    def is_universal(self) -> bool:
        """Whether moments are in UTC; known after the first row."""
        return self.reader.is_universal

    @property
    def example(self) -> str:
        """The first text that should be a number and is not."""
        return self.reader.example

    def rows(self) -> Iterator[pl.DataFrame]:
        """Yield the rows of the table, once."""
        for part in itertools.chain(self.first, self.rest):
            yield self.reader.rows(part)


def map_table(
    table: MeterTable, path: Path, parameters: MeterParameters, account: Account
) -> Mapped:
    """Find a table's columns, their units, and what the values are.

    Raises
    ------
    ArtifactError
        A column is not there.
    ParameterError
        Unit and column contradict each other.
    """
    check_columns(parameters.columns, parameters.layout, has_stamps=parameters.start is None)
    places = _places(table, path, parameters)
    units = default_units({**_second_units(places), **parameters.units})
    _refuse_foreign(places, f"{path}:{table.heading.line}", parameters)
    units["power_consumption"] = _value_unit(places, parameters, account)
    parts = _parts(table, places, path, parameters)
    first = [part for _, part in zip(range(1), parts, strict=False)]
    units["power_consumption"] = _likelier(
        places, units["power_consumption"], parameters, first, account
    )
    quantity = infer_quantity(places, units["power_consumption"], parameters, first, account)
    return Mapped(
        table=table,
        places=places,
        quantity=quantity,
        reader=RowReader(parameters, places, units, quantity, account),
        signs=_register_signs(parameters) or places.signs,
        has_registers=parameters.columns.register is not None,
        names_end=_end_name(places, parameters),
        first=first,
        rest=parts,
    )


def _places(table: MeterTable, path: Path, parameters: MeterParameters) -> Places:
    """Return the place of each column that is named."""
    columns, heading = parameters.columns, table.heading

    def place(reference: str | int | None) -> str | None:
        return None if reference is None else str(heading.place(reference, path))

    def several(references: tuple[str | int, ...]) -> tuple[str, ...]:
        return tuple(str(heading.place(reference, path)) for reference in references)

    names = {str(number): name for number, name in enumerate(heading.names)}
    values, signs = several(columns.values), (1,) * len(columns.power) + (-1,) * len(columns.export)
    found = Places(
        timestamp=several(columns.timestamp),
        end=several(columns.end),
        values=values,
        signs=signs,
        voltage=place(columns.voltage),
        current=place(columns.current),
        household=place(columns.household),
        register=place(columns.register),
        names=names,
    )
    return _wide_places(found, path, parameters)


def _wide_places(found: Places, path: Path, parameters: MeterParameters) -> Places:
    """Return the places of a wide table's values: what is named, else all that is not mapped."""
    if parameters.layout == "wide_by_meter":
        values = found.values or meter_columns(_free(found))
        if not values:
            raise ArtifactError(
                "no column is a meter's: none has a name, but those of totals and stamps",
                where=str(path),
                hint="name the meters in columns.power_consumption, or state the header's line",
            )
        return replace(found, values=values, signs=(1,) * len(values))
    if parameters.layout == "wide_by_time":
        day = _day(found, path)
        unit = unit_in("power_consumption", found.names[day.places[0]])
        names = {**found.names, "value": f"the value ({unit.name})" if unit else "the value"}
        clock = day.clock(parameters.clock)
        return replace(found, values=("value",), signs=(1,), names=names, clock=clock)
    return found


def _free(found: Places) -> dict[str, str]:
    """Return the columns that are not mapped to anything, or, where values are named, those."""
    if found.values and "value" not in found.values:
        return {place: found.names[place] for place in found.values}
    keys = {*found.timestamp, *found.end, found.household, found.register}
    return {p: name for p, name in found.names.items() if p not in keys and p != "value"}


def _day(found: Places, path: Path) -> DayColumns:
    return day_columns(_free(found), f"{path}:1:1")


def _parts(
    table: MeterTable, places: Places, path: Path, parameters: MeterParameters
) -> Iterator[TextPart]:
    """Return the parts of a table, those of a wide one with a row for each interval."""
    if parameters.layout != "wide_by_time":
        return table.parts([int(place) for place in _needed(places)])
    day = _day(places, path)
    keys = [place for place in _needed(places) if place != "value"]
    parts = table.parts([int(place) for place in (*keys, *day.places)])
    return (long_part(part, day, keys, places.timestamp[-1]) for part in parts)


def _register_signs(parameters: MeterParameters) -> tuple[int, ...]:
    """Return the sign of each register that has rows of its own."""
    signs = {"import": 1, "export": -1}
    return tuple(signs[sign] for sign in parameters.registers.values() if sign in signs)


def _needed(places: Places) -> list[str]:
    single = [places.voltage, places.current, places.household, places.register]
    several = [*places.timestamp, *places.end, *places.values]
    return list(dict.fromkeys([*several, *(place for place in single if place is not None)]))


def _value_unit(places: Places, parameters: MeterParameters, account: Account) -> Unit:
    """Return the values' unit, and say where it is from."""
    stated = parameters.units.get("power_consumption")
    names = [places.names[place] for place in places.values]
    names += [text for text, sign in parameters.registers.items() if sign != "ignore"]
    unit, is_known = named_unit(names, stated, parameters.quantity)
    if not is_known:
        account.adjust(_NO_UNIT)
    elif stated is None and unit.name != "W" and not any(map(doubt_of_unit, names)):
        account.adjust(f"the unit is {unit.name}: the column's name says so")
    for name in sorted(set(units_in(names)) - {unit.name}):
        account.adjust(f"the column's name says {name}; the values are taken for {unit.name}")
    return unit


def _refuse_foreign(places: Places, where: str, parameters: MeterParameters) -> None:
    """Refuse values whose name says what is neither power nor energy, where no unit is stated."""
    if parameters.units.get("power_consumption") is not None or parameters.layout not in _LONG:
        return
    for place in places.values:
        name = places.names[place]
        foreign = foreign_unit(name)
        if foreign is not None and unit_in("power_consumption", name) is None:
            raise ArtifactError(
                f"the column {name!r} says {foreign[0]}, which is neither power nor energy",
                where=where,
                hint=f'{foreign[1]}; if the name is wrong, units {{"power_consumption": "kWh"}}',
            )


def _likelier(
    places: Places,
    unit: Unit,
    parameters: MeterParameters,
    first: list[TextPart],
    account: Account,
) -> Unit:
    """Return the unit that a name means which writes it doubtfully, and say the doubt."""
    if parameters.units.get("power_consumption") is not None:
        return unit
    for place in places.values:
        if doubt_of_unit(places.names[place]):
            numbers = NumberForm(decimal=parameters.decimal, thousands=parameters.thousands)
            plain = Unit(name=unit.name, exponent=0)
            column = first[0].texts[place] if first else pl.Series(dtype=pl.String)
            column = present(column, parameters.missing)
            values = numbers.read(column, "power_consumption", plain)
            likelier, doubt = likelier_unit(places.names[place], unit, values)
            account.adjust(doubt)
            return likelier
    return unit


def _second_units(places: Places) -> dict[str, Unit]:
    """Return the units that the names of the columns of voltage and current state."""
    columns = {"voltage": places.voltage, "current": places.current}
    named = {
        quantity: unit_in(quantity, places.names[place])
        for quantity, place in columns.items()
        if place is not None
    }
    return {quantity: unit for quantity, unit in named.items() if unit is not None}


def _end_name(places: Places, parameters: MeterParameters) -> str:
    """Return the name of the stamp's column where it says that stamps are ends."""
    if places.end or parameters.columns.end:
        return ""
    names = [places.names[place] for place in places.timestamp]
    return next((name for name in names if _END_WORDS.search(name)), "")
