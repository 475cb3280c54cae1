"""``energykit report``: the report of a run as one HTML file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "write the report of a run as one HTML file that needs no network"
    parser = commands.add_parser("report", help=text, description=text)
    parser.add_argument(
        "run", nargs="?", help="a run's id, folder or run.json (default: the latest run)"
    )
    parser.add_argument("--data-root", default="data", help="what /data stands for (default: data)")
    parser.add_argument("--out", help="the file (default: report.html in the run's folder)")
    parser.set_defaults(run_command=_report)


def _report(given: argparse.Namespace) -> int:
    os.environ.setdefault("MPLBACKEND", "agg")  # figures go into the file, not into a window
    from energykit.report import find_run, write_report  # only here

    print(write_report(find_run(given.run, data_root=given.data_root), given.out))
    return 0
