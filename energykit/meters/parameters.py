"""The parameters of an import, checked; `energykit.meters` says what each means."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from energykit.errors import ParameterError, nearest
from energykit.meters.clock import Clock, clock_of
from energykit.meters.columns import Columns, columns_of
from energykit.meters.kind import check_kinds
from energykit.meters.quantity import UNITS, Quantity, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "DECIMALS",
    "LAYOUTS",
    "SEPARATORS",
    "SIGNS",
    "STAMPS",
    "THOUSANDS",
    "MeterParameters",
    "meter_parameters",
]

LAYOUTS = ("long", "wide_by_time", "wide_by_meter", "nem12", "espi", "dsmr")
"""How a file is laid out; the last three are formats with a structure of their own."""
SEPARATORS = (",", ";", "\t", "|", " ")
SEPARATOR_WORDS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "\\t": "\t",
    "pipe": "|",
    "blank": " ",
    "space": " ",
}
"""Separators by name."""
_POWER_WORDS = {"power", "energy", "consumption", "import", "export", "value"}
DECIMALS = (".", ",")
THOUSANDS = (",", ".", " ", "'", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}")
STAMPS = ("start", "end")
SIGNS = ("import", "export", "ignore")


@dataclass(frozen=True, kw_only=True)
class MeterParameters:
    """How a meter's file is read; see `meter_parameters` for each part."""

    columns: Columns
    """Which columns hold what."""
    household: str = "household"
    """Id of the one household of a file without such a column."""
    units: Mapping[str, Unit] = field(default_factory=dict)
    """Units that the parameters state, by quantity of the contract."""
    quantity: Quantity | None = None
    """What the numbers are; None: what their unit says."""
    separator: str | None = None
    """What separates the fields; None: found from the header."""
    decimal: str = "."
    """The decimal mark."""
    thousands: str = ""
    """The mark between thousands."""
    missing: tuple[str, ...] = ()
    """Texts that mean that there is no value."""
    clock: Clock = field(default_factory=Clock)
    """How stamps are read."""
    stamps: str | None = None
    """``"start"`` or ``"end"`` of the interval; None: start, unless the file proves the other."""
    start: str | None = None
    """First stamp of a file without stamps."""
    step_s: float | None = None
    """Length of an interval [s]; None: from the stamps."""
    header: int | None = None
    """Line of the header; 0: there is none; None: found."""
    encoding: str | None = None
    """Encoding of the text; None: found."""
    sheet: str | None = None
    """Sheet of a spreadsheet; None: the first."""
    layout: str | None = None
    """One of `LAYOUTS`; None: long, or what the file itself shows."""
    registers: Mapping[str, str] = field(default_factory=dict)
    """``"import"``, ``"export"`` or ``"ignore"`` by the text of the register's column."""
    holds_until_next: bool = False
    """Whether a reading stands until the next one, however long that is."""


def meter_parameters(
    columns: Mapping[str, Any] | None = None,
    *,
    household: str = "household",
    units: Mapping[str, str] | None = None,
    quantity: str | None = None,
    separator: str | None = None,
    decimal: str = ".",
    thousands: str = "",
    missing: Sequence[str] = (),
    timestamp_format: str | None = None,
    time_zone: str | None = None,
    stamps: str | None = None,
    start: str | None = None,
    step_s: float | None = None,
    header: int | bool | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    layout: str | None = None,
    registers: Mapping[str, str] | None = None,
    holds_until_next: bool = False,
) -> MeterParameters:
    """Check the parameters of an import; `energykit.meters` says what each means.

    Raises
    ------
    ParameterError
        For the first that is missing or has a value it cannot have; the nearest valid one is named.
    """
    check_kinds(
        {"columns": columns, "units": units, "registers": registers},
        {"step_s": step_s},
        {"holds_until_next": holds_until_next},
        {"household": household, "sheet": sheet, "start": start, "encoding": encoding},
    )
    separator = SEPARATOR_WORDS.get(str(separator).lower(), separator)
    return MeterParameters(
        columns=columns_of(columns),
        household=_household(household),
        units=_units(units or {}),
        quantity=None if quantity is None else Quantity(_choice("quantity", quantity, Quantity)),
        separator=None if separator is None else _choice("separator", separator, SEPARATORS),
        decimal=_decimal(decimal, separator),
        thousands=_thousands(thousands, decimal, separator),
        missing=(missing,) if isinstance(missing, str) else tuple(map(str, missing)),
        clock=clock_of(timestamp_format, time_zone),
        stamps=None if stamps is None else _choice("stamps", stamps, STAMPS),
        start=_first_stamp(start, step_s),
        step_s=_step(step_s),
        header=_header(header),
        encoding=_encoding(encoding),
        sheet=sheet,
        layout=None if layout is None else _choice("layout", layout, LAYOUTS),
        registers=_registers(registers or {}),
        holds_until_next=holds_until_next,
    )


