"""What is odd about a submission is what nothing in it explains."""

from dataclasses import replace

import pytest

from energykit.course.oddity import Work, oddities

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


@pytest.mark.parametrize("name", ["CellTimeoutError", "KeyboardInterrupt"])
def test_a_time_out_is_said_in_words(name):
    assert odd(name) == ["took too long"]


def test_a_deleted_cell_is_named_with_its_kind():
    assert odd(grade_ids=frozenset({"answer"})) == ["check cell check was deleted"]
    assert odd(grade_ids=frozenset({"check"})) == ["answer cell answer was deleted"]


def test_an_answer_that_may_replace_a_check_is_odd():
    work = replace(SOURCE, answers=("ek.exercises.check = print",))
    assert oddities(SOURCE, work, None) == ["an answer may replace a check"]
