"""A stage's parameters as JSON Schema: what their annotations allow, for clients and editors."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, Union

from energykit.serving.parameters import take_apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.serving.parameters import Parameter

__all__ = ["parameters_schema"]

_SCALARS: Mapping[object, dict[str, Any]] = {
    Any: {},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    dict: {"type": "object"},
    float: {"type": "number"},
    int: {"type": "integer"},
    list: {"type": "array"},
    str: {"type": "string"},
    type(None): {"type": "null"},
}


def parameters_schema(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a request's parameters.

    Parameters
    ----------
    parameters
        What a stage understands, by name.
    """
    properties = {name: _property(one) for name, one in parameters.items()}
    required = [name for name, one in parameters.items() if one.required]
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _property(parameter: Parameter) -> dict[str, Any]:
    schema = _type_schema(parameter.annotation)
    is_said = not parameter.required and isinstance(parameter.default, bool | int | float | str)
    return {**schema, "default": parameter.default} if is_said else schema


def _type_schema(annotation: Any) -> dict[str, Any]:
    origin, arguments = take_apart(annotation)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is Union:
        return _union_schema([_type_schema(choice) for choice in arguments])
    schema = dict(_SCALARS.get(origin, {}))
    if origin is list and arguments and (items := _type_schema(arguments[0])):
        schema["items"] = items
    if origin is dict and arguments and (values := _type_schema(arguments[-1])):
        schema["additionalProperties"] = values
    return schema


def _union_schema(choices: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one schema for several, in short where each says nothing but its type."""
    types = [choice["type"] for choice in choices if list(choice) == ["type"]]
    rest = [choice for choice in choices if list(choice) != ["type"]]
    if not types:
        return {"anyOf": rest}
    short = {"type": types[0] if len(types) == 1 else types}
    return {"anyOf": [*rest, short]} if rest else short
