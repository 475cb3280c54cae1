"""The course around the notebooks: its lessons, and its release to a class as graded assignments."""

from __future__ import annotations

from energykit.course.assignment import assignment
from energykit.course.lesson import Lesson, lessons
from energykit.course.release import Release, release_course

__all__ = ["Lesson", "Release", "assignment", "lessons", "release_course"]
