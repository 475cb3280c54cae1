"""Stages on the partitions of a frame: a household at a time, here or on a Dask cluster."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError
from energykit.serving import Output, StageContext
from energykit.serving.definition import Stage
from energykit.serving.definition import stage as stage_of
from energykit.serving.parameters import bind
from energykit.serving.paths import DataRoot

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

__all__ = ["on_partitions"]

_ORDER = "\0order"


def on_partitions(
    frame: Any,
    stage: Stage | Callable[..., Any],
    *,
    by: str = "household_id",
    meta: Any = None,
    **parameters: Any,
) -> Any:
    """Run a stage's own function on every household of a frame, without a service.

    The result of each household is that of the service on the household's readings alone; a stage
    that compares households with each other is not one for this.

    Parameters
    ----------
    frame
        A pandas frame, or a Dask frame, which is shuffled so that a household is in one partition.
        It has the contract's columns, timestamps as the contract writes them.
    stage
        What ``@ek.stage`` returned, also that of a service, or a function that could be one.
    by
        The column that tells households apart.
    meta
        An empty pandas frame like the result, for a Dask frame; None: the stage is asked with no
        rows.
    **parameters
        Of the stage, checked as a service does.

    Returns
    -------
    pandas.DataFrame or dask.dataframe.DataFrame
        The households one after another, each with its rows in the order of the stage.

    Raises
    ------
    energykit.errors.UsageError
        The frame lacks the column, or the stage reads no frame or several.
    energykit.errors.ParameterError
        A parameter is unknown or has a wrong value.
    """
    served = stage if isinstance(stage, Stage) else stage_of(_name_of(stage))(stage)
    if len(served.inputs) != 1 or served.inputs[0].kind not in {"pandas", "polars"}:
        hint = "its first parameter is a pd.DataFrame or a pl.LazyFrame, and the only one"
        raise UsageError(f"{served.name} does not read one frame", where="on_partitions", hint=hint)
    if by not in frame.columns:
        what, hint = f"the frame has no column {by!r}", "name the column of the household with by="
        raise UsageError(what, where="on_partitions", hint=hint)
    values = bind(served.understood, parameters)
    if not hasattr(frame, "map_partitions"):
        return _run(frame, served, by, values)
    like = _run(frame._meta, served, by, values) if meta is None else meta
    numbered = frame.assign(**{_ORDER: 1})
    numbered = numbered.assign(**{_ORDER: numbered[_ORDER].cumsum()})
    return numbered.shuffle(on=by).map_partitions(_run, served, by, values, meta=like)


def _name_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", "") or "stage"


def _run(part: pd.DataFrame, stage: Stage, by: str, parameters: dict[str, Any]) -> pd.DataFrame:
    """Return the results of a partition's households, in the order of their names."""
    import pandas as pd  # optional and heavy

    if _ORDER in part.columns:  # a shuffle loses the order of the rows
        part = part.sort_values(_ORDER).drop(columns=_ORDER)
    groups = [group for _, group in part.groupby(by, sort=True)] or [part]
    results = [_call(stage, group.reset_index(drop=True), parameters) for group in groups]
    return pd.concat(results, ignore_index=True)


def _call(stage: Stage, frame: pd.DataFrame, parameters: dict[str, Any]) -> pd.DataFrame:
    import polars as pl

    keywords = {name: value for name, value in parameters.items() if name in stage.parameters}
    if stage.context_name:
        keywords[stage.context_name] = StageContext(stage.name, root=DataRoot(Path.cwd()))
    given = pl.from_pandas(frame).lazy() if stage.inputs[0].kind == "polars" else frame
    result = stage.function(given, **keywords)
    content: Any = result.frame if isinstance(result, Output) else result
    if isinstance(content, pl.LazyFrame):
        content = content.collect()
    elif inspect.isgenerator(content) or isinstance(content, list):
        content = pl.concat(content)
    if content is None or isinstance(content, str | bytes):
        hint = "return a frame; is a `return` missing?"
        raise UsageError(f"{stage.name} returned no frame", where="on_partitions", hint=hint)
    frames: pd.DataFrame = content.to_pandas() if isinstance(content, pl.DataFrame) else content
    return frames
