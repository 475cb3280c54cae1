"""Ending a run before its end: everything that it started ends, and what was done is kept."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from energykit.notebooks.process.fork_server_client import close_fork_server

if TYPE_CHECKING:
    from energykit.notebooks.verdict.record import Report

__all__ = ["Interrupted", "RunInterrupt"]


class Interrupted(KeyboardInterrupt):
    """A run was interrupted.

    Parameters
    ----------
    report
        Verdicts of the notebooks that were done; the others are ``"not-run"``.
    """

    def __init__(self, report: Report) -> None:
        super().__init__("interrupted")
        self.report = report


class RunInterrupt:
    """Ends what a run has started."""

    def __init__(self) -> None:
        self.event = Event()

    def stop(self) -> None:
        """End the processes of every notebook that runs; none starts any more.

        The fork server does it for those that it forked. A program does it itself when its thread,
        which sees the event, closes its stdin: it alone knows its descendants.
        """
        self.event.set()
        close_fork_server()
