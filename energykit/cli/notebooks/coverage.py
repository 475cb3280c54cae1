"""``energykit notebooks run --coverage``: which lines of the packages ran."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.temporary_folder import temporary_folder

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from energykit.notebooks import Options
    from energykit.notebooks.report.coverage import Covered

__all__ = ["add_coverage", "measured"]

_PACKAGES = ("energykit", "services")


def add_coverage(parser: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    text = "say which share of energykit and services the notebooks run, also in services"
    parser.add_argument("--coverage", action="store_true", help=text)
    text = "a package to look at instead; may be repeated"
    parser.add_argument("--coverage-of", action="append", default=[], metavar="PACKAGE", help=text)
    text = "write pages with each line of source into a folder"
    parser.add_argument("--coverage-html", type=Path, metavar="DIR", help=text)


@contextlib.contextmanager
def measured(given: argparse.Namespace, options: Options) -> Iterator[Options]:
    """Yield the options with which coverage is measured, where it is asked for; then show it.

    Raises
    ------
    energykit.errors.MissingPackageError
        The package coverage is not installed: before anything runs.
    """
    if not (given.coverage or given.coverage_of or given.coverage_html):
        yield options
        return
    from energykit.notebooks.report.coverage import combine, prepare  # only where it is asked for

    with temporary_folder("coverage") as folder:
        started = prepare(folder.resolve(), given.coverage_of or _PACKAGES)
        yield replace(options, environment=options.environment | started)
        _show(combine(folder.resolve(), html=given.coverage_html), to_stderr=given.json)
    if given.coverage_html:
        print(f"coverage: {given.coverage_html / 'index.html'}", file=sys.stderr)


def _show(files: tuple[Covered, ...], *, to_stderr: bool) -> None:
    from energykit.notebooks.report.coverage import Covered  # only where it is asked for

    total = Covered(
        "together", sum(one.statements for one in files), sum(one.executed for one in files)
    )
    rows = [*(one for one in files if one.executed), total]
    width = max(len(one.path) for one in rows)
    lines = [f"{'file':<{width}}  statements  executed  share"]
    lines += [
        f"{one.path:<{width}}  {one.statements:>10}  {one.executed:>8}  {one.share:>5.0%}"
        for one in rows
    ]
    untouched = sum(not one.executed for one in files if one.statements)
    lines += [f"{untouched} more files of which nothing ran"] if untouched else []
    print("\n".join(lines), file=sys.stderr if to_stderr else sys.stdout)
