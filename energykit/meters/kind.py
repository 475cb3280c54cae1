"""Kinds of the values of parameters: an object, a number, true or false, a text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from energykit.errors import ParameterError

__all__ = ["check_kind"]

_EXAMPLES = {
    "columns": '{"timestamp": "Date", "power_consumption": "kWh"}',
    "units": '{"power_consumption": "kWh"}',
    "registers": '{"1.8.0": "import", "2.8.0": "export"}',
}
_FIRST_WORD = re.compile(r"\w*")


def check_kind(name: str, value: object, annotation: str) -> None:
    """Refuse a value that is not of the kind that its parameter has; None always is.

    Parameters
    ----------
    name
        The parameter's name.
    value
        Its value.
    annotation
        Its annotation, as text: the first word of ``"float | None"``, ``"bool"``, ``"str"`` and
        ``"Mapping[str, str]"`` says the kind; what begins in another way has a check of its own.

    Raises
    ------
    ParameterError
        What to write is said.
    """
    kind = _FIRST_WORD.match(annotation)[0]  # type: ignore[index]  # it fits every text
    if kind == "Mapping" and not isinstance(value, Mapping):
        _refuse(name, value, "an object", f"write {name} as {_EXAMPLES.get(name, '{...}')}")
    if kind == "float" and (isinstance(value, bool) or not isinstance(value, (int, float))):
        _refuse(name, value, "a number", f"write it without quotes, such as {name} 900")
    if kind == "bool" and not isinstance(value, bool):
        _refuse(name, value, "true or false", "write true or false, without quotes")
    if kind == "str" and not isinstance(value, str):
        _refuse(name, value, "a text", f"write it in quotes: {str(value)!r}")


def _refuse(name: str, value: object, kind: str, hint: str) -> None:
    if value is not None:
        raise ParameterError(f"{value!r} is not {kind}", where=f"parameters.{name}", hint=hint)
