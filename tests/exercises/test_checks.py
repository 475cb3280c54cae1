"""Each check passes a right answer and refuses wrong ones without giving the answer away."""

import sys
from graphlib import TopologicalSorter

import pandas as pd
import pytest

from energykit import exercises
from energykit.exercises import check_new_field, check_order, check_worst_day

OLD = 'syntax = "proto3";\nmessage Reading { string id = 1; float power = 2; }\n'
REPORT = pd.DataFrame(
    {
        "timestamp": pd.to_datetime(
            ["2007-04-23 00:00", "2007-04-24 00:00", "2007-04-24 12:00", "2007-04-25 00:00"]
        ),
        "anomaly_detected": [False, True, False, True],
    }
)


def share(report):
    return report.groupby(report["timestamp"].dt.date)["anomaly_detected"].mean()


@pytest.mark.parametrize("form", [str, pd.Timestamp, lambda day: day])
def test_the_worst_day_is_right_in_any_form(form):
    verdict = check_worst_day(lambda report: form(share(report).idxmax()), REPORT, seed=3)
    assert verdict, verdict
    assert "2007-04-25" in verdict.text


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            lambda _: "2007-04-24",
            "2007-04-24 has 50.0% of its readings flagged; 1 of 3 days have more",
        ),
        (
            lambda _: "2008-01-01",
            "2008-01-01 is not in the report, which covers 2007-04-23 to 2007-04-25",
        ),
        (lambda _: 3, "3 is not a day"),
        (lambda report: report["day"], "worst_day(report) raised KeyError: 'day'"),
        ("2007-04-24", "worst_day is '2007-04-24', not a function"),
    ],
)
def test_another_day_is_wrong_and_the_verdict_does_not_name_the_right_one(answer, text):
    verdict = check_worst_day(answer, REPORT)
    assert not verdict
    assert verdict.text == text


@pytest.mark.parametrize("seed", range(5))
def test_the_right_day_of_one_report_and_the_largest_number_are_no_answer_for_others(seed):
    def most(report):
        return report[report["anomaly_detected"]]["timestamp"].dt.date.value_counts().idxmax()

    assert not check_worst_day(lambda _: "2007-04-25", REPORT, seed=seed)
    assert not check_worst_day(most, seed=seed)


def test_a_field_with_a_new_number_is_compatible():
    assert check_new_field(OLD, OLD.replace("}", "float source = 3; }"), seed=7)


def test_the_new_field_has_the_name_that_was_asked_for():
    new = OLD.replace("}", "float source = 3; }")
    assert check_new_field(OLD, new, field="source")
    assert check_new_field(OLD, new, field="current").text == "the new message has no field current"
    assert check_new_field(OLD, OLD, field="current").text == "there is no new field yet"


@pytest.mark.parametrize(
    ("new", "text"),
    [
        (OLD, "there is no new field yet"),
        (OLD.replace("power = 2", "power = 3; bool ok = 2"), "field power was 2 and is 3"),
        (OLD.replace("float power", "double power"), "field power has another type"),
        (OLD.replace("power = 2", "watts = 2"), "field power is gone or has another name"),
        (OLD.replace("Reading", "Measurement"), "message Reading is gone"),
        (
            OLD.replace("}", "strin source = 3; }"),
            'protoc refuses it: "strin" is not defined. (after.proto:2:51)',
        ),
    ],
)
def test_an_incompatible_change_is_named(new, text):
    verdict = check_new_field(OLD, new)
    assert not verdict
    assert verdict.text == text


def right_order(graph):
    for following in graph.values():
        for name in following:
            if name not in graph:
                raise ValueError(f"{name} is no node")
    before = {name: [other for other in graph if name in graph[other]] for name in graph}
    return list(TopologicalSorter(before).static_order())


def test_a_topological_order_that_refuses_dangling_nodes_is_right():
    assert check_order(right_order, seed=11)


def forgets_dangling(graph):
    return right_order(
        {name: [later for later in after if later in graph] for name, after in graph.items()}
    )


def raises_key_error(graph):
    for following in graph.values():
        for name in following:
            graph[name]
    return right_order(graph)


@pytest.mark.parametrize(
    ("order", "part"),
    [
        (list, "runs before"),
        (lambda graph: [], "gave []"),
        (forgets_dangling, "a dangling node was not refused"),
        (raises_key_error, "a dangling node raised KeyError"),
        (lambda graph: 1 / 0, "raised ZeroDivisionError"),
    ],
)
def test_a_wrong_order_is_refused_with_what_went_wrong(order, part):
    verdict = check_order(order)
    assert not verdict
    assert part in verdict.text
    assert verdict.hint


class Noisy:
    """An answer that writes to stderr wherever it is touched, as warnings and logging do."""

    def __call__(self, *given):
        print("FutureWarning: this will change", file=sys.stderr)
        return right_order(*given)

    def __repr__(self):
        self({})
        return "noisy"


def test_a_right_answer_that_warns_is_right_and_says_so_on_stdout(capsys):
    said = check_order(Noisy())
    shown = capsys.readouterr()
    assert said, said
    assert "FutureWarning" in shown.out
    assert shown.err == ""  # nbgrader gives no points to a cell that writes there


RUN_CODE = [
    name for name in exercises.__all__ if name.startswith("check_") and name != "check_new_field"
]


@pytest.mark.parametrize("name", RUN_CODE)
def test_no_check_lets_a_learner_write_to_stderr(name, capsys):
    check = getattr(exercises, name)
    answers = {"check_own_stage": ({}, Noisy()), "check_reading": (Noisy(), Noisy())}.get(
        name, (Noisy(),)
    )
    check(*answers)
    shown = capsys.readouterr()
    assert "FutureWarning" in shown.out
    assert shown.err == ""
