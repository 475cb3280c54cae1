"""A stage: a plain function, what it reads, and which parameters it takes."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError
from energykit.serving.annotations import input_of, resolve_annotation
from energykit.serving.parameters import Parameter, describe_type, is_understood

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from energykit.serving.annotations import Input

__all__ = ["Stage", "StageInput", "stage"]

STRICT = Parameter("strict", bool, default=False)
"""Understood for every stage that reads an artefact: refuse bad rows instead of skipping and
counting them.
"""


@dataclass(frozen=True, kw_only=True)
class StageInput:
    """One input of a stage."""

    name: str
    """Name of the function's parameter."""
    kind: Input
    """What the function is given: ``"pandas"``, ``"polars"`` or ``"path"``."""
    is_required: bool
    """False where the request may leave it out; the function is given None then."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A function that can be served; calling the record calls the function."""

    name: str
    """The stage's id, as configurations name it."""
    function: Callable[..., Any]
    """What does the work."""
    inputs: tuple[StageInput, ...]
    """What the function takes by position, in order."""
    takes_list: bool = False
    """Whether the only input is a list: of as many files as the request names."""
    parameters: Mapping[str, Parameter]
    """What a request may set."""
    context_name: str = ""
    """Name of the keyword that is given the :class:`StageContext`; empty: none."""
    version: str = ""
    """What the author says of the stage's version; empty: a hash of its source stands for it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself, without any service."""
        return self.function(*args, **kwargs)

    @property
    def input(self) -> Input:
        """What the function's first parameter is given; ``"none"``: there is no such parameter."""
        return self.inputs[0].kind if self.inputs else "none"

    @property
    def needs_input(self) -> bool:
        """False where the request may leave the input path empty."""
        return any(entry.is_required for entry in self.inputs)

    @property
    def place(self) -> str:
        """File and line of the function, as far as they are known."""
        code = getattr(self.function, "__code__", None)
        return f"{Path(code.co_filename).name}:{code.co_firstlineno}" if code else self.name

    @property
    def understood(self) -> Mapping[str, Parameter]:
        """The parameters, and those that the serving layer understands for the stage."""
        reads = any(entry.kind in {"pandas", "polars"} for entry in self.inputs)
        return {STRICT.name: STRICT, **self.parameters} if reads else self.parameters


def stage(name: str, *, version: str = "") -> Callable[[Callable[..., Any]], Stage]:
    """Make a stage of a function.

    Its first positional parameter's annotation decides what it is given: ``pandas.DataFrame``
    (timestamps parsed), ``polars.LazyFrame`` (streaming, timestamps as text), ``pathlib.Path`` (the
    input file itself; with ``| None`` the request may leave it out). A function without positional
    parameter reads no input; one with several is given the files of ``input_files`` in order, and
    one with a list (``list[pl.LazyFrame]``) all of them.

    A path leads to the input as it was when the call began, whatever its name leads to meanwhile;
    files beside it are reached with ``context.root.resolve("/data/…")``.

    Its keyword parameters are the parameters of a request, checked against their annotations; a
    keyword annotated :class:`StageContext` is given the call's context.

    It returns a frame, an iterator of polars frames (batches), or an :class:`Output`.

    Parameters
    ----------
    name
        The stage's id.
    version
        Of what the stage does, such as ``"2"``; empty: a hash of its source. Where it changes, an
        earlier output is not reused.

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
    return functools.partial(_build_stage, name, version)


def _build_stage(name: str, version: str, function: Callable[..., Any]) -> Stage:
    where = getattr(function, "__qualname__", repr(function))
    positional, keywords = _split_signature(function, where)
    inputs, takes_list = _read_inputs(function, positional, where)
    types = {p.name: resolve_annotation(function, p) for p in keywords}
    context = next((name for name, annotation in types.items() if _is_context(annotation)), "")
    parameters = {
        p.name: _parameter(p, types[p.name], where) for p in keywords if p.name != context
    }
    made = Stage(
        name=name,
        function=function,
        inputs=inputs,
        takes_list=takes_list,
        version=version,
        parameters=parameters,
        context_name=context,
    )
    object.__setattr__(made, "__doc__", function.__doc__)
    return made


def _split_signature(
    function: Callable[..., Any], where: str
) -> tuple[list[inspect.Parameter], list[inspect.Parameter]]:
    """Return what a function takes by position, and what by keyword alone."""
    signature = inspect.signature(function).parameters.values()
    by_position = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    positional = [p for p in signature if p.kind in by_position]
    keywords = [p for p in signature if p.kind is p.KEYWORD_ONLY]
    if len(positional) + len(keywords) < len(signature):
        hint = f"def {where}(readings: pd.DataFrame, *, limit_w: float = 3000.0)"
        raise UsageError(
            "a stage takes its inputs by position, and its parameters by keyword",
            where=where,
            hint=hint,
        )
    return positional, keywords


def _read_inputs(
    function: Callable[..., Any], positional: list[inspect.Parameter], where: str
) -> tuple[tuple[StageInput, ...], bool]:
    """Return a function's inputs, and whether they are one list."""
    inputs, lists = [], []
    for parameter in positional:
        kind, is_required, is_list = input_of(function, parameter, where)
        inputs.append(StageInput(name=parameter.name, kind=kind, is_required=is_required))
        lists.append(is_list)
    if any(lists) and len(lists) > 1:
        hint = f"def {where}(readings: list[pl.LazyFrame], *, limit_w: float = 3000.0)"
        raise UsageError("a list of inputs is a stage's only input", where=where, hint=hint)
    return tuple(inputs), any(lists)


def _is_context(annotation: Any) -> bool:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return text.rpartition(".")[2] == "StageContext"


def _parameter(parameter: inspect.Parameter, annotation: Any, where: str) -> Parameter:
    required = parameter.default is parameter.empty
    if annotation is parameter.empty:
        annotation = Any if required or parameter.default is None else type(parameter.default)
    if not is_understood(annotation):
        words = describe_type(annotation)
        hint = "use bool, int, float, str, date, datetime, Literal, "
        hint += "or a list, mapping or union of them"
        raise UsageError(
            f"{words} cannot travel as a parameter", where=f"{where}: {parameter.name}", hint=hint
        )
    return Parameter(
        parameter.name,
        annotation,
        default=None if required else parameter.default,
        required=required,
    )
