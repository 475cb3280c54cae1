"""Running the points of a sweep here or on an executor: a row for each, none lost."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from energykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from concurrent.futures import Executor, Future

__all__ = ["Row", "spread"]

Row = dict[str, Any]
"""A row of the table, by column."""
_WORTH_ANOTHER = (3, 4)
"""Exit codes of what may pass the next time: not reached, not in time. A stage that refused refuses
again.
"""


class Numbered(Protocol):
    """A point of a grid."""

    @property
    def number(self) -> int:
        """Its place in the table."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Value by key of the grid."""


P = TypeVar("P", bound=Numbered)


def spread(
    run: Callable[[P], Row],
    planned: Sequence[P],
    *,
    executor: Executor | None,
    attempts: int = 1,
    on_row: Callable[[P, Row], None] | None = None,
) -> list[Row]:
    """Run points and return a row for each, in their order; a lost worker is its point's error.

    Parameters
    ----------
    run
        Runs one point and returns its row; with an executor it is sent to another process.
    planned
        The points.
    executor
        Where they run; None: here, one after another.
    attempts
        How often a point is tried that may pass the next time.
    on_row
        Called with each point and its row as they come.

    Raises
    ------
    energykit.errors.UsageError
        `attempts` is not a whole number from 1.
    """
    if type(attempts) is not int or attempts < 1:
        raise UsageError(f"attempts={attempts!r}", where="sweep", hint="a whole number from 1")
    found = (
        _here(run, planned, attempts)
        if executor is None
        else _elsewhere(run, planned, executor, attempts)
    )
    rows: dict[int, Row] = {}
    with closing(found):
        for point, row in found:
            rows[point.number] = row
            if on_row is not None:
                on_row(point, row)
    return [rows[point.number] for point in planned]


def _here(run: Callable[[P], Row], planned: Sequence[P], attempts: int) -> Generator[tuple[P, Row]]:
    for point in planned:
        row = _tried(run, point, 1)
        while _is_worth_another(row, attempts):
            row = _tried(run, point, row["attempts"] + 1)
        yield point, row


def _elsewhere(
    run: Callable[[P], Row], planned: Sequence[P], executor: Executor, attempts: int
) -> Generator[tuple[P, Row]]:
    waiting = {executor.submit(_tried, run, point, 1): (point, 1) for point in planned}
    try:
        while waiting:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                point, attempt = waiting.pop(future)
                row = _row(future, point, attempt)
                again = (
                    _sent(run, point, attempt + 1, executor)
                    if _is_worth_another(row, attempts)
                    else None
                )
                if again is not None:
                    waiting[again] = (point, attempt + 1)
                else:
                    yield point, row
    finally:  # interrupted: what has not begun does not begin
        for future in waiting:
            future.cancel()


def _tried(run: Callable[[P], Row], point: P, attempt: int) -> Row:
    """Run a point; the attempt is an argument, so that the next one is another task."""
    return run(point) | {"attempts": attempt}


def _is_worth_another(row: Row, attempts: int) -> bool:
    return row["attempts"] < attempts and row["exit_code"] in _WORTH_ANOTHER


def _sent(
    run: Callable[[P], Row], point: P, attempt: int, executor: Executor
) -> Future[Row] | None:
    """Send a point once more; None where the executor takes no more: its worker was killed."""
    try:
        return executor.submit(_tried, run, point, attempt)
    except RuntimeError:  # also BrokenExecutor
        return None


def _row(future: Future[Row], point: Numbered, attempt: int) -> Row:
    try:
        return future.result()
    except Exception as exc:  # noqa: BLE001  # whatever ended a worker is the point's error
        lost = {
            "ok": False,
            "exit_code": 3,
            "error": f"{type(exc).__name__}: {exc}",
            "seconds": 0.0,
        }
        return dict(point.settings) | lost | {"attempts": attempt}
