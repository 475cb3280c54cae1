"""A sweep over a notebook: a row for each set of parameters, with the values that it recorded."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import EnergykitError
from energykit.experiments.grid import combinations
from energykit.experiments.spread import spread
from energykit.experiments.table import data_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Executor
    from os import PathLike

    import pandas as pd

__all__ = ["NotebookPoint", "run_notebook_point", "sweep_notebook"]


@dataclass(frozen=True, kw_only=True)
class NotebookPoint:
    """One set of parameters of a notebook; plain data, so that it travels to other processes."""

    number: int
    """From 0, in the order of the grid: the last key changes fastest."""
    settings: Mapping[str, Any]
    """Value by parameter."""
    path: str
    """The notebook."""
    out: str
    """A folder for each run goes in here."""
    token: str
    """Of this point alone: an executor that takes equal calls for one task runs it nevertheless."""


def sweep_notebook(
    path: str | PathLike[str],
    grid: Mapping[str, Iterable[Any]],
    *,
    executor: Executor | None = None,
    out: str | PathLike[str] = "data/out/sweeps",
    attempts: int = 1,
    on_row: Callable[[dict[str, Any]], None] | None = None,
) -> pd.DataFrame:
    """Run a notebook headless for every combination of parameters and return one table.

    Parameters
    ----------
    path
        The notebook; its cell tagged ``parameters`` holds the defaults.
    grid
        Values by parameter.
    executor
        Anything that speaks `concurrent.futures.Executor`; None: one after another here.
    out
        A folder for each run, with the executed copy, goes in here.
    attempts
        How often a point is tried whose kernel died, whose time was over, or whose worker was lost.
    on_row
        Called with each row as it comes.

    Returns
    -------
    pandas.DataFrame
        One row a point, in the order of the grid: the parameters, ``ok``, ``exit_code`` (that of
        ``energykit notebooks run``), ``error`` (the failing cell and why), ``seconds`` [s],
        ``folder``, ``attempts``, and a column for each value that the notebook recorded with
        `energykit.record`.

    Raises
    ------
    energykit.errors.UsageError
        `attempts` is not a whole number from 1.
    energykit.errors.MissingPackageError
        pandas is not installed.
    """
    planned = [
        NotebookPoint(
            number=number,
            settings=settings,
            path=str(path),
            out=str(out),
            token=secrets.token_hex(8),
        )
        for number, settings in enumerate(combinations(grid))
    ]
    tell = (lambda _point, row: on_row(row)) if on_row else None
    return data_frame(
        spread(run_notebook_point, planned, executor=executor, attempts=attempts, on_row=tell)
    )


def run_notebook_point(point: NotebookPoint) -> dict[str, Any]:
    """Run a notebook with one set of parameters and return its row; a failure is a row too."""
    from energykit.notebooks import Options, run  # optional packages

    settings = dict(point.settings)
    try:
        report = run([point.path], Options(parameters=settings, out=Path(point.out)))
    except EnergykitError as exc:
        return settings | {
            "ok": False,
            "exit_code": exc.exit_code,
            "error": str(exc),
            "seconds": 0.0,
            "folder": "",
        }
    (verdict,) = report.notebooks
    outcome = {
        "ok": report.ok,
        "exit_code": report.exit_code,
        "error": verdict.reason,
        "seconds": verdict.seconds,
        "folder": verdict.folder,
    }
    return settings | outcome | verdict.records
