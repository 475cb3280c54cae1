"""The cells of a lesson whose points a learner gets."""

from typing import Any

from energykit.course import Lesson
from energykit.course.assignment import assignment
from tests.project.lists.place import place

WITH_POINTS = '"grade": true, "locked": true, "points": 2, "solution": false'


def cell_place(lesson: Lesson, cell: dict[str, Any]) -> str:
    return place(f"notebooks/{lesson.path.name}", f'"id": "{cell.get("id")}"')


def graded_cells(lesson: Lesson) -> list[dict[str, Any]]:
    """The checks of a lesson as a class gets it; each must have points."""
    cells = assignment(lesson)["cells"]
    graded = [cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade")]
    checks = graded or [
        cell for cell in cells if "verdict = ek.exercises.check_" in "".join(cell["source"])
    ]
    assert checks, (
        f"notebooks/{lesson.path.name}:1: add an exercise: a cell for the answer, and below it one "
        "that begins with verdict = ek.exercises.check_…(…)"
    )
    for cell in checks:
        marks = cell["metadata"].get("nbgrader", {})
        has_points = marks.get("grade") and (marks.get("points") or 0) > 0
        assert has_points, (
            f"{cell_place(lesson, cell)}: the check has no points: let its nbgrader metadata say "
            f"{WITH_POINTS}"
        )
    return checks
