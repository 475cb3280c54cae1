"""``energykit course``: the lessons, their release to a class, the site."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from energykit.notebooks import NotebookVerdict

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "the lessons of the course, their release to a class, and the site"
    parser = commands.add_parser("course", help=text, description=text)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = "say which lessons there are, how long they take, and what comes before"
    shown = actions.add_parser("list", help=listing, description=listing)
    shown.set_defaults(carry_out=_list)
    copying = "copy the notebooks and what they read into a new folder, to work in: the exercises are yours to solve"
    copied = actions.add_parser("copy", help=copying, description=copying)
    copied.add_argument("folder", metavar="DIR", help="a new folder")
    copied.add_argument("--answers", action="store_true", help="leave the answers in")
    copied.set_defaults(carry_out=_copy)
    laying = "lay out a course for nbgrader: assignments with answers and hidden tests, and a configuration"
    release = actions.add_parser("release", help=laying, description=laying)
    release.add_argument("folder", metavar="DIR", help="a new folder")
    release.add_argument(
        "--seed", type=int, help="of the hidden tests (default: drawn for this release)"
    )
    release.add_argument("--notebooks", metavar="FOLDER", help="your own lessons, NN-name.ipynb")
    release.set_defaults(carry_out=_release)
    making = "run every lesson and write the course as pages that need no network"
    site = actions.add_parser("site", help=making, description=making)
    site.add_argument("folder", metavar="DIR", help="where the pages go")
    site.add_argument(
        "-j", "--jobs", type=int, default=2, help="how many lessons at a time (default: 2)"
    )
    site.set_defaults(carry_out=_site)


def _list(_given: argparse.Namespace) -> int:
    from energykit.course import lessons  # only here

    found = lessons()
    for lesson in found:
        print(f"{lesson.minutes:3d} min  {lesson.title}: {lesson.question}")
    print(f"{sum(lesson.minutes for lesson in found)} minutes in {found[0].path.parent}")
    return 0


def _copy(given: argparse.Namespace) -> int:
    from energykit.course import copy_course  # only here

    copied = copy_course(given.folder, answers=given.answers)
    print(f"open it: jupyter lab {copied / 'notebooks' / '00-start-here.ipynb'}")
    return 0


def _release(given: argparse.Namespace) -> int:
    from energykit.course import release_course  # only here

    print(release_course(given.folder, seed=given.seed, notebooks=given.notebooks))
    return 0


def _site(given: argparse.Namespace) -> int:
    from energykit.course import make_site  # only here

    def tell(verdict: NotebookVerdict) -> None:
        print(f"{verdict.status}: {verdict.path} ({verdict.seconds:.1f} s)", file=sys.stderr)

    print(make_site(given.folder, jobs=given.jobs, on_verdict=tell))
    return 0
