"""Check of notebook 07: a retry policy, tried on calls that go wrong in every way."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, cast

from energykit.exercises.silence import silence_stderr
from energykit.exercises.verdict import Verdict, answer_of, right, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["check_retry"]

_EACH = 10
"""Stages of each kind of trouble."""
_ATTEMPTS = 4
_SHORTEST_S, _LONGEST_S = 0.1, 2.0
_FINAL = (
    "ABORTED",
    "ALREADY_EXISTS",
    "CANCELLED",
    "DATA_LOSS",
    "DEADLINE_EXCEEDED",
    "FAILED_PRECONDITION",
    "INTERNAL",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "OUT_OF_RANGE",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "UNAUTHENTICATED",
    "UNIMPLEMENTED",
    "UNKNOWN",
)
"""Every code of gRPC but OK and the one that is to be tried again."""
_ONE_CODE = "which code did the lesson see pass by itself? its rule stands before the exercise"
_NO_ROOM = "no attempt can begin after the deadline: compare the pause with left_s"


@silence_stderr()
def check_retry(wait_before_retry: object, *, seed: int = 0) -> Verdict:
    """Check a function that says how long to wait before a call is made again.

    Parameters
    ----------
    wait_before_retry
        The learner's: ``wait_before_retry(code, attempt, left_s, idempotent, work_began)`` returns
        a pause [s], or None for no further attempt. `code` names the status, `attempt` counts from
        1, `left_s` is the time until the deadline [s], `idempotent` says whether the call may be
        done twice, `work_began` whether the service may have begun.
    seed
        Of the made-up calls.
    """
    if not callable(wait_before_retry):
        hint = "write def wait_before_retry(code, attempt, left_s, idempotent, work_began): …"
        return wrong(f"wait_before_retry is {wait_before_retry!r}, not a function", hint)
    rng = random.Random(seed)  # made-up calls
    runs = [_Run(wait_before_retry, story) for story in _stories(rng)]
    for run in runs:
        verdict = run.play()
        if verdict is not None:  # a wrong verdict is false
            return verdict
    verdict = _on_the_brink(wait_before_retry)
    if verdict is not None:
        return verdict
    calls, waited_s = sum(run.calls for run in runs), sum(run.waited_s for run in runs)
    return right(
        f"{len(runs)} stages, {calls} calls, {waited_s:.1f} s of pauses; nothing was done twice"
        " that must not be."
    )


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """How one call ends."""

    code: str
    """Name of the status code."""
    work_began: bool = False
    """Whether the service may have begun."""
    seconds: float = 0.01
    """How long the call takes [s]."""


@dataclass(frozen=True, kw_only=True)
class _Story:
    """What happens to one stage, however often it is called."""

    outcomes: Sequence[_Outcome]
    """One for each call; the last one stays."""
    idempotent: bool = True
    """Whether it may be done twice."""
    deadline_s: float = 30.0
    """How long it may take with all its attempts [s]."""


def _stories(rng: random.Random) -> list[_Story]:
    """Return stages in a random order: each kind of trouble, and each final code with time left."""
    kinds = (_passing, _lasting, _late, _hurried, _begun)
    stories = [kind(rng) for kind in kinds for _ in range(_EACH)]
    stories += [_refused(rng, code, began) for code in _FINAL for began in (True, False)]
    rng.shuffle(stories)
    return stories


def _coin(rng: random.Random) -> bool:
    return rng.choice((True, False))


def _busy(rng: random.Random) -> _Outcome:
    return _Outcome(code="UNAVAILABLE", seconds=rng.uniform(0.001, 0.5))


def _passing(rng: random.Random) -> _Story:
    failed = [_busy(rng) for _ in range(rng.randint(0, _ATTEMPTS - 1))]
    return _Story(outcomes=[*failed, _Outcome(code="OK", work_began=True)], idempotent=_coin(rng))


def _lasting(rng: random.Random) -> _Story:
    return _Story(outcomes=[_busy(rng)], idempotent=_coin(rng))


def _refused(rng: random.Random, code: str, work_began: bool) -> _Story:
    """Return a stage that ends for good, although it may be done twice and there is time left."""
    before = [_busy(rng)] * rng.randint(0, 1)
    return _Story(outcomes=[*before, _Outcome(code=code, work_began=work_began)])


def _late(rng: random.Random) -> _Story:
    deadline_s = rng.choice((0.5, 3.0, 10.0))
    late = _Outcome(code="DEADLINE_EXCEEDED", work_began=True, seconds=deadline_s)
    return _Story(outcomes=[late], deadline_s=deadline_s, idempotent=_coin(rng))


def _hurried(rng: random.Random) -> _Story:
    return _Story(
        outcomes=[_Outcome(code="UNAVAILABLE", seconds=0.04)], deadline_s=rng.uniform(0.05, 0.13)
    )


def _begun(rng: random.Random) -> _Story:
    broken = _Outcome(code="UNAVAILABLE", work_began=True, seconds=rng.uniform(0.1, 2.0))
    outcomes = [*[_busy(rng)] * rng.randint(0, 1), broken, _Outcome(code="OK", work_began=True)]
    return _Story(outcomes=outcomes, idempotent=_coin(rng))


def _on_the_brink(policy: Callable[..., Any]) -> Verdict | None:
    """Ask again with just as much time left as the policy wants to wait."""
    for attempt in range(1, _ATTEMPTS):
        left_s = policy("UNAVAILABLE", attempt, 30.0, True, False)
        pause_s = policy("UNAVAILABLE", attempt, left_s, True, False)
        if pause_s is not None and pause_s >= left_s:
            text = f"a call with {left_s:.2g} s left is followed by a pause of {pause_s:.2g} s"
            return wrong(f"{text}: it would begin at the deadline", _NO_ROOM)
    return None


def _why_final(code: str) -> str:
    if code == "DEADLINE_EXCEEDED":
        return "it says that somebody stopped waiting, not that nothing was done"
    return "nothing says that it passes by itself"


class _Run:
    """One stage that is called as the learner's policy says, with a clock of its own."""

    def __init__(self, policy: Callable[..., object], story: _Story) -> None:
        self.calls = 0
        self.waited_s = 0.0
        self._policy = policy
        self._story = story
        self._now_s = 0.0
        self._pause_s = 0.0

    def play(self) -> Verdict | None:
        """Call until it works or the policy gives up; return what is wrong with it, or None."""
        while True:
            outcome = self._story.outcomes[min(self.calls, len(self._story.outcomes) - 1)]
            self.calls += 1
            self._now_s += outcome.seconds
            if outcome.code == "OK":
                return None
            answer = self._answer(outcome)
            verdict = (
                answer if isinstance(answer, Verdict) else self._check_decision(outcome, answer)
            )
            if verdict is not None or answer is None:
                return verdict
            self._pause_s = cast("float", answer)
            self.waited_s += self._pause_s
            self._now_s += self._pause_s

    @property
    def _left_s(self) -> float:
        return max(self._story.deadline_s - self._now_s, 0.0)

    def _answer(self, outcome: _Outcome) -> float | Verdict | None:
        story, hint = self._story, "giving up is None, not an error"
        given = (outcome.code, self.calls, self._left_s, story.idempotent, outcome.work_began)
        answer = answer_of(self._policy, *given, said=self._describe(outcome), hint=hint)
        if answer is None or isinstance(answer, Verdict):
            return answer
        if isinstance(answer, bool) or not isinstance(answer, Real) or not math.isfinite(answer):
            return wrong(
                f"{self._describe(outcome)} gave {answer!r}",
                "a pause in seconds, or None for no further attempt",
            )
        return float(answer)

    def _check_decision(self, outcome: _Outcome, pause_s: float | None) -> Verdict | None:
        if pause_s is None:
            return self._gave_up(outcome)
        return self._again(outcome, pause_s)

    def _gave_up(self, outcome: _Outcome) -> Verdict | None:
        """Judge that there is no further attempt."""
        if self._is_final(outcome) is not None or self._left_s <= _LONGEST_S:
            return None
        why = "a service that is not available may be so in a moment"
        hint = (
            "which codes pass by themselves? does doing it twice harm here? how many attempts are"
            " allowed?"
        )
        return wrong(f"{self._describe(outcome)} was given up; {why}", hint)

    def _again(self, outcome: _Outcome, pause_s: float) -> Verdict | None:
        """Judge that there is a further attempt."""
        final = self._is_final(outcome)
        if final is not None:
            return final
        if pause_s >= self._left_s:
            text = (
                f"{self._describe(outcome)} is followed by a pause of {pause_s:.2g} s, past the"
                " deadline"
            )
            return wrong(text, _NO_ROOM)
        return self._pause_problem(outcome, pause_s)

    def _is_final(self, outcome: _Outcome) -> Verdict | None:
        """Return what is wrong with calling again at all; None where that is right."""
        said = f"{self._describe(outcome)} was called again"
        if not self._left_s:
            return wrong(f"{said}; its deadline had passed, nobody waits for the answer", _NO_ROOM)
        if outcome.code != "UNAVAILABLE":
            return wrong(f"{said}; {_why_final(outcome.code)}", _ONE_CODE)
        if outcome.work_began and not self._story.idempotent:
            return wrong(
                f"{said}; the work may now be done twice",
                "look at work_began and idempotent together",
            )
        if self.calls >= _ATTEMPTS:
            return wrong(
                f"{said}; that is call {self.calls + 1}",
                f"{_ATTEMPTS} attempts in all: look at attempt",
            )
        return None

    def _pause_problem(self, outcome: _Outcome, pause_s: float) -> Verdict | None:
        said = f"{self._describe(outcome)} is followed by a pause of {pause_s:.2g} s"
        if not _SHORTEST_S <= pause_s <= _LONGEST_S:
            why = (
                "hammers a service that struggles"
                if pause_s < _SHORTEST_S
                else "is longer than was asked for"
            )
            return wrong(f"{said}, which {why}", f"from {_SHORTEST_S} s to {_LONGEST_S:g} s")
        if pause_s <= self._pause_s:
            why = (
                f"the one before was {self._pause_s:.2g} s: without backoff, all clients come back"
                " at once"
            )
            return wrong(f"{said}; {why}", "let the pause grow with attempt")
        return None

    def _describe(self, outcome: _Outcome) -> str:
        kind = "an idempotent call" if self._story.idempotent else "a non-idempotent call"
        began = "work may have begun" if outcome.work_began else "before work began"
        return (
            f"{kind} that ended with {outcome.code} ({began}, attempt {self.calls},"
            f" {self._left_s:.2g} s left)"
        )
