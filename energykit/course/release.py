"""A release: the folder that an instructor works in with nbgrader."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energykit.course.assignment import assignment, is_graded, linked_texts, relinked
from energykit.course.folder import copy_companions, course_folder, new_folder
from energykit.course.lesson import lessons

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from energykit.course.lesson import Lesson

__all__ = ["Release", "release_course"]

CONFIGURATION = '''\
"""nbgrader's configuration of this course; made by `energykit course release`."""

from pathlib import Path

c = get_config()  # noqa: F821  # nbgrader provides it

c.CourseDirectory.course_id = "energykit"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# A cell may take two minutes; one that takes longer is interrupted and gives no points.
c.Execute.timeout = 120
c.Execute.interrupt_on_timeout = True


def forget_copies(notebook, resources):
    """Make ordinary cells of the copies of graded cells: a student may paste one, and nbgrader stops at it."""
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

    def __repr__(self) -> str:
        """Return what to do next."""
        lines = [
            f"{len(self.assignments)} assignments in {self.folder}, {len(self.graded)} of them graded",
            f"  cd {self.folder}",
            *(f"  nbgrader generate_assignment {name}" for name in self.graded[:1]),
            "  hand out the folder release/; what comes back goes to submitted/STUDENT/ASSIGNMENT/",
            *(
                f"  nbgrader autograde {name} && nbgrader generate_feedback {name}"
                for name in self.graded[:1]
            ),
            "source/ holds the answers and the hidden tests: keep it to yourself",
        ]
        return "\n".join(lines)


def release_course(
    folder: str | PathLike[str],
    *,
    seed: int | None = None,
    notebooks: str | PathLike[str] | None = None,
) -> Release:
    """Lay out a course for nbgrader: ``source/`` with an assignment for each lesson, and a configuration.

    Parameters
    ----------
    folder
        Where; it is made, and must be empty or missing.
    seed
        Of the hidden tests; None: drawn for this release, so that the published notebooks do not
        tell it.
    notebooks
        The lessons; None: those of the course.

    Raises
    ------
    energykit.errors.UsageError
        The folder is not empty, or there are no lessons.
    """
    chosen = secrets.randbelow(2**31) if seed is None else seed
    found = lessons(notebooks)
    target = new_folder(folder)
    home = course_folder() if notebooks is None else found[0].path.parent.parent
    graded = [
        lesson.name
        for lesson in found
        if _laid_out(lesson, target / "source" / lesson.name, home, chosen)
    ]
    (target / "nbgrader_config.py").write_text(CONFIGURATION, encoding="utf-8", newline="\n")
    return Release(target, tuple(lesson.name for lesson in found), tuple(graded))


def _laid_out(lesson: Lesson, folder: Path, home: Path, seed: int) -> bool:
    """Write one assignment and say whether it gives points."""
    folder.mkdir(parents=True)
    copy_companions(home, folder)
    notebook = assignment(lesson, seed=seed)
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    (folder / lesson.path.name).write_text(text, encoding="utf-8", newline="\n")
    for path in linked_texts(lesson):
        (folder / path.name).write_text(
            relinked(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n"
        )
    return is_graded(notebook)
