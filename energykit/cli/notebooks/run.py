"""``energykit notebooks run``: notebooks as regression tests."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.cli import INTERRUPTED
from energykit.cli.notebooks.coverage import add_coverage, measured
from energykit.cli.notebooks.limit import add_limits
from energykit.errors import MissingPackageError, UsageError, nearest

if TYPE_CHECKING:
    import argparse

    from energykit.notebooks import Options, Report

__all__ = ["add_action"]

_EXIT_CODES = (
    "exit codes: 0 passed, 1 failed, 2 refused before it ran, 3 time-out, 4 kernel died, 5 leak"
)


def add_action(actions: Any) -> None:
    """Add the action to the command's actions."""
    text = "run notebooks headless, each in a folder and a process of its own"
    run = actions.add_parser("run", help=text, description=text, epilog=_EXIT_CODES)
    run.add_argument("paths", nargs="+", help="notebooks, and folders of them")
    run.add_argument("-j", "--jobs", type=int, default=1, help="how many at a time (default: 1)")
    _add_parameters(run)
    run.add_argument(
        "--fresh", action="store_true", help="start each kernel as a program; fork none"
    )
    run.add_argument(
        "--out",
        default="data/out/notebooks",
        help="folder of the runs (default: data/out/notebooks)",
    )
    add_limits(run)
    run.add_argument("--junit", metavar="FILE", help="write the verdicts as JUnit XML")
    run.add_argument("--html", metavar="FILE", help="write a report as one HTML file")
    run.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    add_coverage(run)
    run.set_defaults(carry_out=_run)


def _add_parameters(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "-p",
        "--parameter",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="set a parameter; the value as JSON writes it",
    )
    run.add_argument(
        "--parameters",
        metavar="FILE",
        help="set those of a JSON or YAML file, or run each of its sets",
    )
    run.add_argument(
        "--set",
        metavar="NAME",
        help="run only this set of the file; without a file, name the values",
    )


def _run(given: argparse.Namespace) -> int:
    if (
        importlib.util.find_spec("nbclient") is None
    ):  # to import it takes longer than to start the fork server
        raise MissingPackageError("nbclient", extra="notebooks", needed_for="energykit notebooks")
    from energykit.cli.notebooks.progress import ProgressLines, ProgressTable  # only here
    from energykit.notebooks import run  # optional packages
    from energykit.notebooks.process.interruption import Interrupted

    interrupted = False
    with measured(given, _options(given)) as options:
        with (
            ProgressTable()
            if sys.stderr.isatty() and not _is_dumb()
            else ProgressLines() as progress
        ):
            try:
                report = run(
                    given.paths, options, on_verdict=progress.ended, on_start=progress.started
                )
            except Interrupted as exc:
                interrupted, report = True, exc.report
        _write(report, given)
        _show(report, as_json=given.json)
    return INTERRUPTED if interrupted else report.exit_code


def _is_dumb() -> bool:
    return os.environ.get("TERM") == "dumb"


def _options(given: argparse.Namespace) -> Options:
    from energykit.notebooks import Options  # optional packages
    from energykit.notebooks.source.parameter_file import parse_value

    if given.jobs < 1:
        raise UsageError(
            f"{given.jobs} notebooks at a time", where="--jobs", hint="a whole number from 1"
        )
    values = {name: parse_value(value) for name, value in given.parameter}
    return Options(
        fresh=given.fresh,
        jobs=given.jobs,
        sets=_sets(given, values),
        out=Path(given.out),
        cell_s=given.cell_timeout,
        notebook_s=given.notebook_timeout,
    )


def _sets(given: argparse.Namespace, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the parameter sets to run; a value of the command line is set in each."""
    from energykit.notebooks.source.parameter_file import read_sets  # only here

    if not given.parameters:
        return {given.set or "": values}
    sets = read_sets(given.parameters)
    if given.set and given.set not in sets:
        raise UsageError(
            f"there is no set {given.set!r}", where=given.parameters, hint=nearest(given.set, sets)
        )
    return {name: found | values for name, found in sets.items() if given.set in {None, name}}


def _write(report: Report, given: argparse.Namespace) -> None:
    if given.junit:
        from energykit.notebooks.report.junit import write_junit  # only where it is asked for

        write_junit(report, Path(given.junit))
    if given.html:
        from energykit.notebooks.report.page import write_page  # only where it is asked for

        print(f"report: {write_page(report, Path(given.html))}", file=sys.stderr)


def _show(report: Report, *, as_json: bool) -> None:
    from energykit.cli.notebooks.progress import print_table  # only here

    if as_json:
        print(json.dumps(_plain(report), indent=1, ensure_ascii=False, default=repr))
    elif sys.stdout.isatty() and not _is_dumb():
        print_table(report)
    else:
        print(report)


def _plain(report: Report) -> dict[str, Any]:
    from energykit.notebooks.verdict.record import verdict_to_json  # only here

    notebooks = [
        verdict_to_json(one) | {"title": one.title, "reason": one.reason, "command": one.command}
        for one in report.notebooks
    ]
    return {
        "ok": report.ok,
        "exit_code": report.exit_code,
        "seconds": report.seconds,
        "notebooks": notebooks,
    }
