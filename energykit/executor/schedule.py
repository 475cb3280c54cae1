"""In which order the stages of a run are called: one after another, or branches side by side."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from concurrent.futures import Future

    from energykit.executor.session import RunSession
    from energykit.executor.task import Task
    from energykit.results import StageResult

__all__ = ["run_in_parallel", "run_in_turn"]

_AWAKE_S = 0.5


def run_in_turn(session: RunSession) -> Generator[StageResult]:
    """Run one stage after another; everything after a failure is skipped."""
    failed = ""
    for task in session.tasks:
        stage = session.run_stage(task, failed=failed)
        failed = failed or (stage.id if stage.status == "failed" else "")
        yield stage


def run_in_parallel(session: RunSession, limit: int) -> Generator[StageResult]:
    """Run stages that do not wait for each other at once; yield each as it ends.

    A failure skips only what depends on it.

    Parameters
    ----------
    session
        The run.
    limit
        At most so many stages at once.
    """
    branches = _Branches(session, limit)
    try:
        while branches.has_more():
            yield from branches.take_finished()
    except BaseException as exc:
        session.stop(exc)
        raise
    finally:
        branches.close()


class _Branches:
    """The stages that can be called now, those that are being called, and how the others ended."""

    def __init__(self, session: RunSession, limit: int) -> None:
        self._session = session
        self._tasks = {task.id: task for task in session.tasks}
        self._order = TopologicalSorter({task.id: task.waits_for for task in session.tasks})
        self._order.prepare()
        self._pool = ThreadPoolExecutor(limit, thread_name_prefix="energykit-stage")
        self._running: dict[Future[StageResult], str] = {}
        self._causes: dict[str, str] = {}
        """The failed stage behind each stage that did not succeed."""

    def has_more(self) -> bool:
        """Return whether a stage is still to come."""
        return self._order.is_active()

    def take_finished(self) -> Iterable[StageResult]:
        """Call what can be called, wait until a stage ends, and return those that have."""
        for stage_id in self._order.get_ready():
            self._begin(self._tasks[stage_id])
        ended: set[Future[StageResult]] = set()
        while not ended:  # now and then awake: a signal may have come to another thread
            ended, _ = wait(self._running, timeout=_AWAKE_S, return_when=FIRST_COMPLETED)
        return [self._finish(future) for future in ended]

    def _begin(self, task: Task) -> None:
        failed = next((self._causes[name] for name in task.waits_for if name in self._causes), "")
        future = self._pool.submit(self._session.run_stage, task, failed=failed)
        self._running[future] = task.id

    def _finish(self, future: Future[StageResult]) -> StageResult:
        stage_id = self._running.pop(future)
        stage = future.result()
        if not stage.ok:
            task = self._tasks[stage_id]
            before = (self._causes[name] for name in task.waits_for if name in self._causes)
            self._causes[stage_id] = next(before, stage_id)
        self._order.done(stage_id)
        return stage

    def close(self) -> None:
        """Wait for the stages that are being called; those that wait for a thread do not begin."""
        self._pool.shutdown(wait=True, cancel_futures=True)
