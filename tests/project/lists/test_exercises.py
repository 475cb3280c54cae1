"""Each exercise has a check with points, and answers with which the check is tried."""

import ast
from collections.abc import Iterator

import pytest

import energykit.exercises
from energykit.course import lessons
from tests.exercises.answers import CHECKS, HARD_CODED
from tests.project.lists.graded import cell_place, graded_cells
from tests.project.lists.place import ROOT, place, public_functions

HOME = "energykit/exercises"
FUNCTIONS = [
    pytest.param(file, function.name, id=function.name)
    for file, function in public_functions(HOME)
    if function.name.startswith("check_")
]
TESTS = [
    node
    for path in (ROOT / "tests/exercises").glob("test_*.py")
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]


@pytest.mark.parametrize(("file", "name"), FUNCTIONS)
def test_every_check_of_an_exercise_is_exported(file, name):
    assert name in energykit.exercises.__all__, (
        f"{place(f'{HOME}/__init__.py', '__all__ = ')}: import {name} of {file} and add its name"
    )


def test_every_exercise_is_among_those_whose_check_is_tried_with_answers():
    for lesson in lessons():
        assert lesson.name in CHECKS, (
            f"{place('tests/exercises/answers.py', 'CHECKS = {')}: add\n"
            f'    "{lesson.name}": lambda have, seed: exercises.check_…(have["…"], seed=seed),'
        )


def test_every_lesson_has_a_cheat_that_gets_no_points():
    for lesson in lessons():
        assert lesson.name in HARD_CODED, (
            f"{place('tests/exercises/answers.py', 'HARD_CODED = {')}: add\n"
            f'    "{lesson.name}": "…",  # an answer that returns a fixed value'
        )
    assert set(HARD_CODED) == {lesson.name for lesson in lessons()}


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_an_exercise_has_a_hidden_test_with_the_seed_of_the_student(lesson):
    for cell in graded_cells(lesson):
        text = "".join(cell["source"])
        hidden = text.partition("### BEGIN HIDDEN TESTS")[2].partition("### END HIDDEN TESTS")[0]
        assert f'student_seed("{lesson.name}")' in hidden, (
            f"{cell_place(lesson, cell)}: between ### BEGIN HIDDEN TESTS and ### END HIDDEN TESTS, "
            f'check again with seed=ek.exercises.student_seed("{lesson.name}")'
        )


def is_call(node: ast.AST, name: str) -> bool:
    """Whether a check is called, also as one of its module."""
    function = node.func if isinstance(node, ast.Call) else None
    return name in (getattr(function, "id", ""), getattr(function, "attr", ""))


def tried(test: ast.FunctionDef, name: str) -> Iterator[str]:
    """Which answers a test gives a check: those that it lets pass, or that it refuses."""
    if not any(is_call(node, name) for node in ast.walk(test)):
        return
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            is_refused = isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not)
            verdict = node.test.operand if is_refused else node.test
            if isinstance(verdict, ast.Name) or is_call(verdict, name):
                yield "wrong" if is_refused else "right"


@pytest.mark.parametrize(("file", "name"), FUNCTIONS)
def test_every_check_is_tried_with_right_and_wrong_answers(file, name):
    answers = {answer for test in TESTS for answer in tried(test, name)}
    lacking = [kind for kind in ("right", "wrong") if kind not in answers]
    own = f"tests/exercises/test_{file.rpartition('/')[2]}"
    assert not lacking, (
        f"{place(own, name) if (ROOT / own).is_file() else f'{own}:1'}: try {name} of {file} with "
        f"{' and '.join(lacking)} answers: assert {name}(…) of a right one, assert not {name}(…) "
        "of a wrong one"
    )
