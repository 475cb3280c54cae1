"""Services that have ended by themselves are started again."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    from energykit.launcher.child import Child

    class Restartable(Protocol):
        """Services that can be started again."""

        @property
        def is_stopping(self) -> threading.Event:
            """Set when they are to end."""

        def restart_ended(self, started: list[Child]) -> None:
            """Start those again that have ended."""


__all__ = ["watch_children"]

_WATCH_S = 0.2


def watch_children(services: Restartable, started: list[Child]) -> None:
    """Watch services from a thread that does not keep them alive."""
    is_stopping, held = services.is_stopping, weakref.ref(services)
    del services

    def watch() -> None:
        while not is_stopping.wait(_WATCH_S) and (alive := held()) is not None:
            alive.restart_ended(started)
            del alive

    threading.Thread(target=watch, name="energykit-restart", daemon=True).start()
