"""The check of notebook 08: a limit is scored on a week that the learner's function did not see."""

import numpy as np
import pytest

import energykit as ek
from energykit.exercises import check_limit


def f1(report, labels, limit):
    flagged = report.assign(reasons=np.where(report["power"] > limit, "power_high", ""))
    scored = ek.score(ek.events(flagged), labels)
    return scored.loc[scored["kind"] == "spike", "event_f1"].fillna(0).item()


def choose_limit(report, labels):
    return max(range(2_000, 25_001, 1_000), key=lambda limit: f1(report, labels, limit))


@pytest.mark.parametrize("seed", [0, 7])
def test_the_best_limit_of_one_week_reaches_the_goals_on_another(seed):
    verdict = check_limit(choose_limit, seed=seed)
    assert verdict, verdict
    assert "weeks that the function did not see" in verdict.text


def highest(report, labels):
    return report["power"].max() * 0.98


def usual(report, labels):
    return report["power"].quantile(0.5)


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (12_000, "choose_limit is 12000, not a function"),
        (lambda report: 12_000, "choose_limit(report, labels) raised TypeError: "),
        (lambda report, labels: report["watts"], "raised KeyError: 'watts'"),
        (lambda report, labels: None, "choose_limit returned None, which is not a number"),
        (lambda report, labels: float("nan"), "choose_limit returned nan W"),
        (lambda report, labels: -5, "choose_limit returned -5 W"),
        (highest, "spikes: recall 0."),
        (usual, " false alarms in "),
    ],
)
def test_another_limit_is_refused_with_the_goal_it_misses(answer, part):
    verdict = check_limit(answer, seed=1)
    assert not verdict
    assert part in verdict.text
    assert verdict.hint


@pytest.mark.parametrize("limit", [5_000, 8_000, 9_500, 11_000, 15_000])
def test_one_limit_for_all_kinds_of_households_is_no_answer(limit):
    assert not check_limit(lambda report, labels: limit, seed=2)


def test_the_goals_can_be_raised():
    verdict = check_limit(choose_limit, precision=0.8, recall=1.01)
    assert "1.01 was asked for" in verdict.text


def test_a_function_that_spoils_what_it_is_given_spoils_nothing_else():
    def spoils(report, labels):
        limit = choose_limit(report, labels)
        report["power"] = 0.0
        labels["kind"] = "none"
        return limit

    assert check_limit(spoils)
