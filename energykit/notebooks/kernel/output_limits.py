"""Inside the kernel: a flood of output is stopped."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from energykit.notebooks.kernel.notes import NotesFile

__all__ = ["KEPT", "MOST", "OutputLimitExceeded", "install"]

KEPT = 1_000_000
"""How many characters of a cell's output are kept."""
MOST = 20_000_000
"""A cell that prints more is stopped."""


class OutputLimitExceeded(BaseException):  # no Exception: see below
    """Ends a cell that prints without end; no ``except Exception`` of the cell takes it."""


def install(notes: NotesFile, shell: Any) -> None:
    """Limit what the cells of this kernel print.

    Parameters
    ----------
    notes
        Says why a cell was stopped.
    shell
        The kernel's shell.
    """
    shell.events.register("pre_run_cell", _Limit(notes).new_cell)


class _Limit:
    def __init__(self, notes: NotesFile) -> None:
        self._notes = notes
        self._printed = 0

    def new_cell(self, *_: Any) -> None:
        """Start counting again; the shell replaces the streams' methods for each cell."""
        self._printed = 0
        for stream in (sys.stdout, sys.stderr):
            stream.write = self.limited(stream.write)  # type: ignore[method-assign]

    def limited(self, write: Callable[[Any], int]) -> Callable[[Any], int]:
        """Return a stream's write that keeps the beginning, and ends the cell that floods."""

        def limited(text: Any) -> int:
            is_of_cell = threading.current_thread() is threading.main_thread()
            if not isinstance(text, str) or not is_of_cell:
                return write(text)  # of a thread, as what a child prints: the client counts it
            before, self._printed = self._printed, self._printed + len(text)
            if before <= KEPT < self._printed:
                note = f"… what is printed beyond {KEPT:,} characters is not kept …"
                write(f"{text[: KEPT - before]}\n{note}\n")
            elif self._printed <= KEPT:
                write(text)
            if self._printed > MOST:
                self._stop(is_first=before <= MOST)
            return len(text)

        return limited

    def _stop(self, *, is_first: bool) -> None:
        why = f"printed more than {MOST // 1_000_000} MB"
        if is_first:
            self._notes.write("flood", why)
        raise OutputLimitExceeded(why)
