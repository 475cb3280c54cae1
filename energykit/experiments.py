"""Sweeps: one pipeline, many parameters, one tidy table.

A point is one combination of values. Each point writes into a folder of its own below the data root, so that points may
run side by side; a point that fails is a row of the table like any other.
"""

from __future__ import annotations

import csv
import itertools
import json
import secrets
from concurrent.futures import as_completed
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from energykit.config import PipelineConfig, load_config, parse_config
from energykit.errors import EnergykitError, MissingPackageError, UsageError, nearest
from energykit.executor import run
from energykit.executor.record import config_as_json
from energykit.launcher import local_services

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from concurrent.futures import Executor, Future
    from os import PathLike

    import pandas as pd

    from energykit.executor.run import Services

__all__ = ["Point", "points", "run_point", "sweep"]


@dataclass(frozen=True, kw_only=True)
class Point:
    """One combination of values; plain data, so that it travels to other processes."""

    number: int
    """From 0, in the order of the grid: the last key changes fastest."""
    settings: Mapping[str, Any]
    """Value by key of the grid."""
    config: str
    """The configuration of this point, as JSON."""
    data_root: str
    """What ``/data`` stands for."""
    run_id: str
    """Names the point's record."""


def sweep(
    config: PipelineConfig | str | PathLike[str],
    grid: Mapping[str, Iterable[Any]],
    *,
    executor: Executor | None = None,
    data_root: str | PathLike[str] = "data",
) -> pd.DataFrame:
    """Run a pipeline for every combination of parameters and return one table.

    Parameters
    ----------
    config
        The pipeline.
    grid
        Values by key. A key is ``CONTAINER.PARAMETER``, deeper with more dots; in a list of named objects the name
        stands for the object: ``"energy-analyzer.detectors.efficiency_below.threshold"``.
    executor
        Anything that speaks `concurrent.futures.Executor`: a process pool, a Dask client's ``get_executor()``. Each
        point then starts services of its own where it runs. None: one after another here, with one set of services.
    data_root
        What ``/data`` stands for; outputs go to ``sweeps/`` in it. Workers on other machines must see the same folder.

    Returns
    -------
    pandas.DataFrame
        One row a point, in the order of the grid: the keys of the grid, ``ok``, ``exit_code``, ``error``, ``seconds``
        [s], ``run_id``, ``folder``; and where the last stage writes a summary (``"report-generator.summary": [True]``),
        its metrics of the whole run: ``rows``, ``energy`` [kWh], ``anomalies`` and so on.

    Raises
    ------
    energykit.errors.ConfigError
        The configuration has faults.
    energykit.errors.UsageError
        A key names no container.
    energykit.errors.MissingPackageError
        pandas is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415  # optional and heavy
    except ImportError:
        raise MissingPackageError("pandas", extra="notebooks", needed_for="sweep()") from None
    known = config if isinstance(config, PipelineConfig) else load_config(config, data_root=data_root)
    planned = points(known, grid, data_root=data_root)
    rows = _here(known, planned) if executor is None else _elsewhere(planned, executor)
    return pd.DataFrame([rows[point.number] for point in planned])


def points(
    config: PipelineConfig, grid: Mapping[str, Iterable[Any]], *, data_root: str | PathLike[str] = "data"
) -> list[Point]:
    """Return the points of a grid; the last key changes fastest.

    Raises
    ------
    energykit.errors.UsageError
        A key names no container, or nothing in it.
    """
    name = f"sweep-{secrets.token_hex(4)}"
    values = [list(one) for one in grid.values()]
    found = []
    for number, combination in enumerate(itertools.product(*values)):
        settings = dict(zip(grid, combination, strict=True))
        plan = _moved(_set(config_as_json(config), settings), PurePosixPath("/data/sweeps", name, f"{number:04d}"))
        point = Point(number=number, settings=settings, config=json.dumps(plan), data_root=str(data_root),
                      run_id=f"{name}-{number:04d}")  # fmt: skip
        found.append(point)
    return found


def run_point(point: Point, services: Services | None = None) -> dict[str, Any]:
    """Run one point and return its row; a failure is a row too.

    Parameters
    ----------
    point
        The point.
    services
        Services that run already; None: started for this point and stopped after it.
    """
    row: dict[str, Any] = dict(point.settings)
    try:
        config = parse_config(point.config, file=point.run_id)
        if services is None:
            with local_services(config, data_root=point.data_root) as started:
                result = run(config, started, run_id=point.run_id)
        else:
            result = run(config, services, run_id=point.run_id)
    except EnergykitError as exc:
        return row | _told(point, ok=False, exit_code=exc.exit_code, error=str(exc), seconds=0.0)
    error = next((str(stage.error) for stage in result if stage.error and stage.status == "failed"), "")
    told = _told(point, ok=result.ok, exit_code=result.exit_code, error=error, seconds=result.seconds)
    return row | told | _summary(result[config.order[-1]].output_path)


def _told(point: Point, *, ok: bool, exit_code: int, error: str, seconds: float) -> dict[str, Any]:
    folder = str(Path(point.data_root, "runs", point.run_id))
    return {
        "ok": ok,
        "exit_code": exit_code,
        "error": error,
        "seconds": seconds,
        "run_id": point.run_id,
        "folder": folder,
    }


def _summary(output: Path | None) -> dict[str, Any]:
    """Return the metrics of the whole run, where the last stage wrote a summary."""
    found = sorted(output.parent.glob("*summary.csv")) if output else []
    if not found:
        return {}
    with found[0].open(encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if "[" not in line["metric"]]
    return {line["metric"]: _number(line["value"]) for line in lines}


def _number(text: str) -> float | int | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _here(config: PipelineConfig, planned: Sequence[Point]) -> dict[int, dict[str, Any]]:
    if not planned:
        return {}
    with local_services(config, data_root=planned[0].data_root) as services:
        return {point.number: run_point(point, services) for point in planned}


def _elsewhere(planned: Sequence[Point], executor: Executor) -> dict[int, dict[str, Any]]:
    waiting: dict[Future[dict[str, Any]], Point] = {executor.submit(run_point, point): point for point in planned}
    rows = {}
    for future in as_completed(waiting):
        point = waiting[future]
        try:
            rows[point.number] = future.result()
        except Exception as exc:  # noqa: BLE001  # whatever ended a worker is the point's error
            told = _told(point, ok=False, exit_code=1, error=f"{type(exc).__name__}: {exc}", seconds=0.0)
            rows[point.number] = dict(point.settings) | told
    return rows


def _set(plan: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with parameters set."""
    changed = deepcopy(plan)
    for key, value in settings.items():
        name, _, path = key.partition(".")
        if name not in changed["containers"] or not path:
            hint = (
                nearest(name, changed["containers"])
                if name not in changed["containers"]
                else "write CONTAINER.PARAMETER"
            )
            raise UsageError(f"{key!r} names no parameter of a container", where="grid", hint=hint)
        _put(changed["containers"][name].setdefault("parameters", {}), path.split("."), value, key)
    return changed


