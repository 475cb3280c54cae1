"""What a function's annotations say, also as text and of packages that are not imported."""

from __future__ import annotations

import builtins
import collections.abc
import datetime as dt
import pathlib
import re
import typing
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from energykit.errors import UsageError

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable

__all__ = ["Input", "input_of", "resolve_annotation"]

Input = Literal["pandas", "polars", "path", "none"]

_INPUTS: dict[str, Input] = {
    "pandas.DataFrame": "pandas",
    "pd.DataFrame": "pandas",
    "polars.LazyFrame": "polars",
    "pl.LazyFrame": "polars",
    "LazyFrame": "polars",
    "pathlib.Path": "path",
    "Path": "path",
}
_USUAL: dict[str, Any] = {
    **{name: getattr(collections.abc, name) for name in collections.abc.__all__},
    **{name: getattr(typing, name) for name in ("Any", "Literal", "Optional", "Union")},
    "date": dt.date,
    "datetime": dt.datetime,
    "Path": pathlib.Path,
}
"""Names that a module may import for type checkers only."""


def resolve_annotation(function: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    """Return a parameter's type, or its text where that cannot be evaluated."""
    annotation = parameter.annotation
    if not isinstance(annotation, str):
        return annotation
    names = {**vars(builtins), **_USUAL, **getattr(function, "__globals__", {})}
    try:
        return eval(annotation, names)  # noqa: S307  the function's own annotation, as typing.get_type_hints does
    except (NameError, AttributeError, TypeError, SyntaxError):
        return annotation


def input_of(
    function: Callable[..., Any], parameter: inspect.Parameter, where: str
) -> tuple[Input, bool, bool]:
    """Return what an input of a stage is given, whether it is required, and whether it is a list.

    Raises
    ------
    UsageError
        The annotation is missing or none of the known ones.
    """
    annotation, is_list = _unlist(resolve_annotation(function, parameter))
    names = _names(annotation)
    kinds = [_INPUTS[name] for name in names if name in _INPUTS]
    if len(kinds) != 1 or len(names - {"None"}) != 1:
        hint = "annotate it with pd.DataFrame, pl.LazyFrame or pathlib.Path"
        raise UsageError(f"what {parameter.name!r} is given is not clear", where=where, hint=hint)
    return kinds[0], "None" not in names, is_list


def _unlist(annotation: Any) -> tuple[Any, bool]:
    """Return the type of a list's items, and whether it was a list."""
    if isinstance(annotation, str):
        match = re.fullmatch(r"\s*(?:list|Sequence)\[(.+)\]\s*", annotation)
        return (match[1], True) if match else (annotation, False)
    if get_origin(annotation) in {list, collections.abc.Sequence}:
        return get_args(annotation)[0], True
    return annotation, False


def _names(annotation: Any) -> set[str]:
    """Names of the types in a union, with the top package only: ``polars.LazyFrame``."""
    if isinstance(annotation, str):
        return {part.strip() for part in annotation.split("|")}
    if arguments := get_args(annotation):
        return set().union(*map(_names, arguments))
    if annotation in {None, type(None)}:
        return {"None"}
    module = getattr(annotation, "__module__", "").partition(".")[0]
    return {f"{module}.{getattr(annotation, '__name__', annotation)}"}
