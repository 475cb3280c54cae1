"""``energykit sweep``: one pipeline or notebook, many parameters, one table."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from energykit.cli.stream import print_json
from energykit.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    import pandas as pd

    from energykit.experiments import GridFile

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
    parser.add_argument("--out", metavar="FILE.csv", help="write the table here, too")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(carry_out=_sweep)


def _sweep(given: argparse.Namespace) -> int:
    from energykit.experiments import read_grid  # imports grpc

    if given.jobs < 1:
        raise UsageError(
            f"{given.jobs} points at a time", where="--jobs", hint="a whole number from 1"
        )
    file = read_grid(given.grid)
    table = _table(file, given, _teller(file.size))
    if given.out:
        table.to_csv(given.out, index=False, lineterminator="\n")
    if given.json:
        print_json(table.to_dict(orient="records"))
    else:
        print(table.drop(columns=["folder", "run_id"], errors="ignore").to_string(index=False))
    return 0 if table.empty or bool(table["ok"].all()) else 1


def _table(
    file: GridFile, given: argparse.Namespace, tell: Callable[[dict[str, Any]], None]
) -> pd.DataFrame:
    from concurrent.futures import ProcessPoolExecutor  # only here
    from multiprocessing import get_context

    from energykit.experiments import sweep, sweep_notebook  # imports grpc
    from energykit.notebooks.process.process_tree import end_with_parent  # only here

    with ExitStack() as stack:
        pool = None
        if given.jobs > 1:  # spawned: gRPC does not survive a fork
            made = ProcessPoolExecutor(
                given.jobs,
                get_context("spawn"),
                initializer=end_with_parent,
                initargs=(os.getpid(),),
            )
            pool = stack.enter_context(made)
        if file.kind == "pipeline":
            return sweep(
                file.path,
                file.grid,
                executor=pool,
                data_root=given.data_root,
                attempts=given.attempts,
                on_row=tell,
            )
        out = f"{given.data_root}/out/sweeps"
        return sweep_notebook(
            file.path, file.grid, executor=pool, out=out, attempts=given.attempts, on_row=tell
        )


def _teller(size: int) -> Callable[[dict[str, Any]], None]:
    done = 0

    def tell(row: dict[str, Any]) -> None:
        nonlocal done
        done += 1
        word = "ok" if row["ok"] else f"failed: {row['error']}"
        print(f"{done} of {size}: {word} ({row['seconds']:.1f} s)", file=sys.stderr)

    return tell