def _put(holder: dict[str, Any], path: list[str], value: Any, key: str) -> None:
    """Set a value below an object; a part that is not there is made."""
    for at, part in enumerate(path[:-1]):
        below = holder.setdefault(part, {})
        if isinstance(below, list):
            _put(_named(below, path[at + 1], key), path[at + 2 :], value, key)
            return
        if not isinstance(below, dict):
            raise UsageError(f"{key!r}: {part!r} is {below!r}, which has nothing below it", where="grid")
        holder = below
    if not path:
        raise UsageError(f"{key!r} ends at a name, not at a parameter", where="grid", hint="add the parameter's name")
    holder[path[-1]] = value


def _named(items: list[Any], name: str, key: str) -> dict[str, Any]:
    """Return the object of that name in a list; a bare name becomes an object."""
    for at, one in enumerate(items):
        if one == name:
            items[at] = {"name": name}
        if isinstance(items[at], dict) and items[at].get("name") == name:
            found: dict[str, Any] = items[at]
            return found
    known = [one if isinstance(one, str) else one.get("name", "") for one in items]
    raise UsageError(f"{key!r}: there is no {name!r} in the list", where="grid", hint=nearest(name, known))


def _moved(plan: dict[str, Any], folder: PurePosixPath) -> dict[str, Any]:
    """Return a configuration whose outputs go to a folder, and whose stages read them there."""
    written = {
        one["output_file"]: str(folder / PurePosixPath(one["output_file"]).name) for one in plan["containers"].values()
    }
    for one in plan["containers"].values():
        one["output_file"] = written[one["output_file"]]
        one["input_file"] = written.get(one["input_file"], one["input_file"])
    return plan
