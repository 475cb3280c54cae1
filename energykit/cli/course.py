"""``energykit course``: the lessons, their release to a class, its grades, the site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from energykit.course import Grade
    from energykit.notebooks import NotebookVerdict

__all__ = ["add_parser"]

_UNHEARD = "--KernelManager.transport_encryption=auto"
"""Other accounts of the machine cannot listen to what kernels print."""


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "the lessons of the course, their release to a class, its grades, and the site"
    parser = commands.add_parser("course", help=text, description=text)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = "say which lessons there are, how long they take, and what comes before"
    _action(actions, "list", listing, _list)
    for add in (_add_copy, _add_release, _add_grade, _add_predictions, _add_site):
        add(actions)


def _action(actions: Any, name: str, text: str, run_command: Callable[..., int]) -> Any:
    """Add an action, and return its parser."""
    parser = actions.add_parser(name, help=text, description=text)
    parser.set_defaults(run_command=run_command)
    return parser


def _add_copy(actions: Any) -> None:
    text = "copy the notebooks and what they read into a new folder; exercises are blank"
    copied = _action(actions, "copy", text, _copy)
    copied.add_argument("folder", metavar="DIR", help="a new folder")
    help_text = "with the course's own answers, which are public: graded points prove little"
    copied.add_argument("--answers", action="store_true", help=help_text)


def _add_release(actions: Any) -> None:
    text = "lay out a course for nbgrader: assignments with answers and hidden tests, and secrets"
    release = _action(actions, "release", text, _release)
    release.add_argument("folder", metavar="DIR", help="a new folder")
    help_text = "from which the lessons' secrets are drawn (default: by chance)"
    release.add_argument("--seed", type=int, help=help_text)
    release.add_argument("--notebooks", metavar="FOLDER", help="your own lessons, NN-name.ipynb")
    help_text = "have nbgrader make the versions to hand out, of all lessons"
    release.add_argument("--assignments", action="store_true", help=help_text)


def _add_grade(actions: Any) -> None:
    text = "grade all that a class handed in, write its feedback, and say what is odd"
    grade = _action(actions, "grade", text, _grade)
    grade.add_argument("folder", metavar="DIR", help="as `energykit course release` made it")
    grade.add_argument("lessons", metavar="LESSON", nargs="*", help="default: all that came back")
    help_text = "how many submissions at a time (default: 2)"
    grade.add_argument("-j", "--jobs", type=int, default=2, help=help_text)
    grade.add_argument("--force", action="store_true", help="grade what is graded, too")
    grade.add_argument("--no-feedback", action="store_true", help="write no pages for students")
    grade.add_argument("--to", metavar="CSV", help="(default: DIR/grades.csv)")


def _add_predictions(actions: Any) -> None:
    text = "say what a class predicted, from every predictions.json below a folder"
    predictions = _action(actions, "predictions", text, _predictions)
    predictions.add_argument("folder", metavar="FOLDER", help="such as DIR/submitted")


def _add_site(actions: Any) -> None:
    text = "run every lesson and write the course as pages that need no network"
    site = _action(actions, "site", text, _site)
    site.add_argument("folder", metavar="DIR", help="where the pages go")
    help_text = "how many lessons at a time (default: 2)"
    site.add_argument("-j", "--jobs", type=int, default=2, help=help_text)


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
    first = "--LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb"
    print(f"open it: jupyter lab {copied} {_UNHEARD} {first}")
    return 0


def _release(given: argparse.Namespace) -> int:
    from energykit.course import release_course  # only here

    def report(name: str) -> None:
        print(f"{name}: ready to hand out", file=sys.stderr)

    options = {name: getattr(given, name) for name in ("seed", "notebooks", "assignments")}
    print(release_course(given.folder, **options, on_assignment=report))
    return 0


def _grade(given: argparse.Namespace) -> int:
    from energykit.course import grade_class, write_grades  # only here

    def report(student: str, lesson: str, said: str) -> None:
        print(f"{lesson}: {student}: {said or 'graded'}", file=sys.stderr)

    grades = grade_class(
        given.folder,
        lessons=given.lessons,
        jobs=given.jobs,
        force=given.force,
        feedback=not given.no_feedback,
        on_grade=report,
    )
    _print_table(grades)
    path = write_grades(grades, given.to or Path(given.folder) / "grades.csv")
    print(f"{len(grades)} submissions, {sum(bool(one.odd) for one in grades)} odd: {path}")
    return 0 if all(one.points is not None for one in grades) else 1


def _predictions(given: argparse.Namespace) -> int:
    from energykit.course import class_choices  # only here

    print(*class_choices(given.folder), sep="\n")
    return 0


def _print_table(grades: Sequence[Grade]) -> None:
    """Print a line for each grade: who, what, what was odd."""
    width = max((len(one.student) for one in grades), default=0)
    for one in grades:
        points = "  not graded" if one.points is None else f"{one.points:4g} of {one.most:g}"
        odd = "; ".join(one.odd)
        print(f"{one.lesson:26} {one.student:{width}} {points}  {odd}".rstrip())


def _site(given: argparse.Namespace) -> int:
    from energykit.course import make_site  # only here

    def tell(verdict: NotebookVerdict) -> None:
        print(f"{verdict.status}: {verdict.path} ({verdict.seconds:.1f} s)", file=sys.stderr)

    site = make_site(given.folder, jobs=given.jobs, on_verdict=tell)
    print(site)
    return 1 if site.failed else 0
