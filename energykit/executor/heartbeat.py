"""Signs of life of a service while a stage runs: progress, or an answer of its health service."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Heartbeat", "Pulse"]


@dataclass(eq=False, kw_only=True)
class Pulse:
    """One call under way."""

    ask: Callable[[float], bool]
    """Asks the service for a sign of life within so many seconds; False where none came."""
    end: Callable[[], object]
    """Cancels the call."""
    seen_s: float = field(default_factory=time.monotonic)
    """When it last showed a sign of life [s]."""
    is_silent: bool = False
    """It showed none for too long, and the call was ended."""

    def beat(self) -> None:
        """Note a sign of life."""
        self.seen_s = time.monotonic()


class Heartbeat:
    """Watches the calls of a run in one thread, which begins with the first call.

    Parameters
    ----------
    limit_s
        How long a service may show no sign of life [s]; infinity: nothing is watched.
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._pulses: set[Pulse] = set()
        self._has_ended = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watch(self, pulse: Pulse) -> Iterator[None]:
        """Watch a call until the block ends."""
        self._pulses.add(pulse)
        if self._thread is None and self.limit_s != float("inf"):
            self._thread = threading.Thread(
                target=self._keep_watching, name="energykit-heartbeat", daemon=True
            )
            self._thread.start()
        try:
            yield
        finally:
            self._pulses.discard(pulse)

    def close(self) -> None:
        """Stop watching; a question that waits for its answer is not waited for."""
        self._has_ended.set()

    def _keep_watching(self) -> None:
        while not self._has_ended.wait(self.limit_s / 4):
            for pulse in list(self._pulses):
                self._examine(pulse)

    def _examine(self, pulse: Pulse) -> None:
        """Ask a service that has been quiet for half the limit; end its call if it stays silent."""
        left_s = pulse.seen_s + self.limit_s - time.monotonic()
        if left_s > self.limit_s / 2:
            return
        if pulse.ask(max(left_s, self.limit_s / 4)):
            pulse.beat()
        elif pulse in self._pulses and not self._has_ended.is_set():
            pulse.is_silent = True
            pulse.end()
