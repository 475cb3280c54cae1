"""Running the points of a sweep here or on an executor: a row for each, none lost."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import closing
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from energykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from concurrent.futures import Executor, Future

__all__ = ["Numbered", "Row", "spread"]

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
    equip: Callable[[P, BaseException], P | None] | None = None,
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
    equip
        Called with a point and the error that came of it; returns the point with what its worker
        lacked, and does not count as an attempt; or None.

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
        else _Waiting(run, executor, attempts, equip).rows(planned)
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


class _Waiting(Generic[P]):
    """Points that an executor was given, and the attempt that each is."""

    def __init__(
        self,
        run: Callable[[P], Row],
        executor: Executor,
        attempts: int,
        equip: Callable[[P, BaseException], P | None] | None,
    ) -> None:
        self._run = run
        self._executor = executor
        self._attempts = attempts
        self._equip = equip
        self._points: dict[Future[Row], tuple[P, int]] = {}

    def rows(self, planned: Sequence[P]) -> Generator[tuple[P, Row]]:
        """Give the points to the executor, and yield the row of each as it comes."""
        for point in planned:
            self._submit(point, 1)
        try:
            while self._points:
                for future in wait(self._points, return_when=FIRST_COMPLETED).done:
                    yield from self._finish(future)
        finally:  # interrupted: what has not begun does not begin
            for future in self._points:
                future.cancel()

    def _submit(self, point: P, attempt: int) -> None:
        self._points[self._executor.submit(_tried, self._run, point, attempt)] = point, attempt

    def _finish(self, future: Future[Row]) -> Generator[tuple[P, Row]]:
        """Yield the row of a point, unless the point is sent once more."""
        point, attempt = self._points.pop(future)
        if not self._is_equipped(future, point, attempt):
            row = _row(future, point, attempt)
            again = _is_worth_another(row, self._attempts)
            if not (again and self._sent(point, attempt + 1)):
                yield point, row

    def _is_equipped(self, future: Future[Row], point: P, attempt: int) -> bool:
        """Send a point again with what its worker lacked; return whether that was it."""
        error = None if future.cancelled() else future.exception()
        if error is None or self._equip is None:
            return False
        equipped = self._equip(point, error)
        return equipped is not None and self._sent(equipped, attempt)

    def _sent(self, point: P, attempt: int) -> bool:
        """Send a point once more; False where the executor takes no more: its worker was killed."""
        try:
            self._submit(point, attempt)
        except RuntimeError:  # also BrokenExecutor
            return False
        return True


def _tried(run: Callable[[P], Row], point: P, attempt: int) -> Row:
    """Run a point; the attempt is an argument, so that the next one is another task."""
    return run(point) | {"attempts": attempt}


def _is_worth_another(row: Row, attempts: int) -> bool:
    return row["attempts"] < attempts and row["exit_code"] in _WORTH_ANOTHER


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
