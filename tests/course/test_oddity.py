"""What is odd about a submission is what nothing in it explains."""

from dataclasses import replace

import pytest

from energykit.course import lessons
from energykit.course.oddity import Work, oddities, read_work
from tests.project.lists.place import place

SOURCE = Work(
    answers=("raise NotImplementedError",),
    grade_ids=frozenset({"answer", "check"}),
    checks=frozenset({"check"}),
    errors=(),
)


def odd(*errors, **changed):
    submitted = replace(SOURCE, answers=("energy = 1",), **changed)
    return oddities(SOURCE, submitted, replace(submitted, errors=errors))


@pytest.mark.parametrize(
    "errors",
    [
        (),
        ("AssertionError",),
        ("NotImplementedError", "AssertionError"),
        ("NotImplementedError", "NameError"),
    ],
    ids=["right", "wrong", "blank", "blank, and the check misses its names"],
)
def test_right_wrong_and_blank_answers_are_not_odd(errors):
    assert odd(*errors) == []


def test_an_error_of_the_answers_own_is_named_once():
    assert odd("NameError", "NameError", "AssertionError") == ["raised NameError"]
    assert odd("NotImplementedError", "TypeError", "NameError") == ["raised TypeError"]


@pytest.mark.parametrize("name", ["KeyError", "IndentationError", "CellTimeoutError"])
def test_a_check_that_misses_names_of_an_answer_that_ended_early_adds_nothing(name):
    said = "took too long" if name == "CellTimeoutError" else f"raised {name}"
    assert odd(name, "NameError") == [said]


def test_a_check_that_misses_names_of_a_deleted_answer_adds_nothing():
    left = frozenset({"check"})
    assert odd("NameError", grade_ids=left) == ["answer cell answer was deleted"]
    assert odd("NameError", "KeyError", grade_ids=left)[1:] == ["raised KeyError"]


@pytest.mark.parametrize("name", ["CellTimeoutError", "KeyboardInterrupt"])
def test_a_time_out_is_said_in_words(name):
    assert odd(name) == ["took too long"]


def test_a_deleted_cell_is_named_with_its_kind():
    assert odd(grade_ids=frozenset({"answer"})) == ["check cell check was deleted"]
    assert odd(grade_ids=frozenset({"check"})) == ["answer cell answer was deleted"]


def test_an_answer_that_may_replace_a_check_is_odd():
    work = replace(SOURCE, answers=("ek.exercises.check = print",))
    assert oddities(SOURCE, work, None) == ["an answer may replace a check"]


SHORT = ["00-start-here", "02-the-contract"]
"""Lessons whose right answers are so short that two students write the same by chance."""


def test_answers_are_compared_in_all_lessons_but_those_whose_answers_are_short():
    for lesson in lessons():
        is_compared = bool(read_work(lesson.path).trees)
        assert is_compared is (lesson.name not in SHORT), (
            f"{place('tests/course/test_oddity.py', 'SHORT = ')}: "
            f"{'remove' if is_compared else 'add'} {lesson.name!r}, or ask for another answer"
        )
