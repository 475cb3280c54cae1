"""Values of a grid as they travel in a request: JSON's own kinds, dates and times as ISO text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, time
from pathlib import PurePath
from typing import Any

from energykit.errors import UsageError

__all__ = ["as_json_value"]

_LAST_EXACT = 2**53
_HINTS = {
    "Decimal": "write float(value)",
    "Period": "write its start as text, such as '2025-01-01'",
    "Timedelta": "write a number in the parameter's own unit, such as seconds",
    "bytes": "write text",
    "frozenset": "write a list, which has an order",
    "set": "write a list, which has an order",
    "timedelta": "write a number in the parameter's own unit, such as seconds",
    "timedelta64": "write a number in the parameter's own unit, such as seconds",
}


def as_json_value(value: Any, where: str) -> Any:
    """Return a value as a configuration can hold it.

    Parameters
    ----------
    value
        A value of Python, YAML, numpy or pandas. Dates and times become ISO 8601 text, numpy's
        scalars and arrays Python's numbers and lists.
    where
        The key that it stands beside.

    Raises
    ------
    energykit.errors.UsageError
        It cannot travel: a length of time without a unit, a number that is not finite or not exact,
        a kind that JSON does not have.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)  # numpy's text is a text of Python too
    if isinstance(value, Mapping):
        return {str(key): as_json_value(entry, f"{where}.{key}") for key, entry in value.items()}
    if isinstance(value, list | tuple | range):
        return [as_json_value(entry, f"{where}[{at}]") for at, entry in enumerate(value)]
    if isinstance(value, int | float):
        return _number(value, where)
    return _other(value, where)


def _number(value: float, where: str) -> float:
    plain = int(value) if isinstance(value, int) else float(value)
    if isinstance(plain, float) and not math.isfinite(plain):
        raise _refusal(value, where, "is not a finite number", "leave it out, or write null")
    if isinstance(plain, int) and abs(plain) > _LAST_EXACT:
        raise _refusal(value, where, "does not arrive exactly", "whole numbers do up to 2^53")
    return plain


def _other(value: Any, where: str) -> Any:
    """Return what is neither JSON's own nor a number of Python."""
    if str(value) == "NaT":  # the missing time of numpy and of pandas
        raise _refusal(value, where, "is not a time", "leave it out, or write null")
    if isinstance(value, date | time):  # also datetime and pandas.Timestamp
        return value.isoformat()
    if isinstance(value, PurePath):
        return value.as_posix()
    kind = type(value).__name__
    if kind == "datetime64":
        return str(value)
    if kind not in _HINTS and hasattr(value, "tolist"):  # a scalar or an array of numpy, a Series
        return as_json_value(value.tolist(), where)
    what = f"is of the type {kind}, which a request cannot carry"
    raise _refusal(
        value, where, what, _HINTS.get(kind, "write a number, text, a list or an object")
    )


def _refusal(value: object, where: str, what: str, hint: str) -> UsageError:
    return UsageError(f"{where!r}: {value!r:.60} {what}", where="grid", hint=hint)
