"""TERM and HUP end a run as Ctrl-C does: with a record that says so, and services asked to stop."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["RunInterrupted", "Terminated", "ending_on_signals", "naming_the_interrupt"]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Terminated(SystemExit):
    """A signal asks this process to end; nobody catches it but what cleans up.

    Parameters
    ----------
    number
        The signal's.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.signal_name = signal.Signals(number).name
        """``"SIGTERM"`` or ``"SIGHUP"``."""


class RunInterrupted(KeyboardInterrupt):
    """Ctrl-C, or *Interrupt kernel*, ended a run; its record says what was done."""

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows in the place of a traceback through gRPC."""
        return [str(self)]


@contextmanager
def naming_the_interrupt() -> Iterator[None]:
    """Say in a sentence what an interrupt did to the run in this block."""
    try:
        yield
    except RunInterrupted:
        raise
    except KeyboardInterrupt:
        text = "the run was interrupted; its record says what was done → "
        text += "run it again, or with resume=True"
        raise RunInterrupted(text) from None


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Raise `Terminated` in this block where a signal would kill the process.

    Only the main thread can say what a signal does, and what somebody else has said stays: a
    handler of one's own, ``nohup``. A notebook's kernel is left alone, too: it would survive.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or _is_in_notebook():
        yield
        return
    ours = [number for number in _SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in ours:
            signal.signal(number, _raise)
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _raise(number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated(number)


def _is_in_notebook() -> bool:
    return "ipykernel" in sys.modules
