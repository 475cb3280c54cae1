"""Work beside the kernel: one thing after another in a thread, so cells and buttons respond."""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Worker"]

logger = logging.getLogger(__name__)


class Worker:
    """Does jobs one after another in a thread of its own, which ends with the process.

    Parameters
    ----------
    name
        Of the thread.
    on_error
        Called with what a job raised.
    """

    def __init__(self, name: str, on_error: Callable[[Exception], None]) -> None:
        self._name = name
        self._on_error = on_error
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._waiting = 0
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a job is being done or waits."""
        return self._waiting > 0

    def begin(self, job: Callable[[], None]) -> None:
        """Do a job after those that wait, and return at once."""
        with self._changed:
            self._waiting += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
        self._jobs.put(job)

    def wait(self, timeout_s: float) -> bool:
        """Wait until all jobs are done, and return whether they are.

        Parameters
        ----------
        timeout_s
            How long at most [s].
        """
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout_s)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except Exception as exc:
                logger.debug("%s: a job failed", self._name, exc_info=True)
                self._on_error(exc)
            finally:
                with self._changed:
                    self._waiting -= 1
                    self._changed.notify_all()
