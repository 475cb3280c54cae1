"""One point of a sweep: a configuration of its own, run to a row of the table."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.config import parse_config
from energykit.errors import EnergykitError
from energykit.executor import run
from energykit.experiments.warm import warm_services

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from energykit.executor.run import Services
    from energykit.experiments.files_at import FilesAt
    from energykit.results import StageResult

__all__ = ["Point", "new_id", "outcome", "run_point"]


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
    place: str = ""
    """Folder of its outputs, relative to the data root."""
    root_id: str = ""
    """Identity of the data root; empty: it is taken for shared."""
    files: FilesAt | None = None
    """Where a worker that does not see the data root gets its files; None: not known yet."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Digest of each file that such a worker gets."""

    @property
    def outputs(self) -> Path:
        """Folder of its outputs."""
        return Path(self.data_root, self.place)


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
    point = replace(
        point, run_id=new_id(point, lambda name: Path(point.data_root, "runs", name).exists())
    )
    try:
        config = parse_config(point.config, file=point.run_id)
        if services is None:
            with warm_services(config, point.data_root) as started:
                result = run(config, started, run_id=point.run_id)
        else:
            result = run(config, services, run_id=point.run_id)
    except EnergykitError as exc:
        return row | outcome(point, ok=False, exit_code=exc.exit_code, error=str(exc))
    error = next(
        (str(stage.error) for stage in result if stage.error and stage.status == "failed"), ""
    )
    ending = outcome(
        point, ok=result.ok, exit_code=result.exit_code, error=error, seconds=result.seconds
    )
    return row | ending | _summary(result[config.order[-1]])


def new_id(point: Point, is_taken: Callable[[str], bool]) -> str:
    """Return an id of which there is no record yet: a point that is run again gets another."""
    attempt, run_id = 1, point.run_id
    while is_taken(run_id):
        attempt += 1
        run_id = f"{point.run_id}-{attempt}"
    return run_id


def outcome(
    point: Point, *, ok: bool, exit_code: int, error: str, seconds: float = 0.0
) -> dict[str, Any]:
    """Return the columns of a row that say what became of a point."""
    folder = str(Path(point.data_root, "runs", point.run_id))
    return {
        "ok": ok,
        "exit_code": exit_code,
        "error": error,
        "seconds": seconds,
        "run_id": point.run_id,
        "folder": folder,
    }


def _summary(stage: StageResult) -> dict[str, Any]:
    """Return the metrics of the whole run, where its last stage wrote a summary."""
    path = next((path for path in stage.also_written if path.name.endswith("summary.csv")), None)
    if path is None:
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if "[" not in line["metric"]]
    return {line["metric"]: _number(line["value"]) for line in lines}


def _number(text: str) -> float | int | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
