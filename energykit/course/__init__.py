"""The course around the notebooks: its lessons, its release as graded assignments, its site."""

from __future__ import annotations

from energykit.course.assignment import assignment
from energykit.course.folder import copy_course
from energykit.course.grading import Grade, grade_class, write_grades
from energykit.course.lesson import Lesson, lessons
from energykit.course.plan import lesson_plan
from energykit.course.predictions import ClassChoice, Question, class_choices, questions
from energykit.course.release import Release, release_course
from energykit.course.site import Site, make_site
from energykit.course.story import Story, story

__all__ = [
    "ClassChoice",
    "Grade",
    "Lesson",
    "Question",
    "Release",
    "Site",
    "Story",
    "assignment",
    "class_choices",
    "copy_course",
    "grade_class",
    "lesson_plan",
    "lessons",
    "make_site",
    "questions",
    "release_course",
    "story",
    "write_grades",
]
