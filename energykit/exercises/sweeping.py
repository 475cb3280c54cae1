"""Check of notebook 10: a row for every point of a sweep, wherever it runs, whatever fails."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from energykit.exercises.silence import silence_stderr
from energykit.exercises.verdict import Verdict, answer_of, right, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["check_collect"]

_CASES = 20
_ATTEMPTS = (3, 5)
"""How often a point may be run, at least and at most."""
_PATIENCE_S = 3.0
"""How long a point waits for another one to begin [s]."""
_KINDS = ("works", "lost once", "lost twice", "lost always", "refuses")
_WORKING = {"works", "lost once", "lost twice"}
_CALLS = {"works": 1, "lost once": 2, "lost twice": 3, "refuses": 1}


@silence_stderr()
def check_collect(collect: object, *, seed: int = 0) -> Verdict:
    """Check a function that runs the points of a sweep on an executor, side by side.

    Parameters
    ----------
    collect
        The learner's: ``collect(run, points, executor, attempts)`` returns a list with a dictionary
        for each point, in the order of the points: ``point``, ``value`` (what ``run(point)``
        returned, None if it failed), ``error`` (a text, None if it worked). A ConnectionError is
        tried again, `attempts` times in all; any other error is not.
    seed
        Of the made-up points.
    """
    if not callable(collect):
        return wrong(
            f"collect is {collect!r}, not a function",
            "write def collect(run, points, executor, attempts): …",
        )
    rng = random.Random(seed)  # made-up points
    for _ in range(_CASES):
        numbers = rng.sample(range(1000), rng.randint(1, 6))
        case = _Case([(number, rng.choice(_KINDS)) for number in numbers], rng.randint(*_ATTEMPTS))
        verdict = case.judge(collect)
        if verdict is not None:
            return verdict
    verdict = _in_turn(collect)
    if verdict is not None:
        return verdict
    return right(f"{_CASES} sweeps, every point a row: lost ones tried again, refused ones not.")


def _in_turn(collect: Callable[..., Any]) -> Verdict | None:
    """Return that points wait for each other, None where two of them are at work at a time."""
    together = threading.Barrier(2)

    def run(point: int) -> int:
        with suppress(threading.BrokenBarrierError):  # nobody else came in time
            together.wait(_PATIENCE_S)
        return point

    with ThreadPoolExecutor(2) as pool:
        collect(run, [0, 1], pool, 1)
    if not together.broken:
        return None
    return wrong(
        "the second point began when the first was done: two workers took as long as one",
        "what does result() do while a point is at work? when is the next one submitted?",
    )


class _Recorded(Executor):
    """An executor that counts what it was given."""

    def __init__(self, pool: Executor) -> None:
        self.submitted = 0
        self._pool = pool

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.submitted += 1
        return self._pool.submit(fn, *args, **kwargs)


class _Case:
    """Some points, each of which behaves in its own way."""

    def __init__(self, plan: Sequence[tuple[int, str]], attempts: int) -> None:
        self._kinds = dict(plan)
        self._attempts = attempts
        self._most = _CALLS | {"lost always": attempts}
        self._calls: Counter[int] = Counter()

    def run(self, point: int) -> int:
        """Compute one point."""
        self._calls[point] += 1
        kind = self._kinds[point]
        if kind == "refuses":
            raise ValueError(f"{point} is not possible")
        if kind == "lost always" or self._calls[point] < self._most[kind]:
            raise ConnectionError(f"the worker of {point} was lost")
        return point * point

    def judge(self, collect: Callable[..., Any]) -> Verdict | None:
        """Return what is wrong with the learner's rows, None where nothing is."""
        points = list(self._kinds)
        with ThreadPoolExecutor(2) as pool:
            executor = _Recorded(pool)
            hint = "the error of one point is a row; it does not end the table"
            given = (self.run, list(points), executor, self._attempts)
            rows = answer_of(collect, *given, said="collect", hint=hint)
        if isinstance(rows, Verdict):
            return rows
        if not executor.submitted:
            return wrong(
                "nothing ran on the executor", "executor.submit(run, point) returns a future"
            )
        misshapen = _misshapen(
            rows, points
        )  # a wrong verdict is false, so None is asked for by name
        found = (self._row(row) for row in rows) if misshapen is None else iter([misshapen])
        return next((verdict for verdict in found if verdict is not None), None)

    def _row(self, row: dict[str, Any]) -> Verdict | None:
        point = row["point"]
        problems = (self._calls_problem(point), self._value_problem(point, row["value"]))
        found = next((problem for problem in problems if problem is not None), None)
        return self._error_problem(point, row["error"]) if found is None else found

    def _calls_problem(self, point: int) -> Verdict | None:
        """Return that a point was run too often, or given up too early."""
        kind, calls = self._kinds[point], self._calls[point]
        if calls > self._most[kind]:
            why = (
                "a refusal is the same the next time"
                if kind == "refuses"
                else f"{self._attempts} attempts were allowed"
            )
            return wrong(f"a point that {_describe(kind)} was run {calls} times", why)
        if kind == "lost always" and calls < self._attempts:
            text = f"a point that {_describe(kind)} was given up after {calls} calls"
            return wrong(text, f"{self._attempts} attempts were allowed, each might have passed")
        return None

    def _value_problem(self, point: int, value: object) -> Verdict | None:
        """Return that a row has no value where it should have one, or one where it should not."""
        kind = self._kinds[point]
        said = f"a point that {_describe(kind)} has the value {value!r}"
        if kind not in _WORKING:
            hint = "what failed has no value: None says so"
            return None if value is None else wrong(said, hint)
        hint = "a ConnectionError may pass: try again, as often as attempts allows"
        is_right = value == point * point
        return None if is_right else wrong(f"{said} after {self._calls[point]} calls", hint)

    def _error_problem(self, point: int, error: object) -> Verdict | None:
        """Return that a row has no error where it should have one, or not a text."""
        if not isinstance(error, str | None):
            text = f"the error of a point is {error!r}, {type(error).__name__}"
            return wrong(text, "a text goes into a table, and into a file; an exception does not")
        kind = self._kinds[point]
        if (kind in _WORKING) is not bool(error):
            return None
        text = (
            f"a point that {_describe(kind)} has {'an error' if error else 'no error'} in its row"
        )
        return wrong(text, "the last attempt decides")


def _misshapen(rows: object, points: Sequence[int]) -> Verdict | None:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return wrong(f"collect returned {type(rows).__name__}", "a list of dictionaries")
    for row in rows:
        missing = [key for key in ("point", "value", "error") if key not in row]
        if missing:
            return wrong(
                f"a row lacks {missing[0]!r}: {row}", "every row has point, value and error"
            )
    found = [row["point"] for row in rows]
    if sorted(found) != sorted(points):
        return wrong(
            f"{len(points)} points gave {len(rows)} rows: {found}",
            "every point is one row, also a failed one",
        )
    if found != list(points):
        return wrong(f"the rows stand in the order {found}", f"as the points do: {list(points)}")
    return None


def _describe(kind: str) -> str:
    return {"works": "works at once", "refuses": "refuses"}.get(kind, f"is {kind}")
