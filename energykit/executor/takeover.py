"""A run takes over from one that the same thread began step by step and left: a notebook cell that is run again."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from energykit.errors import RunLockedError

if TYPE_CHECKING:
    from energykit.executor.lock import OutputLocks

__all__ = ["acquire", "can_be_ended"]


class Stepping(Protocol):
    """A run that goes on only when it is asked to."""

    @property
    def run_id(self) -> str:
        """The run's id."""

    def close(self) -> None:
        """End it; raises ValueError while a stage of it runs."""


_LEFT: WeakKeyDictionary[Stepping, int] = WeakKeyDictionary()
"""The thread of each."""


def can_be_ended(steps: Stepping) -> None:
    """Let a later run of this thread end these steps, where it wants the same outputs."""
    _LEFT[steps] = threading.get_ident()


def acquire(locks: OutputLocks) -> None:
    """Take the locks of a run; steps of this thread that hold one of them, with no stage running, are ended.

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
            if not _has_ended(exc):
                raise


def _has_ended(exc: RunLockedError) -> bool:
    here = threading.get_ident()
    if exc.pid != os.getpid():
        return False
    for steps in [
        one for one, thread in _LEFT.items() if thread == here and one.run_id == exc.run_id
    ]:
        del _LEFT[steps]
        try:
            steps.close()
        except ValueError:  # a stage of it is running: whoever listens to it has asked for this run
            return False
        return True
    return False
