"""``energykit notebooks check``: are notebooks stored as they should be? Runs nothing."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from energykit.cli.stream import print_json

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from energykit.notebooks.rules.finding import Finding

__all__ = ["add_action"]


def add_action(actions: Any) -> None:
    """Add the action to the command's actions."""
    text = "check how notebooks are stored and written; runs nothing"
    parser = actions.add_parser(
        "check", help=text, description=text, epilog="exit codes: 0 nothing found, 1 something"
    )
    parser.add_argument("paths", nargs="+", help="notebooks, or folders of them")
    parser.add_argument(
        "--fix", action="store_true", help="first fix what is mechanical: outputs, ids, kernel"
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="RULE",
        help="leave out a rule, or a subject: stored, grading, code, prose; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="findings as JSON, for machines")
    parser.set_defaults(run_command=_check)


def _check(given: argparse.Namespace) -> int:
    from energykit.notebooks.rules.check import check, notebooks_in  # only here

    paths = notebooks_in(given.paths)
    if given.fix:
        _fix(paths)
    found = check(paths, ignore=given.ignore)
    if given.json:
        print_json([asdict(finding) for finding in found])
    else:
        _tell(found, len(paths))
    return 1 if found else 0


def _fix(paths: list[Path]) -> None:
    from energykit.notebooks.rules.fix import fix  # only here

    for path in paths:
        try:
            if fix(path):
                print(f"fixed: {path}", file=sys.stderr)
        except ValueError:
            continue  # not a notebook: the check says so


def _tell(found: tuple[Finding, ...], count: int) -> None:
    for finding in found:
        print(finding)
    notebooks = "1 notebook" if count == 1 else f"{count} notebooks"
    print(
        f"{notebooks} checked: {f'{len(found)} found' if found else 'nothing found'}",
        file=sys.stderr,
    )
