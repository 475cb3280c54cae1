"""The shapes of a configuration: one table of keys that drives both the parser and the JSON Schema."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "CONTAINER",
    "NODES",
    "PIPELINE",
    "RETRY",
    "Key",
    "Kind",
    "address_problem",
    "json_type",
    "parameter_problem",
]

_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
_ADDRESS = re.compile(rf"({_HOST}):(\d{{1,5}})")
_LAST_PORT = 65535
_LAST_EXACT = 2**53
"""Parameters travel as a Struct, whose numbers are doubles: whole numbers are exact up to here."""


@dataclass(frozen=True)
class Kind:
    """A kind of value: what a schema says of it, and what is wrong with a value that is not of it."""

    schema: Mapping[str, Any]
    """JSON Schema, draft 2020-12."""
    problem: Callable[[Any], str]
    """Returns what is wrong with a plain value, empty where nothing is."""
    hint: str
    """What to write."""


@dataclass(frozen=True)
class Key:
    """A key of an object."""

    kind: Kind
    """Of its value."""
    doc: str
    """What it means."""
    is_required: bool = False
    """Whether the object must have it."""


def json_type(value: object) -> str:
    """Return the name of a value's type in JSON's words."""
    names = {
        bool: "a boolean",
        str: "text",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return "null" if value is None else names[type(value)]


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
    whole = isinstance(value, int) and not isinstance(value, bool)
    return (
        ""
        if whole and isinstance(value, int) and value >= 1
        else f"is {value!r:.40}, not a whole number from 1"
    )


def _share_problem(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"is {json_type(value)}, not a number"
    return "" if 0 <= value < 1 else f"is {value!r:.40}, not a number from 0 to below 1"


def _nodes_problem(value: object) -> str:
    if isinstance(value, list):
        wrong = [one for one in value if _text_problem(one)]
        return f"holds {wrong[0]!r:.40}, which is no id" if wrong else ""
    return (
        ""
        if value is None or isinstance(value, str)
        else f"is {json_type(value)}, neither an id nor a list of ids"
    )


def address_problem(value: object) -> str:
    """Return what is wrong with an address, empty where nothing is."""
    if not isinstance(value, str):
        return f"is {json_type(value)}, not text"
    found = _ADDRESS.fullmatch(value)
    if found is None:
        return f"is {value!r:.80}, not host:port"
    return (
        ""
        if 1 <= int(found[2]) <= _LAST_PORT
        else f"has port {found[2]}, not one from 1 to {_LAST_PORT}"
    )


def parameter_problem(value: object) -> str:
    """Return what is wrong with one value of ``parameters`` that is no list and no object, empty where nothing is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return "is no finite number"
    is_exact = isinstance(value, float) or abs(value) <= _LAST_EXACT
    return "" if is_exact else f"is {value!r:.40}, beyond what arrives exactly"


def _addresses_problem(value: object) -> str:
    if isinstance(value, list):
        return next(filter(None, map(address_problem, value)), "") if value else "is an empty list"
    return address_problem(value)


_ADDRESS_SCHEMA = {"type": "string", "pattern": f"^{_HOST}:[0-9]{{1,5}}$"}
TEXT = Kind({"type": "string", "minLength": 1}, _text_problem, "write a text in double quotes")
FILE = Kind(
    TEXT.schema, _file_problem, 'write a path in double quotes, such as "/data/energy_data.csv"'
)
OPTIONAL_FILE = Kind(
    {"type": ["string", "null"]}, _optional_file_problem, 'write a path in double quotes, or ""'
)
OBJECT = Kind({"type": "object"}, _object_problem, "write an object: { ... }")
SECONDS = Kind(
    {"type": "number", "exclusiveMinimum": 0},
    _number_problem,
    "write a number of seconds greater than 0, such as 60",
)
FACTOR = Kind(
    {"type": "number", "exclusiveMinimum": 0},
    _number_problem,
    "write a number greater than 0, such as 2",
)
SHARE = Kind(
    {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
    _share_problem,
    "write a share such as 0.2",
)
COUNT = Kind({"type": "integer", "minimum": 1}, _count_problem, "write a whole number, such as 3")
NODES = Kind(
    {
        "anyOf": [
            {"type": ["string", "null"]},
            {"type": "array", "items": {"type": "string", "minLength": 1}},
        ]
    },
    _nodes_problem,
    'write the id of the next node, a list of ids, or "" at the end',
)
ADDRESSES = Kind(
    {"anyOf": [_ADDRESS_SCHEMA, {"type": "array", "items": _ADDRESS_SCHEMA, "minItems": 1}]},
    _addresses_problem,
    "write host:port, such as 127.0.0.1:50051",
)

RETRY = {
    "attempts": Key(COUNT, "Calls in all, the first one included."),
    "initial_backoff_s": Key(SECONDS, "Pause after the first attempt, in seconds."),
    "max_backoff_s": Key(SECONDS, "Longest pause, in seconds."),
    "multiplier": Key(FACTOR, "By how much each pause is longer than the one before."),
    "jitter": Key(
        SHARE, "By up to which share each pause is stretched or shortened; 0: not at all."
    ),
}
"""Keys of a container's ``retry``."""

CONTAINER = {
    "id": Key(TEXT, "The same as the key of this container.", is_required=True),
    "input_file": Key(
        OPTIONAL_FILE, "What the service reads; /data means its data root. Empty: nothing."
    ),
    "output_file": Key(
        FILE, "What the service writes; the suffix names the format.", is_required=True
    ),
    "next_node": Key(NODES, "Who follows; a list for branches. Empty: nobody."),
    "timeout_seconds": Key(SECONDS, "Deadline of the call, in seconds; 60 where it is left out."),
    "parameters": Key(OBJECT, "What is asked of the service beyond the original contract."),
    "retry": Key(OBJECT, "How often a call is tried again when the service is unavailable."),
}
"""Keys of a container."""

PIPELINE = {
    "$schema": Key(TEXT, "Path of this schema, for editors."),
    "workflow_name": Key(TEXT, "A name for people.", is_required=True),
    "start_node": Key(TEXT, "Id of the first container.", is_required=True),
    "execution_mode": Key(TEXT, "Kept as it is written; sequential where it is left out."),
    "service_registry": Key(
        Kind(
            {"type": "object", "minProperties": 1, "additionalProperties": ADDRESSES.schema},
            _filled_object_problem,
            'write an object: {"id": "host:port"}',
        ),
        "Where each service listens, host:port by id; a list of addresses shares the calls.",
        is_required=True,
    ),
    "containers": Key(
        Kind(
            {"type": "object", "minProperties": 1},
            _filled_object_problem,
            'write an object: {"id": { ... }}',
        ),
        "The nodes of the pipeline, by id.",
        is_required=True,
    ),
}
"""Keys of a configuration."""
