"""``energykit sweep``: one pipeline or notebook, many parameters, one table."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from energykit.artifacts.atomic import replace_file
from energykit.cli.stream import print_json
from energykit.errors import UsageError
from energykit.module_command import guard_spawned

if TYPE_CHECKING:
    import argparse
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager

    import pandas as pd

    from energykit.experiments import GridFile, SweepProgress

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "run a pipeline or a notebook for every combination of parameters, and print one table"
    parser = commands.add_parser(
        "sweep", help=text, description=text, epilog="exit codes: 0 every point, 1 not all"
    )
    parser.add_argument(
        "grid", metavar="GRID.yaml", help="YAML or JSON: pipeline (or notebook), and grid"
    )
    parser.add_argument("--data-root", default="data", help="what /data stands for (default: data)")
    parser.add_argument(
        "-j", "--jobs", type=int, default=1, help="how many points at a time (default: 1)"
    )
    parser.add_argument(
        "--attempts", type=int, default=1, help="tries of a point that was lost or not reached"
    )
    parser.add_argument(
        "--repeats", type=int, default=1, help="how often each point is run (default: 1)"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="do not run the points again that an earlier sweep finished",
    )
    parser.add_argument("--out", metavar="FILE.csv", help="write the table here, too")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run_command=_sweep)


def _sweep(given: argparse.Namespace) -> int:
    from energykit.experiments import read_grid  # imports grpc

    if given.jobs < 1:
        raise UsageError(
            f"{given.jobs} points at a time", where="--jobs", hint="a whole number from 1"
        )
    file = read_grid(given.grid)
    if file.kind == "notebook" and (given.resume or given.repeats != 1):
        hint = "leave it out: each run of a notebook is a run of its own"
        raise UsageError("only a sweep over a pipeline", where="--resume, --repeats", hint=hint)
    with _pool(given.jobs) as pool:
        table = (
            _sweep_pipeline(file, given, pool)
            if file.kind == "pipeline"
            else _sweep_notebook(file, given, pool)
        )
    if given.out:
        with replace_file(given.out) as out:
            out.write(table.to_csv(index=False, lineterminator="\n").encode())
    if given.json:
        print_json(table.to_dict(orient="records"))
    else:
        print(table.drop(columns=["folder", "run_id"], errors="ignore").to_string(index=False))
    return 0 if table.empty or bool(table["ok"].all()) else 1


def _pool(jobs: int) -> AbstractContextManager[Executor | None]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from energykit.notebooks.process.process_tree import end_with_parent

    if jobs == 1:
        return nullcontext()
    guard_spawned()
    return ProcessPoolExecutor(  # spawned: gRPC does not survive a fork
        jobs, get_context("spawn"), initializer=end_with_parent, initargs=(os.getpid(),)
    )


def _sweep_pipeline(
    file: GridFile, given: argparse.Namespace, pool: Executor | None
) -> pd.DataFrame:
    from energykit.experiments import sweep  # imports grpc

    reporter = _RowReporter()
    return sweep(
        file.path,
        file.grid,
        executor=pool,
        data_root=given.data_root,
        attempts=given.attempts,
        repeats=given.repeats,
        resume=given.resume,
        on_row=reporter.keep,
        on_progress=reporter.report,
    )


def _sweep_notebook(
    file: GridFile, given: argparse.Namespace, pool: Executor | None
) -> pd.DataFrame:
    from energykit.experiments import sweep_notebook  # imports grpc
    from energykit.experiments.progress import SweepClock

    reporter, clock = _RowReporter(), SweepClock(file.size)

    def report(row: dict[str, Any]) -> None:
        reporter.keep(row)
        reporter.report(clock.count(is_ok=bool(row["ok"])))

    out = f"{given.data_root}/out/sweeps"
    return sweep_notebook(
        file.path, file.grid, executor=pool, out=out, attempts=given.attempts, on_row=report
    )


class _RowReporter:
    """Says of each point, on stderr, what became of it and how far the sweep is."""

    def __init__(self) -> None:
        self._row: dict[str, Any] = {}

    def keep(self, row: dict[str, Any]) -> None:
        """Keep the row that the next progress is about."""
        self._row = row

    def report(self, progress: SweepProgress) -> None:
        """Print a line."""
        row = self._row
        word = "ok" if row["ok"] else f"failed: {row['error']}"
        word = "reused" if row.get("reused") else word
        line = f"{progress.done} of {progress.total}: {word} ({row['seconds']:.1f} s)"
        print(", ".join(filter(None, [line, progress.left_text])), file=sys.stderr)
