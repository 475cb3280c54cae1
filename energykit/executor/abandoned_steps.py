"""Steps that a cell left half-way end when a later run of the same thread needs their outputs."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from energykit.errors import RunLockedError

if TYPE_CHECKING:
    from energykit.executor.lock import OutputLocks

__all__ = ["StepByStep", "acquire", "let_later_run_end"]

_ABANDONED: WeakKeyDictionary[StepByStep, int] = WeakKeyDictionary()
"""The thread that began each run which goes on only when it is asked to."""


class StepByStep(Protocol):
    """A run that goes on only when it is asked to."""

    @property
    def run_id(self) -> str:
        """The run's id."""

    def close(self) -> None:
        """End it; raises ValueError while a stage of it runs."""


def let_later_run_end(steps: StepByStep) -> None:
    """Let a later run of this thread end these steps, where it wants the same outputs."""
    _ABANDONED[steps] = threading.get_ident()


def acquire(locks: OutputLocks) -> None:
    """Take the locks of a run; idle steps of this thread that hold one of them are ended first.

    Raises
    ------
    energykit.errors.RunLockedError
        Another run holds one of them.
    OSError
        The data root cannot be written.
    """
    while True:
        try:
            return locks.acquire()
        except RunLockedError as exc:
            if not _end_holder(exc):
                raise


def _end_holder(exc: RunLockedError) -> bool:
    here = threading.get_ident()
    if exc.pid != os.getpid():
        return False
    for steps in [
        steps
        for steps, thread in _ABANDONED.items()
        if thread == here and steps.run_id == exc.run_id
    ]:
        del _ABANDONED[steps]
        try:
            steps.close()
        except ValueError:  # a stage of it is running: its listener has asked for this run
            return False
        return True
    return False
