"""The options of ``energykit notebooks run``: papermill's under its names, and the runner's own."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError, nearest

if TYPE_CHECKING:
    import argparse

    from energykit.notebooks import Options

__all__ = ["add_options", "read_options"]


def add_options(run: argparse.ArgumentParser) -> None:
    """Add the options to the action's parser."""
    run.add_argument("paths", nargs="+", help="notebooks, folders of them, and addresses: s3://…")
    run.add_argument("-j", "--jobs", type=int, default=1, help="how many at a time (default: 1)")
    _add_values(run)
    _add_parameter_files(run)
    _add_kernel(run)
    _add_selection(run)
    _add_rules(run)
    _add_comparison(run)
    _add_output(run)


def _add_values(run: argparse.ArgumentParser) -> None:
    pair: dict[str, Any] = {"nargs": 2, "action": "append", "default": []}
    text = "set a parameter; the value as JSON writes it"
    run.add_argument("-p", "--parameter", metavar=("NAME", "VALUE"), help=text, **pair)
    text = "set a parameter to a text, whatever it looks like"
    run.add_argument("-r", "--raw-parameter", metavar=("NAME", "TEXT"), help=text, **pair)
    run.add_argument(
        "-y",
        "--parameters-yaml",
        metavar="YAML",
        action="append",
        default=[],
        help="set those of a YAML text",
    )
    run.add_argument(
        "-b",
        "--parameters-base64",
        metavar="TEXT",
        action="append",
        default=[],
        help="set those of a YAML text in base64",
    )


def _add_parameter_files(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "-f",
        "--parameters",
        metavar="FILE",
        help="set those of a JSON or YAML file, or run each of its sets (default: those of "
        "NAME.parameters.json beside a notebook)",
    )
    run.add_argument(
        "--set",
        metavar="NAME",
        help="run only this set of the file; without a file, name the values",
    )
    run.add_argument(
        "--help-notebook",
        action="store_true",
        help="print the notebooks' parameters and run nothing",
    )


def _add_kernel(run: argparse.ArgumentParser) -> None:
    run.add_argument("-k", "--kernel", default="", help="kernel, instead of the notebook's own")
    run.add_argument("--language", default="", help="language, instead of the notebook's own")
    run.add_argument(
        "--fresh",
        action="store_true",
        help="start every kernel as a new process instead of forking it",
    )
    run.add_argument(
        "--cwd",
        metavar="DIR",
        type=Path,
        help="folder to run in, as a copy (default: the notebook's own)",
    )
    run.add_argument(
        "--start-timeout",
        metavar="S",
        type=int,
        default=60,
        help="longest time for a kernel to start [s] (default: 60)",
    )


def _add_selection(run: argparse.ArgumentParser) -> None:
    many: dict[str, Any] = {"action": "append", "default": []}
    run.add_argument(
        "--exclude", metavar="PATTERN", help="leave out notebooks; may be repeated", **many
    )
    run.add_argument(
        "--until",
        metavar="CELL",
        default="",
        help="run up to a cell: its id, its tag, or its number among the code cells",
    )
    run.add_argument(
        "--tag", metavar="TAG", help="run only cells with this tag; may be repeated", **many
    )
    run.add_argument(
        "--skip-tag", metavar="TAG", help="run no cell with this tag; may be repeated", **many
    )
    run.add_argument(
        "--changed",
        action="store_true",
        help="run no notebook of which nothing has changed since it passed",
    )
    run.add_argument(
        "--retries",
        metavar="N",
        type=int,
        default=0,
        help="run a notebook that does not pass again, at most N times: passed-flaky",
    )


def _add_rules(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "--allow",
        metavar="RULE",
        action="append",
        default=[],
        help="switch a rule off: exit, command, magic, files, leaks, figures; may be repeated",
    )
    run.add_argument(
        "--memory-limit",
        metavar="MB",
        type=float,
        default=0.0,
        help="most memory of a notebook's processes together [MB]",
    )
    run.add_argument(
        "--time-budget",
        metavar="FACTOR",
        type=float,
        default=0.0,
        help="a notebook that takes more than FACTOR times the median of its last runs fails",
    )


def _add_comparison(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "--compare-outputs",
        action="store_true",
        help="hold each cell to the outputs stored in the notebook, as nbval does",
    )
    run.add_argument(
        "--sanitize",
        metavar="FILE",
        type=Path,
        help="patterns to replace before outputs are compared, in nbval's format",
    )


