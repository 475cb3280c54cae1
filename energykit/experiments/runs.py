"""All recorded runs of a data root as one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import ArtifactError
from energykit.experiments.table import data_frame
from energykit.results import load_run
from energykit.results.file import runs_folder

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from energykit.results import RunResult

__all__ = ["runs"]

_COLUMNS = (
    "run_id",
    "workflow",
    "started",
    "seconds",
    "ok",
    "state",
    "exit_code",
    "stages",
    "failed_stage",
    "rows_out",
    "resumed_from",
    "folder",
)


def runs(data_root: str | PathLike[str] = "data", *, workflow: str | None = None) -> pd.DataFrame:
    """Return every recorded run, the newest first.

    Parameters
    ----------
    data_root
        What ``/data`` stands for; the records are in ``runs/`` in it.
    workflow
        Only the runs of a workflow of this name; None: all.

    Returns
    -------
    pandas.DataFrame
        One row a run: ``run_id``, ``workflow``, ``started`` (UTC), ``seconds`` [s], ``ok``,
        ``state`` (``succeeded``, ``failed``, ``unfinished``, ``unreadable``), ``exit_code``,
        ``stages``, ``failed_stage``, ``rows_out`` (of the last stage), ``resumed_from``,
        ``folder``. A record that cannot be read is a row too.

    Raises
    ------
    energykit.errors.MissingPackageError
        pandas is not installed.
    energykit.errors.UsageError
        The folder of the runs is another user's.
    """
    rows = [_row(path.parent) for path in runs_folder(Path(data_root)).glob("*/run.json")]
    table = data_frame([row for row in rows if workflow in {None, row["workflow"]}])
    if table.empty:
        return table.reindex(columns=list(_COLUMNS))
    table = table[list(_COLUMNS)].sort_values("started", ascending=False, na_position="last")
    return table.reset_index(drop=True)


def _row(folder: Path) -> dict[str, Any]:
    try:
        result = load_run(folder)
    except ArtifactError:
        empty: dict[str, Any] = dict.fromkeys(_COLUMNS)
        return empty | {
            "run_id": folder.name,
            "workflow": "",
            "ok": False,
            "state": "unreadable",
            "folder": str(folder),
        }
    last = next((stage.metrics for stage in reversed(result.stages) if stage.metrics), None)
    return {
        "run_id": result.run_id,
        "workflow": result.workflow_name,
        "started": result.started,
        "seconds": result.seconds,
        "ok": result.ok,
        "state": _state(result),
        "exit_code": result.exit_code,
        "stages": len(result.stages),
        "failed_stage": next((one.id for one in result if one.status == "failed"), ""),
        "rows_out": last.rows_out if last else None,
        "resumed_from": result.resumed_from,
        "folder": str(folder),
    }


def _state(result: RunResult) -> str:
    if not result.is_finished:
        return "unfinished"
    return "succeeded" if result.ok else "failed"
