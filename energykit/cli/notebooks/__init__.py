"""``energykit notebooks ACTION``: one file an action."""

from __future__ import annotations

from typing import Any

from energykit.cli.notebooks import bless, check, debug, run

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "run notebooks headless, as regression tests"
    parser = commands.add_parser("notebooks", help=text, description=text)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for action in (run, check, bless, debug):
        action.add_action(actions)
