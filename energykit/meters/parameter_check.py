"""Checks of an import's parameters, as far as no file is needed: each alone, then together."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from energykit.errors import ParameterError, nearest
from energykit.meters.choice import (
    DECIMALS,
    LAYOUTS,
    SEPARATOR_WORDS,
    SEPARATORS,
    SIGNS,
    STAMPS,
    TABLES,
    THOUSANDS,
    check_choice,
)
from energykit.meters.clock import check_form, check_zone
from energykit.meters.columns import check_columns, check_registers, columns_of
from energykit.meters.first_stamp import first_moment
from energykit.meters.kind import check_kind
from energykit.meters.quantity import UNITS, Quantity, Unit
from energykit.meters.value_unit import check_quantity, named_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

__all__ = ["CheckedParameters", "check_parameters"]

_POWER_WORDS = {"power", "energy", "consumption", "import", "export", "value"}


@dataclass(frozen=True, kw_only=True)
class CheckedParameters:
    """Parameters of an import after their checks."""

    values: dict[str, Any] = field(default_factory=dict)
    """What each that is right means, by name."""
    faults: list[ParameterError] = field(default_factory=list)
    """What is wrong with the others."""


def check_parameters(
    given: Mapping[str, Any], annotations: Mapping[str, str], *, skipped: Container[str] = ()
) -> CheckedParameters:
    """Check the parameters of an import.

    Parameters
    ----------
    given
        The value of every parameter, by name.
    annotations
        Of every parameter, as texts: the kind of its value.
    skipped
        Names of those that are not looked at, nor what depends on them.
    """
    checked = CheckedParameters()
    for name, annotation in annotations.items():
        if name in skipped:
            continue
        try:
            check_kind(name, given[name], annotation)
            checked.values[name] = _ALONE[name](given) if name in _ALONE else given[name]
        except ParameterError as exc:
            checked.faults.append(exc)
    for names, check in _TOGETHER.items():
        if checked.values.keys() >= set(names):
            try:
                check(checked.values)
            except ParameterError as exc:
                checked.faults.append(exc)
    return checked


def _separator(mark: str | None) -> str | None:
    """Return what separates the fields."""
    if mark is None:
        return None
    return check_choice("separator", SEPARATOR_WORDS.get(str(mark).lower(), mark), SEPARATORS)


def _optional(name: str, value: str | None, choices: tuple[str, ...]) -> str | None:
    """Return a value that may be left out, else is one of the choices."""
    return None if value is None else check_choice(name, value, choices)


def _quantity(text: str | None) -> Quantity | None:
    """Return what the numbers are."""
    return None if text is None else Quantity(check_choice("quantity", text, Quantity))


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
        check_choice("units", name, UNITS)
        unit = UNITS[name].get(text)
        if unit is None:
            check_choice(f"units.{name}", str(text), UNITS[name])
        else:
            known[name] = unit
    return known


def _thousands(mark: str) -> str:
    """Return the mark between thousands."""
    return check_choice("thousands", mark, THOUSANDS) if mark else ""


def _missing(texts: Any) -> tuple[str, ...]:
    """Return the texts that mean that there is no value."""
    if isinstance(texts, str):
        return (texts,)
    if not isinstance(texts, (list, tuple)):
        raise ParameterError(
            f"{texts!r} is not a list of texts",
            where="parameters.missing",
            hint='write it as ["-", "n/a"]',
        )
    return tuple(map(str, texts))


def _household(value: str) -> str:
    """Return the id of the one household."""
    if not value.strip():
        raise ParameterError(
            f"the household {value!r} is blank",
            where="parameters.household",
            hint="give it a name, or leave it out",
        )
    return value


def _step(step_s: float | None) -> float | None:
    """Return the length of an interval."""
    if step_s is not None and not 0 < step_s <= 366 * 86400:
        raise ParameterError(
            f"a step of {step_s:g} s is not possible",
            where="parameters.step_s",
            hint="valid: seconds > 0, such as 900",
        )
    return step_s


def _header(header: float | bool | None) -> int | None:
    """Return the header's line, 0 where there is none."""
    if header is None or header is True:
        return None
    is_number = isinstance(header, (int, float))
    if not is_number or not header >= 0 or header % 1:
        raise ParameterError(
            f"the header cannot be line {header!r}",
            where="parameters.header",
            hint="valid: the number of its line, from 1, or false where there is none",
        )
    return int(header)


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
    return {name: check_choice(f"registers.{name}", sign, SIGNS) for name, sign in signs.items()}


