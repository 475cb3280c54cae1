"""Ending a run before its end: everything that it started ends, and what was done is kept."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from energykit.notebooks.forge import close_the_forge
from energykit.notebooks.processes import end

if TYPE_CHECKING:
    from energykit.notebooks.verdict import Report

__all__ = ["Interrupted", "Stop"]


class Interrupted(KeyboardInterrupt):
    """A run was interrupted.

    Parameters
    ----------
    report
        Verdicts of the notebooks that were done.
    """

    def __init__(self, report: Report) -> None:
        super().__init__("interrupted")
        self.report = report


class Stop:
    """Ends what a run has started."""

    def __init__(self) -> None:
        self.event = Event()
        self.marks: set[str] = set()

    def stop(self) -> None:
        """End the processes of every notebook that runs; none starts any more."""
        self.event.set()
        close_the_forge()
        for mark in list(self.marks):
            end(mark)
