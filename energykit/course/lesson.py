"""A lesson: one notebook of the course, and what its first cell says of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.course.folder import course_folder
from energykit.errors import UsageError

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Lesson", "lessons"]

_MINUTES = re.compile(r"\*(\d+) minutes[^.*]*\. Before: (.+?)\*\s*$", re.DOTALL)
_NUMBERED = re.compile(r"^\d\d-")


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One notebook of the course."""

    path: Path
    """The notebook."""
    title: str
    """``"06 · Orchestration"``."""
    question: str
    """The one it answers."""
    minutes: int
    """How long it takes [min]."""
    before: str
    """What to know first, as Markdown."""

    @property
    def name(self) -> str:
        """``"06-orchestration"``."""
        return self.path.stem

    def cells(self) -> list[dict[str, Any]]:
        """Return the notebook's cells, as stored."""
        found: list[dict[str, Any]] = json.loads(self.path.read_text(encoding="utf-8"))["cells"]
        return found


def lessons(folder: str | PathLike[str] | None = None) -> tuple[Lesson, ...]:
    """Return the lessons in their order.

    Parameters
    ----------
    folder
        Holds the notebooks, their names beginning with two digits; None: those of the course.

    Raises
    ------
    energykit.errors.UsageError
        There are none, or the first cell of one does not say its title, its minutes and what comes
        before.
    """
    home = course_folder() / "notebooks" if folder is None else Path(folder)
    found = sorted(path for path in home.glob("*.ipynb") if _NUMBERED.match(path.name))
    if not found:
        raise UsageError("no lessons there", where=str(home), hint="a folder with 00-….ipynb")
    return tuple(_lesson(path) for path in found)


def _lesson(path: Path) -> Lesson:
    first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
    title, _, rest = first.partition("\n")
    question = re.search(r"^\*\*(.+?)\*\*", rest, re.MULTILINE | re.DOTALL)
    last = _MINUTES.search(rest)
    if not title.startswith("# ") or question is None or last is None:
        hint = "# NN · Title, **the question**, the goals, *N minutes. Before: …*"
        raise UsageError(
            "the first cell does not introduce the lesson", where=f"{path}: cell 1", hint=hint
        )
    return Lesson(
        path=path,
        title=title[2:].strip(),
        question=" ".join(question[1].split()),
        minutes=int(last[1]),
        before=last[2].strip(),
    )
