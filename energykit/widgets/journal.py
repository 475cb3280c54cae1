"""What happens in a dashboard, as lines with the time."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING

from energykit import html
from energykit.executor import Moved, Progress, Retrying, StageFinished, StageStarted, Waiting
from energykit.results.view import second_text

if TYPE_CHECKING:
    from energykit.executor import Event

__all__ = ["Journal", "event_text"]

_LINES = 200
_SHOWN = 12


def event_text(event: Event) -> str:
    """Return an event of a run as a line."""
    match event:
        case StageStarted():
            return f"{event.id}: stage {event.number} of {event.total} called at {event.address}"
        case Waiting():
            return f"{event.id}: waiting for {event.address}, {event.message}"
        case Retrying():
            return (
                f"{event.id}: attempt {event.attempt.number} {event.attempt.status}, trying again"
            )
        case Progress():
            of = f" of {event.total:,}" if event.total else ""
            return f"{event.id}: {event.phase}, {event.done:,}{of} {event.unit}"
        case Moved():
            moved = event.transfer
            return f"{event.id}: {moved.path} moved from {moved.source}, {moved.bytes:,} bytes"
        case StageFinished():
            why = f": {event.result.error.message}" if event.result.error else ""
            return f"{event.id}: {event.result.status} in {second_text(event.result.seconds)}{why}"


class Journal:
    """The last lines of what happened; any thread may write."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._lock = threading.Lock()

    def note(self, text: str) -> None:
        """Write a line."""
        moment = datetime.now().astimezone()
        with self._lock:
            self._lines.append(f"{moment:%H:%M:%S}  {text}")

    @property
    def lines(self) -> list[str]:
        """The lines, the newest last."""
        with self._lock:
            return list(self._lines)

    def to_html(self) -> html.Html:
        """Return the newest lines."""
        text = "\n".join(self.lines[-_SHOWN:]) or "Nothing has happened yet."
        style = "color:inherit;background:transparent;margin:0.3em 0;white-space:pre-wrap;"
        return html.details(
            "Log", html.element("pre", text, style=style, class_="ek-log"), is_open=True
        )
