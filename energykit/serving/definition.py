"""A stage: a plain function, what it reads, and which parameters it takes."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError
from energykit.serving.annotations import input_of, resolve_annotation
from energykit.serving.parameters import Parameter, describe_type, is_understood

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from energykit.serving.annotations import Input

__all__ = ["Stage", "stage"]

STRICT = Parameter("strict", bool, default=False)
"""Understood for every stage that reads an artefact: refuse bad rows instead of skipping and
counting them.
"""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A function that can be served; calling the record calls the function."""

    name: str
    """The stage's id, as configurations name it."""
    function: Callable[..., Any]
    """What does the work."""
    input: Input
    """What the function's first parameter is given: ``"pandas"``, ``"polars"``, ``"path"`` or
    ``"none"``.
    """
    needs_input: bool
    """False where the request may leave the input path empty; the function is given None then."""
    parameters: Mapping[str, Parameter]
    """What a request may set."""
    context_name: str = ""
    """Name of the keyword that is given the :class:`StageContext`; empty: none."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself, without any service."""
        return self.function(*args, **kwargs)

    @property
    def understood(self) -> Mapping[str, Parameter]:
        """The parameters, and those that the serving layer understands for the stage."""
        reads = self.input in {"pandas", "polars"}
        return {STRICT.name: STRICT, **self.parameters} if reads else self.parameters


def stage(name: str) -> Callable[[Callable[..., Any]], Stage]:
    """Make a stage of a function.

    Its first positional parameter's annotation decides what it is given: ``pandas.DataFrame``
    (timestamps parsed), ``polars.LazyFrame`` (streaming, timestamps as text), ``pathlib.Path`` (the
    input file itself; with ``| None`` the request may leave it out). A function without positional
    parameter reads no input. Its keyword parameters are the parameters of a request, checked
    against their annotations; a keyword annotated :class:`StageContext` is given the call's
    context.

    It returns a frame, an iterator of polars frames (batches), or an :class:`Output`.

    Parameters
    ----------
    name
        The stage's id.

    Raises
    ------
    UsageError
        The function cannot be a stage: an annotation is missing or cannot travel in a request.

    Examples
    --------
    >>> @stage("peak-shaver")
    ... def shave(readings: pd.DataFrame, *, limit_w: float = 3000.0) -> pd.DataFrame:
    ...     return readings.assign(power_consumption=readings.power_consumption.clip(upper=limit_w))
    """
    if not isinstance(name, str) or not name.strip():
        raise UsageError(
            "a stage needs a name", hint='write @ek.stage("peak-shaver") above the function'
        )
    return functools.partial(_build_stage, name)


def _build_stage(name: str, function: Callable[..., Any]) -> Stage:
    where = getattr(function, "__qualname__", repr(function))
    signature = inspect.signature(function)
    positional = [
        p
        for p in signature.parameters.values()
        if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}
    ]
    keywords = [p for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY]
    if len(positional) > 1 or len(positional) + len(keywords) < len(signature.parameters):
        hint = f"def {where}(readings: pd.DataFrame, *, limit_w: float = 3000.0)"
        raise UsageError(
            "a stage takes one input, and its parameters by keyword", where=where, hint=hint
        )
    kind, needs_input = input_of(function, positional[0], where) if positional else ("none", False)
    types = {p.name: resolve_annotation(function, p) for p in keywords}
    context = next((name for name, annotation in types.items() if _is_context(annotation)), "")
    parameters = {
        p.name: _parameter(p, types[p.name], where) for p in keywords if p.name != context
    }
    made = Stage(
        name=name,
        function=function,
        input=kind,
        needs_input=needs_input,
        parameters=parameters,
        context_name=context,
    )
    object.__setattr__(made, "__doc__", function.__doc__)
    return made


def _is_context(annotation: Any) -> bool:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return text.rpartition(".")[2] == "StageContext"


def _parameter(parameter: inspect.Parameter, annotation: Any, where: str) -> Parameter:
    required = parameter.default is parameter.empty
    if annotation is parameter.empty:
        annotation = Any if required or parameter.default is None else type(parameter.default)
    if not is_understood(annotation):
        words = describe_type(annotation)
        hint = "use bool, int, float, str, date, datetime, Literal, or a list, mapping or union of them"
        raise UsageError(
            f"{words} cannot travel as a parameter", where=f"{where}: {parameter.name}", hint=hint
        )
    return Parameter(
        parameter.name,
        annotation,
        default=None if required else parameter.default,
        required=required,
    )
