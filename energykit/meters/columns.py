"""Which columns of a meter's file hold what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from energykit.errors import ParameterError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "KEYS",
    "SEVERAL",
    "Columns",
    "Reference",
    "check_columns",
    "check_registers",
    "columns_of",
]

Reference: TypeAlias = str | int
"""A column by its name, or by its place from 1."""

KEYS = (
    "timestamp",
    "end",
    "power_consumption",
    "export",
    "voltage",
    "current",
    "household_id",
    "register",
)
"""What columns can be named for."""
SEVERAL = {"timestamp", "end", "power_consumption", "export"}
"""Keys that may name several columns."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Columns of a file, by what they hold."""

    timestamp: tuple[Reference, ...] = ()
    """Columns whose texts make the stamp."""
    end: tuple[Reference, ...] = ()
    """Columns whose texts make the end of the interval, where the file has both."""
    power: tuple[Reference, ...] = ()
    """Columns whose sum is power or energy drawn."""
    export: tuple[Reference, ...] = ()
    """Columns whose sum is power or energy fed in."""
    voltage: Reference | None = None
    """Column of the voltage."""
    current: Reference | None = None
    """Column of the current."""
    household: Reference | None = None
    """Column of household ids."""
    register: Reference | None = None
    """Column that says which register a row is of."""

    @property
    def values(self) -> tuple[Reference, ...]:
        """Columns of power and energy, drawn first."""
        return self.power + self.export

    @property
    def wanted(self) -> list[Reference]:
        """Every column of the file that is needed, once."""
        single = [self.household, self.register, self.voltage, self.current]
        several = [*self.timestamp, *self.end, *self.values]
        return list(dict.fromkeys([*several, *(name for name in single if name is not None)]))


def columns_of(mapping: Mapping[str, Any] | None) -> Columns:
    """Check which columns are named, and return them as a record.

    Parameters
    ----------
    mapping
        Column, or list of columns, by key (`KEYS`).

    Raises
    ------
    ParameterError
        A key is unknown, or one column is to be several quantities.
    """
    named = {key: _references(key, value) for key, value in (mapping or {}).items()}
    columns = Columns(
        timestamp=named.get("timestamp", ()),
        end=named.get("end", ()),
        power=named.get("power_consumption", ()),
        export=named.get("export", ()),
        **{
            key.removesuffix("_id"): named[key][0]
            for key in ("voltage", "current", "household_id", "register")
            if key in named
        },
    )
    _check_single_use(columns)
    return columns


def check_columns(columns: Columns, layout: str | None = None, *, has_stamps: bool = True) -> None:
    """Refuse columns that lack what a layout needs.

    Parameters
    ----------
    columns
        What is named.
    layout
        The parameter of that name: a wide file needs no value columns.
    has_stamps
        Whether the file has stamps.

    Raises
    ------
    ParameterError
        The keys that are missing are named.
    """
    lacking = ["timestamp"] if has_stamps and not columns.timestamp else []
    if (layout or "long") == "long" and not columns.values:
        lacking.append("power_consumption")
    if lacking:
        raise ParameterError(
            f"columns do not say which column of the file is {' and '.join(lacking)}",
            where="parameters.columns",
            hint="valid keys: " + ", ".join(KEYS) + "; `energykit look FILE` proposes them",
        )


def check_registers(columns: Columns, registers: Mapping[str, str]) -> None:
    """Refuse a column of registers without a word on what each of them counts, and the reverse.

    Raises
    ------
    ParameterError
        What to write is shown.
    """
    if columns.register is not None and not registers:
        raise ParameterError(
            f"the column {columns.register!r} says which register a row is of, "
            "not what that counts",
            where="parameters.registers",
            hint='say it for each, such as {"1.8.0": "import", "2.8.0": "export"}',
        )
    if registers and columns.register is None:
        raise ParameterError(
            "registers say what rows count, not which column says of a row which register it is of",
            where="parameters.columns.register",
            hint=f"name the column that holds {', '.join(map(repr, registers))}",
        )


def _references(key: str, value: Any) -> tuple[Reference, ...]:
    """Check the columns of one key."""
    if key not in KEYS:
        raise ParameterError(
            f"columns have no key {key!r}",
            where=f"parameters.columns.{key}",
            hint=nearest(key, KEYS),
        )
    several = isinstance(value, (list, tuple))
    items = list(value) if several else [value]
    if not items or (several and key not in SEVERAL):
        raise ParameterError(
            f"{value!r} is not one column",
            where=f"parameters.columns.{key}",
            hint="name one column of the file",
        )
    return tuple(_reference(key, item) for item in items)


def _reference(key: str, value: Any) -> Reference:
    """Check one column's name or place."""
    if isinstance(value, str) and value.strip():
        return value.strip()
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and value >= 1 and float(value).is_integer():
        return int(value)
    raise ParameterError(
        f"{value!r} is not a column",
        where=f"parameters.columns.{key}",
        hint="give the column's name as the file has it, or its place as a number from 1",
    )


def _check_single_use(columns: Columns) -> None:
    """Refuse one column for several quantities: no number is power, voltage and current at once."""
    roles = {
        "power_consumption": columns.power,
        "export": columns.export,
        "voltage": () if columns.voltage is None else (columns.voltage,),
        "current": () if columns.current is None else (columns.current,),
    }
    uses = Counter(name for names in roles.values() for name in names)
    for name, count in uses.items():
        if count > 1:
            keys = [key for key, names in roles.items() if name in names]
            raise ParameterError(
                f"the column {name!r} cannot be {', '.join(keys[:-1])} and {keys[-1]} at once"
                if len(keys) > 1
                else f"the column {name!r} is named twice for {keys[0]}",
                where=f"parameters.columns.{keys[-1]}",
                hint=_single_use_hint(name),
            )


def _single_use_hint(name: Reference) -> str:
    """Say what to leave out, and which unit the name states."""
    from energykit.meters.quantity import unit_in

    unit = unit_in("power_consumption", str(name))
    hint = "leave voltage and current out where the file has none: both are optional"
    if unit is not None and unit.is_energy:
        hint += f'; and the name says {unit.name}: units {{"power_consumption": "{unit.name}"}}'
    return hint
