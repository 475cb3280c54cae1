"""Grading a class: every lesson and submission through nbgrader, several at a time; oddities."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.course.oddity import oddities, read_work, same_answers
from energykit.errors import MissingPackageError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from os import PathLike

__all__ = ["Grade", "call_nbgrader", "grade_class", "write_grades"]

_PATIENCE_S = 1800
"""Of one call of nbgrader: a lesson of one student."""
_HEAD = ("student", "lesson", "points", "of", "odd")


@dataclass(frozen=True, kw_only=True)
class Grade:
    """What one student has for one lesson."""

    student: str
    """Name of the folder in ``submitted/``."""
    lesson: str
    """``"06-orchestration"``."""
    points: float | None
    """None: it could not be graded."""
    most: float
    """Points that the lesson gives."""
    odd: tuple[str, ...] = ()
    """What a marker should look at."""


def call_nbgrader(folder: Path, *arguments: str) -> str:
    """Call nbgrader in the folder of a course; return the end of its output, empty on success.

    Raises
    ------
    energykit.errors.MissingPackageError
        nbgrader is not installed.
    """
    if find_spec("nbgrader") is None:
        raise MissingPackageError("nbgrader", extra="instructor", needed_for="grading")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env=os.environ | {"PATH": path, "GRPC_VERBOSITY": "NONE"},  # nbgrader looks up alembic
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if "ERROR" in line] or [done.stderr[-200:]]
    return "" if done.returncode == 0 else lines[-1]


def grade_class(
    folder: str | PathLike[str],
    *,
    lessons: Sequence[str] = (),
    jobs: int = 2,
    force: bool = False,
    feedback: bool = True,
    on_grade: Callable[[str, str, str], None] | None = None,
) -> list[Grade]:
    """Grade what came back from a class; what is graded already, and has not changed, is kept.

    Parameters
    ----------
    folder
        As `release_course` made it, with ``submitted/STUDENT/LESSON/LESSON.ipynb``.
    lessons
        Which; none: all that came back.
    jobs
        Submissions that run at the same time.
    force
        Grade also what is graded.
    feedback
        Write a page for each student, too.
    on_grade
        Called with student, lesson and what became of it, as each is done.

    Returns
    -------
    list of Grade
        By lesson and student.

    Raises
    ------
    energykit.errors.UsageError
        There is no such course or lesson, or nothing came back.
    energykit.errors.MissingPackageError
        nbgrader is not installed.
    """
    home = Path(folder).resolve()
    found = _submissions(home, lessons)

    def work(submission: tuple[str, str]) -> str:
        said = _grade(home, *submission, force=force, feedback=feedback)
        if on_grade is not None:
            on_grade(submission[1], submission[0], said)
        return said

    with ThreadPoolExecutor(jobs) as pool:  # each waits for a process of its own
        failed = dict(zip(found, pool.map(work, found), strict=True))
    by_lesson = groupby(found, key=lambda submission: submission[0])
    return [one for name, group in by_lesson for one in _grades(home, name, list(group), failed)]


def _submissions(home: Path, lessons: Sequence[str]) -> list[tuple[str, str]]:
    """Return lesson and student of everything that came back."""
    offered = sorted(path.name for path in (home / "source").glob("*") if path.is_dir())
    if not offered:
        hint = "energykit course release DIR makes one"
        raise UsageError("not the folder of a released course", where=str(home), hint=hint)
    for name in lessons:
        if name not in offered:
            raise UsageError(f"no lesson {name!r}", where=str(home), hint=nearest(name, offered))
    wanted = lessons or offered
    students = sorted(path for path in (home / "submitted").glob("*") if path.is_dir())
    found = [(name, one.name) for name in wanted for one in students if (one / name).is_dir()]
    if not found:
        hint = "what comes back goes to submitted/STUDENT/LESSON/LESSON.ipynb"
        raise UsageError("nothing was handed in", where=str(home / "submitted"), hint=hint)
    return found


def _notebook(home: Path, part: str, student: str, name: str) -> Path:
    return home / part / student / name / f"{name}.ipynb"


def _grade(home: Path, name: str, student: str, *, force: bool, feedback: bool) -> str:
    """Grade one submission; return what went wrong, ``"kept"`` where there was nothing to do."""
    submitted, graded = (
        _notebook(home, part, student, name) for part in ("submitted", "autograded")
    )
    if not submitted.is_file():
        return f"no {submitted.name} in its folder"
    is_done = graded.is_file() and graded.stat().st_mtime >= submitted.stat().st_mtime
    page = home / "feedback" / student / name / f"{name}.html"
    if is_done and not force and (page.is_file() or not feedback):
        return "kept"
    failed = call_nbgrader(home, "autograde", name, "--student", student, "--force")
    if not failed and feedback:
        failed = call_nbgrader(home, "generate_feedback", name, "--student", student, "--force")
    return failed


def _grades(
    home: Path, name: str, group: Sequence[tuple[str, str]], failed: dict[tuple[str, str], str]
) -> list[Grade]:
    """Return the grades of a lesson, with what is odd about each."""
    source = read_work(home / "source" / name / f"{name}.ipynb")
    works, odd = {}, {}
    for _, student in group:
        try:
            works[student] = read_work(_notebook(home, "submitted", student, name))
        except ValueError:
            odd[student] = ["not a notebook"]
            continue
        graded = _notebook(home, "autograded", student, name)
        after = read_work(graded) if graded.is_file() else None
        odd[student] = oddities(source, works[student], after)
    for student, others in same_answers(works).items():
        odd[student].append(f"the same answer as {', '.join(others)}")
    for key in group:
        if failed[key] not in {"", "kept"} and key[1] in works:
            odd[key[1]].append(f"not graded: {failed[key]}")
    return [_scored(home, name, student, odd[student]) for _, student in group]


def _scored(home: Path, name: str, student: str, odd: Sequence[str]) -> Grade:
    """Return a grade with the points that the gradebook has."""
    from nbgrader.api import (  # type: ignore[import-untyped]  # optional and heavy
        Gradebook,
        MissingEntry,
    )

    with Gradebook(f"sqlite:///{home / 'gradebook.db'}?timeout=60") as book:
        try:
            found = book.find_submission(name, student)
        except MissingEntry:
            most = float(book.find_assignment(name).max_score)
            return Grade(student=student, lesson=name, points=None, most=most, odd=tuple(odd))
        points = None if any(one.startswith("not ") for one in odd) else float(found.score)
        most = float(found.max_score)
    return Grade(student=student, lesson=name, points=points, most=most, odd=tuple(odd))


def write_grades(grades: Iterable[Grade], path: str | PathLike[str]) -> Path:
    """Write grades as CSV: student, lesson, points (empty: not graded), of, odd; return it."""
    target = Path(path)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEAD)
        for one in grades:
            points = "" if one.points is None else f"{one.points:g}"
            writer.writerow((one.student, one.lesson, points, f"{one.most:g}", "; ".join(one.odd)))
    return target
