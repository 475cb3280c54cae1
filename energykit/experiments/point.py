"""One point of a sweep: a configuration of its own, run to a row of the table."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.config import parse_config
from energykit.errors import EnergykitError
from energykit.executor import run
from energykit.experiments.warm import warm_services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.executor.run import Services

__all__ = ["Point", "run_point"]


@dataclass(frozen=True, kw_only=True)
class Point:
    """One combination of values; plain data, so that it travels to other processes."""

    number: int
    """From 0, in the order of the grid: the last key changes fastest."""
    settings: Mapping[str, Any]
    """Value by key of the grid."""
    config: str
    """The configuration of this point, as JSON."""
    plan: str
    """The same before its outputs were moved apart, and which repeat it is: what a digest is of."""
    data_root: str
    """What ``/data`` stands for."""
    run_id: str
    """Names the point's record."""


def run_point(point: Point, services: Services | None = None) -> dict[str, Any]:
    """Run one point and return its row; a failure is a row too.

    Parameters
    ----------
    point
        The point.
    services
        Services that run already; None: started for this point, and kept for the next one of this
        worker.
    """
    row: dict[str, Any] = dict(point.settings)
    point = _unrecorded(point)
    try:
        config = parse_config(point.config, file=point.run_id)
        if services is None:
            with warm_services(config, point.data_root) as started:
                result = run(config, started, run_id=point.run_id)
        else:
            result = run(config, services, run_id=point.run_id)
    except EnergykitError as exc:
        return row | _outcome(point, ok=False, exit_code=exc.exit_code, error=str(exc), seconds=0.0)
    error = next(
        (str(stage.error) for stage in result if stage.error and stage.status == "failed"), ""
    )
    outcome = _outcome(
        point, ok=result.ok, exit_code=result.exit_code, error=error, seconds=result.seconds
    )
    return row | outcome | _summary(result[config.order[-1]].output_path)


def _unrecorded(point: Point) -> Point:
    """Return a point whose run has no record yet: one that is run again gets another id."""
    attempt, run_id = 1, point.run_id
    while Path(point.data_root, "runs", run_id).exists():
        attempt += 1
        run_id = f"{point.run_id}-{attempt}"
    return replace(point, run_id=run_id)


def _outcome(
    point: Point, *, ok: bool, exit_code: int, error: str, seconds: float
) -> dict[str, Any]:
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
