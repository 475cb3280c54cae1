"""How long a lesson takes: a formula over its content, so a changed lesson changes its minutes.

Reading at 180 words a minute, 0.1 minutes for a line of code, half a minute for a cell that is run
and looked at, a minute for a prediction, and for the exercise 5 minutes and 5 more for each point.
The links at the end are not read: a new lesson does not make the one before it longer.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energykit.course.answer import without_answers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from energykit.course.lesson import Lesson

__all__ = ["Section", "lesson_minutes", "sections"]

_WORDS_A_MINUTE = 180
_A_LINE, _A_CELL, _A_PREDICTION = 0.1, 0.5, 1.0
_AN_EXERCISE, _A_POINT = 5.0, 5.0
_STEP = 5
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_PREDICTION = "ek.predict("
_LINKS = re.compile(r"\[[^]]*\]\([^)]*\)(?: · \[[^]]*\]\([^)]*\))*")


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a lesson below one heading."""

    title: str
    """Its heading; the lesson's own title for what comes before the first."""
    cells: tuple[dict[str, Any], ...]
    """As stored."""

    @property
    def minutes(self) -> float:
        """How long it takes [min]."""
        return sum(map(_cell_minutes, self.cells))

    @property
    def is_exercise(self) -> bool:
        """Whether a learner's own answer is asked for."""
        return any(_points(cell) for cell in self.cells)


def _points(cell: dict[str, Any]) -> float:
    return float(cell["metadata"].get("nbgrader", {}).get("points", 0))


def _cell_minutes(cell: dict[str, Any]) -> float:
    text = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        if _LINKS.fullmatch(text):
            return 0.0
        return len(text.split()) / _WORDS_A_MINUTE
    if text.startswith(_PREDICTION):
        return _A_PREDICTION
    if _points(cell):
        return _AN_EXERCISE + _A_POINT * _points(cell)
    if cell["metadata"].get("nbgrader"):
        return 0.0  # the answer: its time is the check's
    lines = sum(bool(line.strip()) for line in text.splitlines())
    return _A_CELL + _A_LINE * lines


def sections(lesson: Lesson) -> tuple[Section, ...]:
    """Return the parts of a lesson in their order."""
    cells = without_answers({"cells": lesson.cells()})["cells"]
    titles = [lesson.title]
    parts: list[list[dict[str, Any]]] = [[]]
    for cell in cells:
        heading = _HEADING.search("".join(cell["source"]))
        if heading and cell["cell_type"] == "markdown":
            titles.append(heading[1])
            parts.append([])
        parts[-1].append(cell)
    return tuple(
        Section(title=title, cells=tuple(part)) for title, part in zip(titles, parts, strict=True)
    )


def lesson_minutes(lesson: Lesson) -> int:
    """Return how long a lesson takes, its exercise included, to the nearest five minutes [min]."""
    return _rounded(sections(lesson))


def _rounded(parts: Iterable[Section]) -> int:
    return _STEP * math.floor(sum(part.minutes for part in parts) / _STEP + 0.5)
