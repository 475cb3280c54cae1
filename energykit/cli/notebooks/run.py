"""``energykit notebooks run``: notebooks as regression tests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import MissingPackageError, UsageError

if TYPE_CHECKING:
    import argparse

    from energykit.notebooks import NotebookVerdict

__all__ = ["add_action"]

_EXIT_CODES = "exit codes: 0 passed, 1 failed, 2 refused before it ran, 3 time-out, 4 kernel died, 5 leak"


def add_action(actions: Any) -> None:
    """Add the action to the command's actions."""
    text = "run notebooks headless, each in a folder and a process of its own"
    run = actions.add_parser("run", help=text, description=text, epilog=_EXIT_CODES)
    run.add_argument("paths", nargs="+", help="notebooks")
    run.add_argument("-j", "--jobs", type=int, default=1, help="how many at a time (default: 1)")
    run.add_argument("-p", "--parameter", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"),
                     help="set a parameter; the value as JSON writes it")  # fmt: skip
    run.add_argument("--parameters", metavar="FILE", help="set those of a JSON or YAML file")
    run.add_argument("--out", default="data/out/notebooks", help="folder of the runs (default: data/out/notebooks)")
    run.add_argument("--cell-timeout", type=float, default=60.0, metavar="S", help="longest time for a cell [s]")
    run.add_argument(
        "--notebook-timeout", type=float, default=300.0, metavar="S", help="longest time for a notebook [s]"
    )
    run.set_defaults(carry_out=_run)


def _run(given: argparse.Namespace) -> int:
    try:
        import nbclient  # noqa: F401, PLC0415  # optional
    except ImportError:
        raise MissingPackageError("nbclient", extra="notebooks", needed_for="energykit notebooks") from None
    from energykit.notebooks import Options, run  # noqa: PLC0415  # optional packages

    if given.jobs < 1:
        raise UsageError(f"{given.jobs} notebooks at a time", where="--jobs", hint="a whole number from 1")
    options = Options(
        jobs=given.jobs, parameters=_parameters(given), out=Path(given.out), cell_s=given.cell_timeout,
        notebook_s=given.notebook_timeout,
    )  # fmt: skip
    report = run(given.paths, options, on_verdict=_tell)
    print(report)
    return report.exit_code


def _parameters(given: argparse.Namespace) -> dict[str, Any]:
    from energykit.notebooks.parameters import parse_value, read_parameters  # noqa: PLC0415  # only here

    found = read_parameters(given.parameters) if given.parameters else {}
    return found | {name: parse_value(value) for name, value in given.parameter}


def _tell(verdict: NotebookVerdict) -> None:
    print(f"{verdict.status}: {verdict.path}", file=sys.stderr)
