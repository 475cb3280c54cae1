"""Exercises: nbgrader metadata of schema 3, a solution with its marks, a check that asserts."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.notebooks.rules.finding import Cell, Finding, StoredNotebook

__all__ = ["GRADING_RULES", "check_grading"]

GRADING_RULES = frozenset({"exercise", "grading"})

_SCHEMA = 3
_FLAGS = ("grade", "locked", "solution", "task")
_ID = re.compile(r"[A-Za-z0-9_-]+")
_MARKS = ("SOLUTION", "HIDDEN TESTS")


def check_grading(notebook: StoredNotebook) -> Iterator[Finding]:
    """Yield what is wrong with a notebook's exercises."""
    seen: dict[str, Cell] = {}
    for cell in notebook.cells:
        grading = cell.metadata.get("nbgrader")
        yield from _marks(notebook, cell, grading or {})
        if not isinstance(grading, dict):
            continue
        yield from _metadata(notebook, cell, grading)
        grade_id = str(grading.get("grade_id", ""))
        if grade_id in seen:
            first = seen[grade_id]
            what = f"grade_id {grade_id!r} is that of cell {first.id} ({first.number}), too"
            yield notebook.finding("grading", what, "give each its own", cell)
        seen.setdefault(grade_id, cell)
    yield from _checked(notebook)


def _metadata(notebook: StoredNotebook, cell: Cell, grading: dict[str, Any]) -> Iterator[Finding]:
    if grading.get("schema_version") != _SCHEMA:
        what = f"its nbgrader metadata is of schema {grading.get('schema_version')!r}"
        yield notebook.finding("grading", what, f"write schema_version {_SCHEMA}", cell)
    if not _ID.fullmatch(str(grading.get("grade_id", ""))):
        yield notebook.finding(
            "grading", "it has no plain grade_id", "name it with A-Z a-z 0-9 - _", cell
        )
    wrong = [name for name in _FLAGS if not isinstance(grading.get(name), bool)]
    if wrong:
        yield notebook.finding(
            "grading", f"{', '.join(wrong)} is not true or false", "write one of both", cell
        )
    if grading.get("grade") and not isinstance(grading.get("points"), (int, float)):
        yield notebook.finding("grading", "a graded cell has no points", "write a number", cell)
    if grading.get("grade") and not grading.get("solution") and not grading.get("locked"):
        yield notebook.finding("grading", "a check can be edited", "write locked: true", cell)


def _marks(notebook: StoredNotebook, cell: Cell, grading: dict[str, Any]) -> Iterator[Finding]:
    for mark in _MARKS:
        found = re.findall(rf"^\s*### (BEGIN|END) {mark}\s*$", cell.source, re.MULTILINE)
        if found != ["BEGIN", "END"] * (len(found) // 2) or len(found) % 2:
            hint = f"write ### BEGIN {mark} and ### END {mark} in pairs"
            yield notebook.finding(
                "exercise", f"its marks of {mark} do not come in pairs", hint, cell
            )
        elif found and not grading.get("solution" if mark == "SOLUTION" else "grade"):
            hint = "without nbgrader metadata it would reach the learner: add it"
            yield notebook.finding(
                "exercise", f"it holds {mark} and is not such a cell", hint, cell
            )
    if cell.is_code and grading.get("solution") and "### BEGIN SOLUTION" not in cell.source:
        hint = "put it between ### BEGIN SOLUTION and ### END SOLUTION"
        yield notebook.finding(
            "exercise", "its solution is not marked, the learner would get it", hint, cell
        )


def _checked(notebook: StoredNotebook) -> Iterator[Finding]:
    for at, cell in enumerate(notebook.cells):
        grading = cell.metadata.get("nbgrader") or {}
        later = [one.metadata.get("nbgrader") or {} for one in notebook.cells[at + 1 :]]
        is_answer = cell.is_code and grading.get("solution") and not grading.get("grade")
        if is_answer and not any(one.get("grade") for one in later):
            yield notebook.finding(
                "exercise", "no graded cell follows this answer", "add a check below", cell
            )
        is_check = cell.is_code and grading.get("grade") and not grading.get("solution")
        if is_check:
            yield from _check(notebook, cell)


def _check(notebook: StoredNotebook, cell: Cell) -> Iterator[Finding]:
    hint = "write assert verdict, verdict"
    if "assert" not in cell.source:
        yield notebook.finding("exercise", "the check asserts nothing", hint, cell)
    elif _ends_in_value(cell.source):
        what = "the check ends in a value, which nbgrader takes for its points"
        yield notebook.finding("exercise", what, hint, cell)


def _ends_in_value(source: str) -> bool:
    """Return whether a cell shows a value; a call as its last line may return none."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return False
    is_shown = not source.rstrip().endswith(";")
    last = statements[-1] if statements else None
    return is_shown and isinstance(last, ast.Expr) and not isinstance(last.value, ast.Call)
