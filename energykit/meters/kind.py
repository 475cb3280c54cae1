"""Kinds of the values of parameters: an object, a number, true or false, a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from energykit.errors import ParameterError

__all__ = ["check_kinds"]

_EXAMPLES = {
    "columns": '{"timestamp": "Date", "power_consumption": "kWh"}',
    "units": '{"power_consumption": "kWh"}',
    "registers": '{"1.8.0": "import", "2.8.0": "export"}',
}


def check_kinds(
    objects: Mapping[str, Any],
    numbers: Mapping[str, Any],
    flags: Mapping[str, Any],
    texts: Mapping[str, Any],
) -> None:
    """Refuse values that are not of the kind that their parameter has; None always is.

    Parameters
    ----------
    objects, numbers, flags, texts
        Values by the parameter's name.

    Raises
    ------
    ParameterError
        What to write is said.
    """
    for name, value in objects.items():
        if not isinstance(value, Mapping):
            _refuse(name, value, "an object", f"write {name} as {_EXAMPLES[name]}")
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            _refuse(name, value, "a number", f"write it without quotes, such as {name} 900")
    for name, value in flags.items():
        if not isinstance(value, bool):
            _refuse(name, value, "true or false", "write true or false, without quotes")
    for name, value in texts.items():
        if not isinstance(value, str):
            _refuse(name, value, "a text", f"write it in quotes: {str(value)!r}")


def _refuse(name: str, value: object, kind: str, hint: str) -> None:
    if value is not None:
        raise ParameterError(f"{value!r} is not {kind}", where=f"parameters.{name}", hint=hint)
