"""A release: the folder that an instructor works in with nbgrader."""

from __future__ import annotations

import json
import random
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energykit.course.assignment import assignment, is_graded, linked_texts, relinked
from energykit.course.folder import copy_companions, course_folder, new_folder
from energykit.course.grading import call_nbgrader
from energykit.course.lesson import lessons
from energykit.errors import UsageError
from energykit.exercises import SEEDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike
    from pathlib import Path

    from energykit.course.lesson import Lesson

__all__ = ["Release", "release_course"]

CONFIGURATION = '''\
"""nbgrader's configuration of this course; made by `energykit course release`."""

import os
from pathlib import Path

# What gRPC's core says on stderr would cost points.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

c = get_config()  # noqa: F821  # nbgrader provides it

c.CourseDirectory.course_id = "energykit"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# Several processes may grade at the same time: each waits for the others' writes.
c.CourseDirectory.db_url = f"sqlite:///{c.CourseDirectory.root}/gradebook.db?timeout=60"

# A cell may take two minutes; one that takes longer is interrupted and gives no points.
c.Execute.timeout = 120
c.Execute.interrupt_on_timeout = True

# What kernels print is not for other accounts of this machine (jupyter_client 8.9).
c.KernelManager.transport_encryption = "auto"


def forget_copies(notebook, resources):
    """Make copies of graded cells ordinary: a student may paste one, and nbgrader stops at it."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader") == {}:  # what nbgrader itself leaves of a copy
            del cell.metadata["nbgrader"]
    return notebook, resources


# After nbgrader has found the copies. Without this, one copy ends the grading of a whole class.
c.Autograde.sanitize_preprocessors.insert(2, forget_copies)

# A lesson starts services; nothing of them is worth handing in.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "logs", "runs", "out",
]
'''


@dataclass(frozen=True)
class Release:
    """What was laid out."""

    folder: Path
    """The course's folder for nbgrader."""
    assignments: tuple[str, ...]
    """Their names, in the order of the lessons."""
    graded: tuple[str, ...]
    """Those with points."""
    is_generated: bool = False
    """Whether nbgrader has made the versions to hand out."""

    def __repr__(self) -> str:
        """Return what to do next."""
        generate = f"  cd {self.folder} && nbgrader generate_assignment LESSON"
        lines = [
            f"{len(self.assignments)} assignments in {self.folder}, {len(self.graded)} graded",
            *([] if self.is_generated else [f"{generate}  (or --assignments: all of them)"]),
            f"  hand out {self.folder / 'release'}; what comes back: submitted/STUDENT/LESSON/",
            f"  energykit course grade {self.folder}",
            "source/ holds answers and hidden tests, seeds.json the secrets: keep both to yourself",
        ]
        return "\n".join(lines)


def release_course(
    folder: str | PathLike[str],
    *,
    seed: int | None = None,
    notebooks: str | PathLike[str] | None = None,
    assignments: bool = False,
    on_assignment: Callable[[str], None] | None = None,
) -> Release:
    """Lay out a course for nbgrader: ``source/`` with an assignment a lesson, and a configuration.

    Parameters
    ----------
    folder
        Where; it is made, and must be empty or missing.
    seed
        From which the lessons' seeds are drawn; None: drawn for this release.
    notebooks
        The lessons; None: those of the course.
    assignments
        Have nbgrader make the versions to hand out, ``release/``; a few seconds each.
    on_assignment
        Called with the name of each that is made.

    Raises
    ------
    energykit.errors.UsageError
        The folder is not empty, or there are no lessons, or nbgrader refuses one.
    energykit.errors.MissingPackageError
        Assignments are asked for and nbgrader is not installed.
    """
    found = lessons(notebooks)
    target = new_folder(folder)
    home = course_folder() if notebooks is None else found[0].path.parent.parent
    graded = [
        lesson.name for lesson in found if _lay_out(lesson, target / "source" / lesson.name, home)
    ]
    (target / "nbgrader_config.py").write_text(CONFIGURATION, encoding="utf-8", newline="\n")
    names = tuple(lesson.name for lesson in found)
    _write_seeds(target / SEEDS, names, seed)
    if assignments:
        for name in names:
            _generate(target, name)
            if on_assignment is not None:
                on_assignment(name)
    return Release(target, names, tuple(graded), is_generated=assignments)


def _write_seeds(path: Path, names: Sequence[str], seed: int | None) -> None:
    """Write a secret for each lesson, readable by its owner only."""
    rng = secrets.SystemRandom() if seed is None else random.Random(seed)
    seeds = {name: rng.randrange(2**63) for name in names}
    path.touch(mode=0o600)
    path.write_text(json.dumps(seeds, indent=1) + "\n", encoding="utf-8")


def _generate(folder: Path, name: str) -> None:
    failed = call_nbgrader(folder, "generate_assignment", name)
    if failed:
        raise UsageError(f"nbgrader refuses {name}: {failed}", where=str(folder))


def _lay_out(lesson: Lesson, folder: Path, home: Path) -> bool:
    """Write one assignment and say whether it gives points."""
    folder.mkdir(parents=True)
    copy_companions(home, folder)
    notebook = assignment(lesson)
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    (folder / lesson.path.name).write_text(text, encoding="utf-8", newline="\n")
    for path in linked_texts(lesson):
        (folder / path.name).write_text(
            relinked(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n"
        )
    return is_graded(notebook)
