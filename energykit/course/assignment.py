"""From a lesson to an assignment: it stands alone in its folder, and its hidden tests have seeds of their own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from energykit.course.lesson import Lesson

__all__ = ["assignment", "is_graded"]

_PARAMETERS = "parameters"
_UP = re.compile(r'(["\'])\.\./')
_HIDDEN_SEED = re.compile(r"student_seed\(\d+\)")
_LINK = re.compile(r"\]\((\d\d-[\w-]+)\.ipynb")


def assignment(lesson: Lesson, *, seed: int) -> dict[str, Any]:
    """Return a lesson as the source of an nbgrader assignment.

    Its parameters name the ``config/`` and ``data/`` beside it, its links the assignments beside its own, and its
    hidden tests draw from `seed`.

    Parameters
    ----------
    lesson
        The lesson.
    seed
        Of the hidden tests of this release; together with the student's name it makes each one's cases.
    """
    notebook: dict[str, Any] = json.loads(lesson.path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if _PARAMETERS in cell["metadata"].get("tags", []):
            text = _UP.sub(r"\1", text)
        elif cell["cell_type"] == "markdown":
            text = _LINK.sub(r"](../\1/\1.ipynb", text)
        else:
            text = _HIDDEN_SEED.sub(f"student_seed({seed})", text)
        cell["source"] = text.splitlines(keepends=True)
    return notebook


def is_graded(notebook: dict[str, Any]) -> bool:
    """Whether a notebook has a cell that gives points."""
    return any(cell["metadata"].get("nbgrader", {}).get("grade") for cell in notebook["cells"])
