"""A stage's parameters: what their annotations allow, and checking what a request brings."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from energykit.errors import ParameterError, nearest
from energykit.masking import hide

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import ListValue, Struct, Value

__all__ = ["Parameter", "bind", "describe_type", "is_understood", "struct_values", "take_apart"]

_SEQUENCES = frozenset({Collection, Iterable, Sequence, frozenset, list, set, tuple})
_SHOWN_CHARACTERS = 60
_WORDS: Mapping[object, str] = {
    Any: "anything",
    bool: "true or false",
    date: "a date as 'YYYY-MM-DD'",
    datetime: "a time as 'YYYY-MM-DDTHH:MM:SS'",
    dict: "an object",
    float: "a finite number",
    int: "a whole number",
    list: "a list",
    str: "a text",
    type(None): "null",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a stage."""

    name: str
    """As a configuration names it."""
    annotation: Any
    """Its type: bool, int, float, str, date, datetime, Literal, lists and mappings of them, or a
    union.
    """
    default: Any
    """Value where a request does not name it."""
    required: bool = False
    """Whether a request must name it."""


def bind(parameters: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that a stage is called with, or refuse.

    Parameters
    ----------
    parameters
        What the stage takes.
    given
        What the request brings.

    Raises
    ------
    ParameterError
        A name is unknown (the nearest is suggested), a required one is missing, or a value has
        another type.
    """
    for name in given:
        if name not in parameters:
            hint = nearest(name, parameters) or "this stage takes no parameters"
            raise ParameterError(
                f"unknown parameter {name!r}", where=f"parameters.{name}", hint=hint
            )
    for name, parameter in parameters.items():
        if parameter.required and name not in given:
            hint = f"give {describe_type(parameter.annotation)}"
            raise ParameterError(
                f"the parameter {name!r} is missing", where=f"parameters.{name}", hint=hint
            )
    return {
        name: _checked(parameters[name].annotation, value, f"parameters.{name}")
        for name, value in given.items()
    }


def describe_type(annotation: Any) -> str:
    """Return what a type allows, in words."""
    origin, arguments = take_apart(annotation)
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin is Union:
        return " or ".join(dict.fromkeys(map(describe_type, arguments)))
    if origin is list and arguments:
        return f"a list of: {describe_type(arguments[0])}"
    if origin is dict and arguments:
        return f"an object whose values are: {describe_type(arguments[-1])}"
    return _WORDS.get(origin, str(annotation))


def is_understood(annotation: Any) -> bool:
    """Whether a request can carry values of a type."""
    origin, arguments = take_apart(annotation)
    if origin is Literal:
        return True
    inner = arguments[-1:] if origin is dict else arguments
    return (origin is Union or origin in _WORDS) and all(map(is_understood, inner))


def struct_values(struct: Struct) -> dict[str, Any]:
    """Return a Struct as plain values; whole numbers stay floats, as the wire has them."""
    return {name: _value(value) for name, value in struct.fields.items()}


def _value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None
    content: Any = getattr(value, kind)
    if kind == "struct_value":
        return struct_values(content)
    return _values(content) if kind == "list_value" else content


def _values(items: ListValue) -> list[Any]:
    return [_value(item) for item in items.values]


def take_apart(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a type's kind (list for every sequence, dict for every mapping) and its arguments."""
    origin, arguments = get_origin(annotation) or annotation, get_args(annotation)
    if origin is types.UnionType:
        return Union, arguments
    if annotation is None:
        return type(None), ()
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return dict, arguments
    if origin in _SEQUENCES:
        return list, tuple(item for item in arguments if item is not Ellipsis)[:1]
    return origin, arguments


def _checked(annotation: Any, value: Any, where: str) -> Any:
    """Return a value in its declared type."""
    origin, arguments = take_apart(annotation)
    if origin is Union:
        return _first_fitting(annotation, arguments, value, where)
    if origin is Literal:
        return _choice(arguments, value, where)
    if origin is list and isinstance(value, list):
        return _sequence(annotation, arguments, value, where)
    if origin is dict and isinstance(value, dict):
        inner = arguments[-1] if arguments else Any
        return {name: _checked(inner, item, f"{where}.{name}") for name, item in value.items()}
    convert = _SCALARS.get(origin)
    if convert is None or (converted := convert(value)) is _NO:
        raise _wrong(annotation, value, where)
    return converted


def _first_fitting(annotation: Any, choices: tuple[Any, ...], value: Any, where: str) -> Any:
    nested: ParameterError | None = None
    for choice in choices:
        try:
            return _checked(choice, value, where)
        except ParameterError as exc:
            if exc.where != where:  # the shape fits, something inside does not: that says more
                nested = exc
    raise nested or _wrong(annotation, value, where)


def _choice(choices: tuple[Any, ...], value: Any, where: str) -> Any:
    for choice in choices:
        if value == choice and isinstance(value, bool) == isinstance(choice, bool):
            return choice
    words = [choice for choice in choices if isinstance(choice, str)]
    if isinstance(value, str) and len(words) == len(choices):
        raise ParameterError(f"{value!r} is not a choice", where=where, hint=nearest(value, words))
    raise _wrong(Literal[choices], value, where)


def _sequence(annotation: Any, arguments: tuple[Any, ...], value: list[Any], where: str) -> Any:
    inner = arguments[0] if arguments else Any
    items = [_checked(inner, item, f"{where}[{index}]") for index, item in enumerate(value)]
    kind = get_origin(annotation) or annotation
    return kind(items) if kind in {tuple, set, frozenset} else items


def _wrong(annotation: Any, value: Any, where: str) -> ParameterError:
    shown = hide(repr(value))  # before it is cut
    shown = f"{shown[:_SHOWN_CHARACTERS]}…" if len(shown) > _SHOWN_CHARACTERS else shown
    return ParameterError(
        f"{shown} is not {describe_type(annotation)}",
        where=where,
        hint=f"give {describe_type(annotation)}",
    )


_NO = object()


def _whole(value: Any) -> Any:
    number = _finite(value)
    return int(number) if number is not _NO and number == int(number) else _NO


def _finite(value: Any) -> Any:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else _NO


def _iso(kind: type[date]) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        try:
            return kind.fromisoformat(value)
        except (TypeError, ValueError):
            return _NO

    return convert


_SCALARS: Mapping[Any, Callable[[Any], Any]] = {
    Any: lambda value: value,
    bool: lambda value: value if isinstance(value, bool) else _NO,
    date: _iso(date),
    datetime: _iso(datetime),
    float: _finite,
    int: _whole,
    str: lambda value: value if isinstance(value, str) else _NO,
    type(None): lambda value: None if value is None else _NO,
}
