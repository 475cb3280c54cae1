"""``energykit notebooks debug``: run up to the cell that fails, and look around there."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.cli.notebooks.limit import add_limits
from energykit.errors import MissingPackageError

if TYPE_CHECKING:
    import argparse

    from energykit.notebooks.engine.debug import StoppedNotebook

__all__ = ["add_action"]


def add_action(actions: Any) -> None:
    """Add the action to the command's actions."""
    text = "run a notebook up to the cell that fails, show its variables, and open a console there"
    parser = actions.add_parser(
        "debug", help=text, description=text, epilog="exit codes: those of notebooks run"
    )
    parser.add_argument("path", help="the notebook")
    parser.add_argument(
        "-p",
        "--parameter",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="set a parameter; the value as JSON writes it",
    )
    parser.add_argument("--parameters", metavar="FILE", help="set those of a JSON or YAML file")
    add_limits(parser)
    parser.set_defaults(run_command=_debug)


def _debug(given: argparse.Namespace) -> int:
    if find_spec("nbclient") is None:
        raise MissingPackageError("nbclient", extra="notebooks", needed_for="energykit notebooks")
    from energykit.notebooks.engine.debug import debug  # optional packages
    from energykit.notebooks.engine.session import Limits
    from energykit.notebooks.source.parameter_file import parse_value, read_parameters
    from energykit.notebooks.verdict.record import EXIT_CODES

    values = read_parameters(given.parameters) if given.parameters else {}
    values |= {name: parse_value(value) for name, value in given.parameter}
    limits = Limits(cell_s=given.cell_timeout, notebook_s=given.notebook_timeout)
    verdict = debug(Path(given.path), parameters=values, limits=limits, at_stop=_look)
    if verdict.ok or verdict.culprit is None:
        print(f"{verdict.status}: {given.path}{f': {verdict.why}' if verdict.why else ''}")
    return EXIT_CODES[verdict.status]


async def _look(stop: StoppedNotebook) -> None:
    """Show where it stopped, and open a console where there is a person."""
    _show(stop)
    if not stop.is_alive:
        print("The kernel does not answer any more: there is nothing to look at.", file=sys.stderr)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        from energykit.cli.notebooks.console import open_console  # only for a person

        await open_console(stop.client)


def _show(stop: StoppedNotebook) -> None:
    cell = stop.cell
    line = cell.line or (0 if stop.function else stop.line)
    print(f"{cell.title}{f', line {line}' if line else ''}: {cell.status}")
    if cell.source:
        print(f"    {cell.source}")
    print(cell.why)
    if stop.traceback:
        print(f"\n{stop.traceback}")
    if stop.variables:
        _show_variables(stop)


def _show_variables(stop: StoppedNotebook) -> None:
    width = max(len(name) for name, _, _ in stop.variables)
    place = f"{stop.function}(), line {stop.line}" if stop.function else "the notebook"
    print(f"\nvariables of {place}:")
    for name, kind, text in stop.variables:
        print(f"  {name:<{width}}  {text}  ({kind})")
