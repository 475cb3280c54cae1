"""Kinds of the values of parameters: an object, a number, true or false, a text."""

from __future__ import annotations

from collections.abc import Mapping

from energykit.errors import ParameterError

__all__ = ["check_kind"]

_OBJECTS = ("columns", "units", "registers")
_NUMBERS = ("step_s",)
_FLAGS = ("holds_until_next",)
_TEXTS = ("household", "sheet", "start", "encoding", "timestamp_format", "time_zone")
_EXAMPLES = {
    "columns": '{"timestamp": "Date", "power_consumption": "kWh"}',
    "units": '{"power_consumption": "kWh"}',
    "registers": '{"1.8.0": "import", "2.8.0": "export"}',
}


def check_kind(name: str, value: object) -> None:
    """Refuse a value that is not of the kind that its parameter has; None always is.

    Parameters
    ----------
    name
        The parameter's name.
    value
        Its value.

    Raises
    ------
    ParameterError
        What to write is said.
    """
    if name in _OBJECTS and not isinstance(value, Mapping):
        _refuse(name, value, "an object", f"write {name} as {_EXAMPLES.get(name)}")
    if name in _NUMBERS and (isinstance(value, bool) or not isinstance(value, (int, float))):
        _refuse(name, value, "a number", f"write it without quotes, such as {name} 900")
    if name in _FLAGS and not isinstance(value, bool):
        _refuse(name, value, "true or false", "write true or false, without quotes")
    if name in _TEXTS and not isinstance(value, str):
        _refuse(name, value, "a text", f"write it in quotes: {str(value)!r}")


def _refuse(name: str, value: object, kind: str, hint: str) -> None:
    if value is not None:
        raise ParameterError(f"{value!r} is not {kind}", where=f"parameters.{name}", hint=hint)