def _units(stated: Mapping[str, str]) -> dict[str, Unit]:
    """Return the units that are stated."""
    known = {}
    for name, text in stated.items():
        if name in _POWER_WORDS:
            raise ParameterError(
                f"units have no key {name!r}",
                where="parameters.units",
                hint="power and energy are both 'power_consumption': units"
                f' {{"power_consumption": {json.dumps(text)}}}',
            )
        _choice("units", name, UNITS)
        unit = UNITS[name].get(text)
        if unit is None:
            _choice(f"units.{name}", str(text), UNITS[name])
        else:
            known[name] = unit
    return known


def _decimal(mark: str, separator: str | None) -> str:
    """Return the decimal mark, which is not the separator."""
    return _choice("decimal", mark, [each for each in DECIMALS if each != separator])


def _thousands(mark: str, decimal: str, separator: str | None) -> str:
    """Return the mark between thousands, which is neither separator nor decimal mark."""
    if not mark:
        return ""
    return _choice("thousands", mark, [m for m in THOUSANDS if m not in {decimal, separator}])


def _household(value: str) -> str:
    """Return the id of the one household."""
    if not value.strip():
        raise ParameterError(
            f"the household {value!r} is blank",
            where="parameters.household",
            hint="give it a name, or leave it out",
        )
    return value


def _first_stamp(start: str | None, step_s: float | None) -> str | None:
    """Return the first stamp of a file that has none; it needs a step."""
    if start is not None and step_s is None:
        raise ParameterError(
            "a start without a step", where="parameters.start", hint="give step_s, such as 900"
        )
    return start


def _step(step_s: float | None) -> float | None:
    """Return the length of an interval."""
    if step_s is not None and not 0 < step_s <= 366 * 86400:
        raise ParameterError(
            f"a step of {step_s!r} s is not possible",
            where="parameters.step_s",
            hint="valid: seconds > 0, such as 900",
        )
    return step_s


def _header(header: float | bool | None) -> int | None:
    """Return the header's line, 0 where there is none."""
    if header is None or header is True:
        return None
    line = int(header)
    if line != header or line < 0:
        raise ParameterError(
            f"the header cannot be line {header!r}",
            where="parameters.header",
            hint="valid: the number of its line, from 1, or false where there is none",
        )
    return line


def _encoding(name: str | None) -> str | None:
    """Return an encoding that Python knows."""
    if name is None:
        return None
    try:
        "".encode(name)
    except LookupError:
        raise ParameterError(
            f"the encoding {name!r} is not known",
            where="parameters.encoding",
            hint=nearest(name, ("utf-8", "utf-16", "cp1252", "latin-1", "cp850", "cp437")),
        ) from None
    return name


def _registers(signs: Mapping[str, str]) -> dict[str, str]:
    """Return what each kind of row counts."""
    return {name: _choice(f"registers.{name}", sign, SIGNS) for name, sign in signs.items()}


def _choice(name: str, value: str, choices: Iterable[str]) -> str:
    """Return a value that is one of the choices."""
    known = [str(choice) for choice in choices]
    if value not in known:
        close = nearest(str(value), known)
        hint = (
            close if close.startswith("valid") else f"{close} valid: {', '.join(map(repr, known))}"
        )
        raise ParameterError(f"{value!r} is not possible", where=f"parameters.{name}", hint=hint)
    return value
