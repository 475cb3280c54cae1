"""``energykit runs`` and ``energykit diff``: what was recorded, and what two runs differ in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit.cli.root import add_data_root
from energykit.cli.stream import print_json

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser"]

_SHOWN = ["run_id", "workflow", "started", "seconds", "state", "failed_stage", "rows_out"]


def add_parser(commands: Any) -> None:
    """Add both commands to a parser's commands."""
    text = "list the recorded runs, the newest first"
    runs = commands.add_parser("runs", help=text, description=text)
    add_data_root(runs)
    runs.add_argument("--workflow", metavar="NAME", help="only the runs of this workflow")
    runs.add_argument("-n", "--newest", type=int, default=20, help="how many (default: 20)")
    runs.add_argument("--json", action="store_true", help="for machines")
    runs.set_defaults(run_command=_runs)
    text = "say what two runs differ in: configuration, inputs, versions, outputs"
    diff = commands.add_parser(
        "diff", help=text, description=text, epilog="exit codes: 0 no difference, 1 they differ"
    )
    diff.add_argument("first", help="a run's id, folder or run.json")
    diff.add_argument("second", help="another one")
    add_data_root(diff)
    diff.add_argument("--json", action="store_true", help="for machines")
    diff.set_defaults(run_command=_diff)


def _runs(given: argparse.Namespace) -> int:
    from energykit.experiments.runs import runs  # imports pandas

    table = runs(given.data_root, workflow=given.workflow).head(given.newest)
    if given.json:
        print(table.to_json(orient="records", date_format="iso", indent=1))
    elif table.empty:
        print(f"there is no run in {given.data_root}/runs")
    else:
        print(table[_SHOWN].to_string(index=False))
    return 0


def _diff(given: argparse.Namespace) -> int:
    from energykit.experiments.difference import diff  # imports grpc

    found = diff(given.first, given.second, data_root=given.data_root)
    if given.json:
        entries = [vars(one) for one in found.differences]
        print_json({"runs": list(found.run_ids), "differences": entries})
    else:
        print(found)
    return 1 if found else 0