def _add_output(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "--out",
        default="data/out/notebooks",
        help="folder of the runs (default: data/out/notebooks)",
    )
    run.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        default="",
        help="save the executed notebook here, too: a path, a folder, s3://…; {name}",
    )
    run.add_argument("--report-mode", action="store_true", help="hide the sources in the copy")
    run.add_argument("--log-output", action="store_true", help="log what cells print")
    run.add_argument(
        "--autosave-cell-every",
        metavar="S",
        type=int,
        default=30,
        help="how often to save within a long cell [s]; 0: never (default: 30)",
    )


def read_options(given: argparse.Namespace) -> Options:
    """Return the options of a run.

    Raises
    ------
    energykit.errors.UsageError
        One has a value that makes no sense.
    """
    from energykit.notebooks import Options  # optional packages

    _check_least(given)
    return Options(
        fresh=given.fresh,
        jobs=given.jobs,
        sets=_sets(given, _values(given)),
        out=Path(given.out),
        output=given.output,
        cell_s=given.cell_timeout,
        notebook_s=given.notebook_timeout,
        memory_mb=given.memory_limit,
        time_budget=given.time_budget,
        kernel=given.kernel,
        language=given.language,
        cwd=given.cwd,
        allow=frozenset(given.allow),
        exclude=tuple(given.exclude),
        until=given.until,
        tags=tuple(given.tag),
        skip_tags=tuple(given.skip_tag),
        retries=given.retries,
        changed=given.changed,
        compare_outputs=given.compare_outputs,
        sanitize=_sanitizers(given.sanitize),
        start_s=given.start_timeout,
        autosave_s=given.autosave_cell_every,
        is_report=given.report_mode,
        logs_output=given.log_output,
    )


def _check_least(given: argparse.Namespace) -> None:
    for name, value, least in (
        ("--jobs", given.jobs, 1),
        ("--retries", given.retries, 0),
        ("--autosave-cell-every", given.autosave_cell_every, 0),
        ("--memory-limit", given.memory_limit, 0),
        ("--time-budget", given.time_budget, 0),
    ):
        if value < least:
            hint = f"a number from {least}"
            raise UsageError(f"{value:g} is too small", where=name, hint=hint)


def _values(given: argparse.Namespace) -> dict[str, Any]:
    """Return the values that the command line sets; the later kind wins, as in papermill."""
    from energykit.notebooks.source.parameter_file import parse_value  # only here

    values: dict[str, Any] = {}
    for text in given.parameters_base64:
        values |= _yaml(_decoded(text), "--parameters-base64")
    for text in given.parameters_yaml:
        values |= _yaml(text, "--parameters-yaml")
    values |= {name: parse_value(value) for name, value in given.parameter}
    return values | dict(given.raw_parameter)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError as exc:
        where = "--parameters-base64"
        raise UsageError(f"{text[:40]!r} is not base64: {exc}", where=where) from exc


def _yaml(text: str, where: str) -> dict[str, Any]:
    from energykit.notebooks.source.parameter_file import parse_yaml  # only here

    hint = "write '{name: value}'"
    try:
        values = parse_yaml(text)
    except ValueError as exc:
        raise UsageError(f"{text!r} is not YAML: {exc}", where=where, hint=hint) from exc
    if not isinstance(values, dict):
        raise UsageError(f"{text!r} holds no parameters", where=where, hint=hint)
    return values


def _sets(given: argparse.Namespace, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the parameter sets to run; a value of the command line is set in each."""
    from energykit.notebooks.source.parameter_file import read_sets  # only here

    if not given.parameters:
        return {given.set or "": values} if given.set or values else {}
    sets = read_sets(given.parameters)
    if given.set and given.set not in sets:
        hint = nearest(given.set, sets)
        raise UsageError(f"there is no set {given.set!r}", where=given.parameters, hint=hint)
    chosen = {name: own for name, own in sets.items() if given.set in {None, name}}
    return {name: own | values for name, own in chosen.items()}


def _sanitizers(file: Path | None) -> tuple[tuple[str, str], ...]:
    from energykit.notebooks.verdict.stored_outputs import read_sanitizers  # only here

    if file is None:
        return ()
    pairs = read_sanitizers(file)
    for pattern, _ in pairs:
        try:
            re.compile(pattern)
        except re.error as exc:
            raise UsageError(f"{pattern!r} is not a pattern: {exc}", where=str(file)) from exc
    return pairs
