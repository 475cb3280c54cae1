"""The check of notebook 07: every way to retry badly is named, none gives the answer away."""

import random

import pytest

from energykit.exercises import check_retry


def policy(code, attempt, left_s, idempotent, work_began):
    pause_s = 0.2 * 2 ** (attempt - 1)
    may_pass = code == "UNAVAILABLE" and (idempotent or not work_began)
    return pause_s if may_pass and attempt < 4 and pause_s < left_s else None


def jittered(code, attempt, left_s, idempotent, work_began):
    pause_s = policy(code, attempt, left_s, idempotent, work_began)
    longer_s = pause_s and pause_s * random.uniform(0.8, 1.2)
    return longer_s if pause_s and longer_s < left_s else None


@pytest.mark.parametrize("answer", [policy, jittered])
@pytest.mark.parametrize("seed", range(5))
def test_bounded_growing_pauses_where_it_helps_are_right(answer, seed):
    verdict = check_retry(answer, seed=seed)
    assert verdict, verdict
    assert "80 stages, " in verdict.text


def everything(code, attempt, left_s, idempotent, work_began):
    return policy("UNAVAILABLE", attempt, left_s, True, False)


def no_end(code, attempt, left_s, idempotent, work_began):
    return policy(code, 1, left_s, idempotent, work_began) and 0.1 + 0.01 * attempt


def ignores_the_deadline(code, attempt, left_s, idempotent, work_began):
    known = "UNAVAILABLE" if code == "DEADLINE_EXCEEDED" else code
    return policy(known, attempt, 99, idempotent, work_began)


def past_the_deadline(code, attempt, left_s, idempotent, work_began):
    return policy(code, attempt, 99, idempotent, work_began) if left_s else None


def does_work_twice(code, attempt, left_s, idempotent, work_began):
    return policy(code, attempt, left_s, True, work_began)


def no_backoff(code, attempt, left_s, idempotent, work_began):
    return policy(code, attempt, left_s, idempotent, work_began) and min(0.2, left_s / 2)


def at_once(code, attempt, left_s, idempotent, work_began):
    return policy(code, attempt, left_s, idempotent, work_began) and 0


def patient(code, attempt, left_s, idempotent, work_began):
    return policy(code, attempt, left_s, idempotent, work_began) and min(5.0, left_s / 2)


def timid(code, attempt, left_s, idempotent, work_began):
    return None if work_began else policy(code, attempt, left_s, idempotent, work_began)


def never(*_):
    return None


@pytest.mark.parametrize(
    ("answer", "parts", "hint"),
    [
        (
            everything,
            [
                "nothing says that it passes by itself",
                "not that nothing was done",
                "done twice",
                "its deadline had passed",
            ],
            "",
        ),
        (no_end, ["was called again; that is call 5"], "4 attempts in all"),
        (
            ignores_the_deadline,
            ["its deadline had passed", "past the deadline", "not that nothing was done"],
            "",
        ),
        (past_the_deadline, ["past the deadline"], "left_s"),
        (does_work_twice, ["the work may now be done twice"], "work_began and idempotent"),
        (no_backoff, ["without backoff, all clients come back at once"], "grow with attempt"),
        (at_once, ["is followed by a pause of 0 s, which hammers"], "from 0.1 s"),
        (patient, ["is longer than was asked for"], "to 2 s"),
        (
            timid,
            ["an idempotent call that ended with UNAVAILABLE (work may have begun", "was given up"],
            "harm",
        ),
        (never, ["was given up"], "which codes"),
        (lambda *_: True, ["gave True"], "None for no further attempt"),
        (lambda *_: float("nan"), ["gave nan"], "a pause in seconds"),
        (lambda code: 1, ["raised TypeError"], "giving up is None"),
        (0.2, ["is 0.2, not a function"], "write def"),
    ],
)
@pytest.mark.parametrize("seed", [0, 5, 20260131])
def test_a_wrong_one_is_refused_with_what_went_wrong(answer, parts, hint, seed):
    verdict = check_retry(answer, seed=seed)
    assert not verdict
    assert any(part in verdict.text for part in parts), verdict
    assert hint in verdict.hint, verdict


def test_only_what_the_story_says_decides():
    assert repr(check_retry(no_backoff, seed=3)) == repr(check_retry(no_backoff, seed=3))
