"""Kinds of values in a configuration: the schema of each, and what is wrong with a value."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energykit.config.text import json_type
from energykit.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "ADDRESS_SCHEMA",
    "COUNT",
    "FACTOR",
    "FILE",
    "FILES",
    "NODES",
    "OBJECT",
    "OPTIONAL_FILE",
    "SECONDS",
    "SHARE",
    "TEXT",
    "VARIABLE",
    "ZONE",
    "ConfigKey",
    "ValueKind",
    "address_problem",
    "filled_object",
    "parameter_problem",
]

_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
_ADDRESS = re.compile(rf"({_HOST}):(\d{{1,5}})", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OFFSET = re.compile(r"[+-](?:[01]\d|2[0-3]):?[0-5]\d", re.ASCII)
_LAST_PORT = 65535
_LAST_EXACT = 2**53
"""Parameters travel as a Struct, whose numbers are doubles: whole numbers are exact up to here."""


@dataclass(frozen=True)
class ValueKind:
    """A kind of value: what a schema says of it, and what is wrong with a value of another kind."""

    schema: Mapping[str, Any]
    """JSON Schema, draft 2020-12."""
    problem: Callable[[Any], str]
    """Returns what is wrong with a plain value, empty where nothing is."""
    hint: str
    """What to write."""


@dataclass(frozen=True)
class ConfigKey:
    """A key of an object."""

    kind: ValueKind
    """Of its value."""
    doc: str
    """What it means."""
    is_required: bool = False
    """Whether the object must have it."""


def _text_problem(value: object) -> str:
    if not isinstance(value, str):
        return f"is {json_type(value)}, not text"
    return "" if value.strip() else "is empty"


def _file_problem(value: object) -> str:
    return _text_problem(value) or _optional_file_problem(value)


def _optional_file_problem(value: object) -> str:
    if value is None or isinstance(value, str):
        return "holds a NUL character" if "\0" in (value or "") else ""
    return f"is {json_type(value)}, not text"


def _files_problem(value: object) -> str:
    if not isinstance(value, list):
        return f"is {json_type(value)}, not a list of paths"
    if not value:
        return "is an empty list"
    return next((f"[{at}] {why}" for at, it in enumerate(value) if (why := _file_problem(it))), "")


def _object_problem(value: object) -> str:
    return "" if isinstance(value, dict) else f"is {json_type(value)}, not an object"


def _filled_object_problem(value: object) -> str:
    return _object_problem(value) or ("" if value else "is empty")


def _number_problem(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"is {json_type(value)}, not a number"
    try:
        is_good = math.isfinite(float(value)) and value > 0
    except OverflowError:
        is_good = False
    return "" if is_good else f"is {value!r:.40}, not a positive finite number"


def _count_problem(value: object) -> str:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    is_good = is_whole and isinstance(value, int) and value >= 1
    return "" if is_good else f"is {value!r:.40}, not a whole number from 1"


def _share_problem(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"is {json_type(value)}, not a number"
    return "" if 0 <= value < 1 else f"is {value!r:.40}, not a number from 0 to below 1"


def _nodes_problem(value: object) -> str:
    if isinstance(value, list):
        wrong = [entry for entry in value if _text_problem(entry)]
        return f"holds {wrong[0]!r:.40}, which is not an id" if wrong else ""
    is_good = value is None or isinstance(value, str)
    return "" if is_good else f"is {json_type(value)}, neither an id nor a list of ids"


def _variable_problem(value: object) -> str:
    """Return what is wrong with a variable's name; never the text itself, which may be a secret."""
    is_name = isinstance(value, str) and _VARIABLE.fullmatch(value)
    return "" if is_name else "is not the name of an environment variable"


def _zone_problem(value: object) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

    problem = _text_problem(value)
    if problem or not isinstance(value, str) or _OFFSET.fullmatch(value):
        return problem
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zones = available_timezones()
        if not zones:  # a system without a tz database: the services decide
            return ""
        near = nearest(value, zones)
        near = near if near.startswith("did") else "the names are those of the tz database"
        return f"is {value!r:.60}, not a time zone; {near}"
    return ""


def address_problem(value: object) -> str:
    """Return what is wrong with an address, empty where nothing is."""
    if not isinstance(value, str):
        return f"is {json_type(value)}, not text"
    match = _ADDRESS.fullmatch(value)
    if match is None:
        return f"is {value!r:.80}, not host:port"
    is_port = 1 <= int(match[2]) <= _LAST_PORT
    return "" if is_port else f"has port {match[2]}, not one from 1 to {_LAST_PORT}"


def parameter_problem(value: object) -> str:
    """Return what is wrong with a single value of ``parameters``, empty where nothing is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return "is not a finite number"
    is_exact = isinstance(value, float) or abs(value) <= _LAST_EXACT
    return "" if is_exact else f"is {value!r:.40}, beyond what arrives exactly"


def filled_object(schema: Mapping[str, Any], hint: str) -> ValueKind:
    """Return the kind of an object that has at least one key."""
    whole = {"type": "object", "minProperties": 1, **schema}
    return ValueKind(whole, _filled_object_problem, hint)


ADDRESS_SCHEMA = {"type": "string", "pattern": f"^{_HOST}:[0-9]{{1,5}}$"}
"""JSON Schema of an address."""
TEXT = ValueKind({"type": "string", "minLength": 1}, _text_problem, "write text in double quotes")
FILE = ValueKind(
    TEXT.schema, _file_problem, 'write a path in double quotes, such as "/data/energy_data.csv"'
)
OPTIONAL_FILE = ValueKind(
    {"type": ["string", "null"]}, _optional_file_problem, 'write a path in double quotes, or ""'
)
FILES = ValueKind(
    {"type": "array", "items": TEXT.schema, "minItems": 1},
    _files_problem,
    'write a list of paths, such as ["/data/a.csv", "/data/b.csv"]',
)
OBJECT = ValueKind({"type": "object"}, _object_problem, "write an object: { ... }")
SECONDS = ValueKind(
    {"type": "number", "exclusiveMinimum": 0},
    _number_problem,
    "write a number of seconds greater than 0, such as 60",
)
FACTOR = ValueKind(
    {"type": "number", "exclusiveMinimum": 0},
    _number_problem,
    "write a number greater than 0, such as 2",
)
SHARE = ValueKind(
    {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
    _share_problem,
    "write a share such as 0.2",
)
COUNT = ValueKind(
    {"type": "integer", "minimum": 1}, _count_problem, "write a whole number, such as 3"
)
NODES = ValueKind(
    {
        "anyOf": [
            {"type": ["string", "null"]},
            {"type": "array", "items": {"type": "string", "minLength": 1}},
        ]
    },
    _nodes_problem,
    'write the id of the next node, a list of ids, or "" at the end',
)
VARIABLE = ValueKind(
    {"type": "string", "pattern": f"^{_VARIABLE.pattern}$"},
    _variable_problem,
    'write the name of a variable, such as "METERS_TOKEN"; its value stays out of this file',
)
ZONE = ValueKind(TEXT.schema, _zone_problem, 'write a zone such as "Europe/Berlin" or "UTC"')
