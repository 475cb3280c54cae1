"""``energykit notebooks run``: notebooks as regression tests."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.cli.exit_code import INTERRUPTED
from energykit.cli.notebooks.coverage import add_coverage, measured
from energykit.cli.notebooks.limit import add_limits
from energykit.cli.notebooks.options import add_options, read_options
from energykit.errors import MissingPackageError

if TYPE_CHECKING:
    import argparse

    from energykit.notebooks import Report

__all__ = ["add_action"]

_EXIT_CODES = (
    "exit codes: 0 passed, 1 failed, 2 refused before it ran, 3 time-out, 4 kernel died, 5 leak"
)


def add_action(actions: Any) -> None:
    """Add the action to the command's actions."""
    text = "run notebooks headless, each in a folder and a process of its own"
    run = actions.add_parser("run", help=text, description=text, epilog=_EXIT_CODES)
    add_options(run)
    add_limits(run)
    run.add_argument("--junit", metavar="FILE", help="write the verdicts as JUnit XML")
    run.add_argument("--html", metavar="FILE", help="write a report as one HTML file")
    run.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    text = "print annotations and a job summary for GitHub; the default in its workflows"
    run.add_argument("--github", action="store_true", help=text)
    add_coverage(run)
    run.set_defaults(run_command=_run)


def _run(given: argparse.Namespace) -> int:
    if (
        importlib.util.find_spec("nbclient") is None
    ):  # to import it takes longer than to start the fork server
        raise MissingPackageError("nbclient", extra="notebooks", needed_for="energykit notebooks")
    from energykit.cli.notebooks.progress import ProgressLines, ProgressTable  # only here
    from energykit.notebooks import run  # optional packages
    from energykit.notebooks.process.interruption import Interrupted

    if given.help_notebook:
        return _show_parameters(given.paths)
    interrupted = False
    is_table = sys.stderr.isatty() and not _is_dumb() and not given.log_output
    with measured(given, read_options(given)) as options:
        with ProgressTable() if is_table else ProgressLines(given.log_output) as progress:
            try:
                report = run(
                    given.paths, options, on_verdict=progress.ended, on_start=progress.started
                )
            except Interrupted as exc:
                interrupted, report = True, exc.report
        _write(report, given)
        _show(report, as_json=given.json)
    return INTERRUPTED if interrupted else report.exit_code


def _show_parameters(paths: list[str]) -> int:
    """Print the parameters that papermill finds in notebooks: name, type, default, help."""
    from papermill import inspect_notebook  # optional and heavy

    from energykit.notebooks.source.discovery import find_notebooks  # only here

    for path in find_notebooks(paths):
        print(f"parameters of {path}:")
        found = inspect_notebook(path)
        for name, one in found.items():
            kind = one["inferred_type_name"]
            of_type = "" if kind in {None, "None"} else f": {kind}"
            note = f"  {one['help']}" if one["help"] else ""
            print(f"  {name}{of_type} (default {one['default']}){note}")
        if not found:
            print("  none: no cell is tagged 'parameters', or it assigns nothing")
    return 0


def _is_dumb() -> bool:
    return os.environ.get("TERM") == "dumb"


def _write(report: Report, given: argparse.Namespace) -> None:
    if given.junit:
        from energykit.notebooks.report.junit import write_junit  # only where it is asked for

        write_junit(report, Path(given.junit))
    if given.html:
        from energykit.notebooks.report.page import write_page  # only where it is asked for

        print(f"report: {write_page(report, Path(given.html))}", file=sys.stderr)
    if given.github or os.environ.get("GITHUB_ACTIONS") == "true":
        _write_for_github(report, to_stderr=given.json)


def _write_for_github(report: Report, *, to_stderr: bool) -> None:
    """Write what a workflow reads: on stdout, where a machine's JSON does not go there."""
    from energykit.notebooks.report.github import workflow_commands, write_summary  # only there

    print(*workflow_commands(report), sep="\n", file=sys.stderr if to_stderr else sys.stdout)
    write_summary(report, os.environ.get("GITHUB_STEP_SUMMARY", ""))


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
