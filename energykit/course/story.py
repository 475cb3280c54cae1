"""The course at a glance: its lessons in order, how long each takes, and what comes before it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energykit import html
from energykit.course.lesson import Lesson, lessons

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Story", "story"]

_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


@dataclass(frozen=True, repr=False)
class Story:
    """The lessons of a course, as a table; made by `story`."""

    lessons: tuple[Lesson, ...]
    """In their order."""

    @property
    def minutes(self) -> int:
        """All of them together [min]."""
        return sum(lesson.minutes for lesson in self.lessons)

    def __repr__(self) -> str:
        """Return a line for each lesson."""
        lines = [
            f"{one.title} ({one.minutes} min, before: {_plain(one.before)})" for one in self.lessons
        ]
        return "\n".join([*lines, self._whole()])

    def _repr_html_(self) -> html.Html:
        rows = [(one.title, one.minutes, one.question, _plain(one.before)) for one in self.lessons]
        return html.table(("lesson", "min", "the question", "before"), rows, caption=self._whole())

    def _whole(self) -> str:
        return f"{len(self.lessons)} lessons, about {round(self.minutes / 60)} hours"


def story(folder: str | PathLike[str] | None = None) -> Story:
    """Return the course at a glance.

    Parameters
    ----------
    folder
        As `lessons` takes it.

    Raises
    ------
    energykit.errors.UsageError
        As `lessons` raises it.
    """
    return Story(lessons(folder))


def _plain(markdown: str) -> str:
    return _LINK.sub(r"\1", markdown).rstrip(".")
