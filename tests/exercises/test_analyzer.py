"""The check of notebook 04: calls that really fail; mixed-up endings are sent where to look."""

import grpc
import pytest

from energykit.contract import ENDINGS, decision_table
from energykit.exercises import check_diagnose
from energykit.html import escape

NAMES = {
    "UNAVAILABLE": "nobody there",
    "UNIMPLEMENTED": "another contract",
    "DEADLINE_EXCEEDED": "too late",
}


def diagnose(call):
    try:
        response = call()
    except grpc.RpcError as error:
        return NAMES.get(error.code().name, "refused")
    return "fine" if response.success else "the stage failed"


@pytest.mark.parametrize("seed", [0, 1, 20260131])
def test_a_right_one(seed):
    verdict = check_diagnose(diagnose, seed=seed)
    assert verdict, verdict
    assert "22 calls to real services, 6 kinds" in verdict.text


def lets_errors_through(call):
    return "fine" if call().success else "the stage failed"


def believes_in_ok(call):
    answer = diagnose(call)
    return "fine" if answer == "the stage failed" else answer


def reads_messages(call):
    try:
        response = call()
    except grpc.RpcError as error:
        return NAMES.get(error.code().name, "refused")
    return "fine" if "well" in response.message else "the stage failed"


def one_word_for_all(call):
    try:
        call()
    except grpc.RpcError:
        return "nobody there"
    return diagnose(call)


@pytest.mark.parametrize(
    ("answer", "text", "hint"),
    [
        (lets_errors_through, "let an error through", "try and except"),
        (believes_in_ok, "is not 'fine'", "field success"),
        (reads_messages, "is not", "a message is for people"),
        (one_word_for_all, "is not 'nobody there'", "error.code()"),
        (lambda call: "broken", "gave 'broken'", "one of 'nobody there'"),
        (lambda call: 1 / 0, "raised ZeroDivisionError", "which has a code"),
        (lambda: 1, "raised TypeError", "which has a code"),
        ("fine", "is 'fine', not a function", "write def"),
    ],
)
def test_a_wrong_one_is_reported(answer, text, hint):
    verdict = check_diagnose(answer, seed=11)
    assert not verdict
    assert text in verdict.text, verdict
    assert hint in verdict.hint, verdict


def test_the_decision_table_is_text_and_html():
    table = decision_table()
    assert len(table.rows()) == len(ENDINGS) == 6
    assert "another contract: UNIMPLEMENTED" in repr(table)
    page = table._repr_html_()
    assert all(escape(part) in page for row in table.rows() for part in row)
