"""From a lesson to an assignment, alone in its folder; its hidden tests hold no seed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from energykit.course.lesson import Lesson

__all__ = ["assignment", "is_graded", "linked_texts", "relinked"]

_PARAMETERS = "parameters"
_UP = re.compile(r'(["\'])\.\./')
_HIDDEN_SEED = re.compile(r"student_seed\(\d+\)")
_LINK = re.compile(r"\]\((\d\d-[\w-]+)\.ipynb")
_TEXT = re.compile(r"\]\(([\w-]+\.md)")


def assignment(lesson: Lesson) -> dict[str, Any]:
    """Return a lesson as the source of an nbgrader assignment.

    Its parameters name the ``config/`` and ``data/`` beside it, its links the assignments beside
    its own. Its hidden tests name the lesson, whose seed lies beside the gradebook.

    Parameters
    ----------
    lesson
        The lesson.
    """
    notebook: dict[str, Any] = json.loads(lesson.path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if _PARAMETERS in cell["metadata"].get("tags", []):
            text = _UP.sub(r"\1", text)
        elif cell["cell_type"] == "markdown":
            text = relinked(text)
        else:
            text = _HIDDEN_SEED.sub(f'student_seed("{lesson.name}")', text)
        cell["source"] = text.splitlines(keepends=True)
    return notebook


def relinked(markdown: str) -> str:
    """Return a text whose links to lessons lead to the assignments beside its own."""
    return _LINK.sub(r"](../\1/\1.ipynb", markdown)


def linked_texts(lesson: Lesson) -> list[Path]:
    """Return the texts beside a lesson that it links to, and those that these link to."""
    found: list[Path] = []
    written = [
        "".join(cell["source"]) for cell in lesson.cells() if cell["cell_type"] == "markdown"
    ]
    for text in written:  # grows: what is found is looked through as well
        named = (lesson.path.with_name(name) for name in _TEXT.findall(text))
        new = [path for path in dict.fromkeys(named) if path not in found and path.is_file()]
        found += new
        written += [path.read_text(encoding="utf-8") for path in new]
    return found


def is_graded(notebook: dict[str, Any]) -> bool:
    """Whether a notebook has a cell that gives points."""
    return any(cell["metadata"].get("nbgrader", {}).get("grade") for cell in notebook["cells"])