def _is_table(values: Mapping[str, Any]) -> bool:
    """Whether the parameters alone say that the file is a table, not a format of its own."""
    layout = values["layout"]
    return layout in TABLES or (layout is None and bool(values["columns"].wanted))


def _check_columns(values: Mapping[str, Any]) -> None:
    """Refuse columns that lack what a table needs."""
    if _is_table(values):
        check_columns(values["columns"], values["layout"], has_stamps=values["start"] is None)


def _check_registers(values: Mapping[str, Any]) -> None:
    """Refuse a column of registers without a word on what each counts."""
    if _is_table(values):
        check_registers(values["columns"], values["registers"])


def _check_unit(values: Mapping[str, Any]) -> None:
    """Refuse a unit that the columns' names contradict, or that does not measure the quantity."""
    stated, names = values["units"].get("power_consumption"), values["columns"].values
    is_named = values["layout"] in {None, "long"} and all(isinstance(n, str) for n in names)
    if names and is_named:
        named_unit(names, stated, values["quantity"])
    elif stated is not None and values["quantity"] is not None:
        check_quantity(values["quantity"], stated)


def _check_marks(values: Mapping[str, Any]) -> None:
    """Refuse one mark for two purposes."""
    separator, decimal, thousands = (values[n] for n in ("separator", "decimal", "thousands"))
    check_choice("decimal", decimal, [mark for mark in DECIMALS if mark != separator])
    if thousands:
        known = [mark for mark in THOUSANDS if mark not in {decimal, separator}]
        check_choice("thousands", thousands, known)


def _check_start(values: Mapping[str, Any]) -> None:
    """Refuse a first stamp without a step, or one that is not a moment."""
    start, zone = values["start"], values["time_zone"]
    if start is not None and values["step_s"] is None:
        raise ParameterError(
            "a start without a step", where="parameters.start", hint="give step_s, such as 900"
        )
    if start is not None:
        first_moment(start, zone)


_ALONE: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "columns": lambda given: columns_of(given["columns"]),
    "household": lambda given: _household(given["household"]),
    "units": lambda given: _units(given["units"] or {}),
    "quantity": lambda given: _quantity(given["quantity"]),
    "separator": lambda given: _separator(given["separator"]),
    "decimal": lambda given: check_choice("decimal", given["decimal"], DECIMALS),
    "thousands": lambda given: _thousands(given["thousands"]),
    "missing": lambda given: _missing(given["missing"]),
    "timestamp_format": lambda given: check_form(given["timestamp_format"]),
    "time_zone": lambda given: check_zone(given["time_zone"]),
    "stamps": lambda given: _optional("stamps", given["stamps"], STAMPS),
    "step_s": lambda given: _step(given["step_s"]),
    "header": lambda given: _header(given["header"]),
    "encoding": lambda given: _encoding(given["encoding"]),
    "layout": lambda given: _optional("layout", given["layout"], LAYOUTS),
    "registers": lambda given: _registers(given["registers"] or {}),
}
"""What a parameter means, or what is wrong with it; of the others the kind alone is checked."""
_TOGETHER: Mapping[tuple[str, ...], Callable[[Mapping[str, Any]], object]] = {
    ("columns", "layout", "start"): _check_columns,
    ("columns", "layout", "registers"): _check_registers,
    ("columns", "layout", "units", "quantity"): _check_unit,
    ("separator", "decimal", "thousands"): _check_marks,
    ("start", "step_s", "time_zone"): _check_start,
}
"""What must fit together, by the names of the parameters."""
