"""``energykit notebooks bless``: what a notebook records and draws now is expected from now on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from energykit.notebooks import NotebookVerdict
    from energykit.notebooks.verdict.record import Difference

__all__ = ["add_action"]


def add_action(actions: Any) -> None:
    """Add the action to the command's actions."""
    text = "run notebooks, show what is not as expected, and make it what is expected"
    bless = actions.add_parser("bless", help=text, description=text)
    bless.add_argument("paths", nargs="+", help="notebooks, and folders of them")
    bless.add_argument("-j", "--jobs", type=int, default=1, help="how many at a time (default: 1)")
    bless.add_argument("--dry-run", action="store_true", help="only show the difference")
    bless.add_argument(
        "--out",
        default="data/out/notebooks",
        help="folder of the runs (default: data/out/notebooks)",
    )
    bless.set_defaults(run_command=_bless)


def _bless(given: argparse.Namespace) -> int:
    from energykit.notebooks import Options, Report, run  # optional packages
    from energykit.notebooks.source.discovery import find_notebooks
    from energykit.notebooks.source.parameter_sets import sets_beside

    sets = {path: sets_beside(Path(path)) for path in find_notebooks(given.paths)}
    groups = [([path], own) for path, own in sets.items() if own]
    groups.append(([path for path, own in sets.items() if not own], {}))
    found: list[NotebookVerdict] = []
    for paths, own in groups:
        options = Options(jobs=given.jobs, out=Path(given.out), sets=own, expectations=False)
        found += run(paths, options).notebooks if paths else ()
    for verdict in found:
        _blessed(verdict, is_dry=given.dry_run)
    whole = Report(tuple(found), 0.0)
    if not whole.ok:
        print(f"{sum(not one.ok for one in found)} not blessed: it did not pass", file=sys.stderr)
    return whole.exit_code


def _blessed(verdict: NotebookVerdict, *, is_dry: bool) -> None:
    from energykit.notebooks.verdict import expectations  # optional packages
    from energykit.notebooks.verdict.cell_records import read_cell_records

    folder, notebook = Path(verdict.run_folder), Path(verdict.path)
    evidence = read_cell_records(folder)
    if not verdict.ok or evidence is None:
        print(f"{verdict.path}: {verdict.status}: {verdict.reason}")
        return
    file = expectations.expected_file(notebook, verdict.set_name)
    before = expectations.read_expectations(file)
    numbers = {cell.id: cell.number for cell in verdict.cells}
    nothing: dict[str, Any] = {"records": {}, "figures": []}
    unlike = tuple(
        expectations.differences(
            before or nothing, evidence, folder=folder, beside=notebook.parent, numbers=numbers
        )
    )
    if before is None:
        _tell_first(verdict, unlike)
    else:
        _tell(verdict, unlike)
    if not is_dry and (unlike or before is None):
        expectations.write_expectations(file, evidence, folder)
        print(f"wrote {file}")


def _tell_first(verdict: NotebookVerdict, new: Sequence[Difference]) -> None:
    """Say what is recorded of a notebook of which nothing was expected so far."""
    counts = []
    for kind, word in (("record", "value"), ("figure", "figure")):
        count = sum(one.kind == kind for one in new)
        counts += [f"{count} {word}{'' if count == 1 else 's'}"] if count else []
    print(f"{verdict.path}: recorded for the first time: {' and '.join(counts) or 'nothing'}")
    for one in new:
        print(f"  {one.kind} {one.name}: {one.actual}")


def _tell(verdict: NotebookVerdict, unlike: Sequence[Difference]) -> None:
    print(f"{verdict.path}: {f'{len(unlike)} not as expected' if unlike else 'as expected'}")
    for one in unlike:
        print(f"  {one.kind} {one.name}: {one.why}")
        if one.kind == "record":
            print(f"    expected {one.expected or 'nothing'}")
            print(f"    actual   {one.actual or 'nothing'}")
