"""What a run is doing, as it does it: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from energykit.executor import event as events

if TYPE_CHECKING:
    from energykit.executor.event import Event

__all__ = ["StageProgressBars", "StageProgressLines"]


class StageProgressLines:
    """Tells a run in plain lines on stderr."""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def note(self, event: Event) -> None:
        """Take an event of the run."""
        if isinstance(event, events.StageStarted):
            why = f", run again: {event.reason}" if event.reason else ""
            print(
                f"[{event.number}/{event.total}] {event.id} at {event.address}{why}",
                file=sys.stderr,
            )
        elif isinstance(event, events.StageFinished) and event.result.status == "reused":
            print(f"{event.id} reused: {event.result.reason}", file=sys.stderr)
        elif isinstance(event, events.Waiting | events.Retrying):
            print(f"  {_format_wait(event)}", file=sys.stderr)


class StageProgressBars:
    """Tells a run as one bar a stage on a terminal."""

    def __enter__(self) -> Self:
        """Show the bars."""
        from rich.console import Console  # only on a terminal
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._bars: Any = Progress(
            SpinnerColumn(finished_text="✔"),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[done]}", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._bar: Any = None
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the bars as they are."""
        with suppress(OSError):  # the terminal has gone; what ended the run says so
            self._bars.stop()

    def note(self, event: Event) -> None:
        """Take an event of the run."""
        if isinstance(event, events.StageStarted):
            why = f"run again: {event.reason}" if event.reason else ""
            self._bar = self._bars.add_task(event.id, total=None, done=why)
        elif isinstance(event, events.Progress):
            done = f"{event.phase} {event.done:,} {event.unit}"
            self._bars.update(self._bar, completed=event.done, total=event.total or None, done=done)
        elif isinstance(event, events.Waiting | events.Retrying):
            self._bars.update(self._bar, done=_format_wait(event))
        elif isinstance(event, events.StageFinished) and event.result.status == "reused":
            done = f"reused: {event.result.reason}"
            self._bars.stop_task(self._bars.add_task(event.id, total=1, completed=1, done=done))
        elif isinstance(event, events.StageFinished) and event.result.attempts:
            self._bars.update(
                self._bar, total=1, completed=int(event.result.ok), done=event.result.status
            )
            self._bars.stop_task(self._bar)


def _format_wait(event: events.Waiting | events.Retrying) -> str:
    if isinstance(event, events.Waiting):
        return f"{event.message}, waited {event.seconds:.1f} s so far"
    return f"{event.attempt.status}, trying again in {event.attempt.wait_s:.1f} s"
