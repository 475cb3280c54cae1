"""The client of a kernel: nbclient's, with a limit to what a cell may show, and a measure of memory."""

from __future__ import annotations

import asyncio
from typing import Any

from nbclient import NotebookClient

from energykit.notebooks.process.marked_processes import memory_mb

__all__ = ["MOST_SHOWN", "Client"]

MOST_SHOWN = 20_000_000
"""A cell that shows more, in characters of its messages, is stopped."""
_SAMPLE_S = 0.2


class Client(NotebookClient):
    """A client for one kernel.

    Parameters
    ----------
    notebook
        As nbformat reads it.
    manager
        Of the kernel, which may run already.
    folder
        The kernel's working directory.
    """

    def __init__(self, notebook: Any, manager: Any, folder: str) -> None:
        super().__init__(notebook, resources={"metadata": {"path": folder}}, startup_timeout=60)
        self._manager = manager
        self._shown = 0
        self.limit_s: float | None = None
        self.timeout_func = lambda _cell: (
            self.limit_s
        )  # the setting itself takes whole seconds only
        self.peak_mb = 0.0
        self.cell_mb = 0.0

    def create_kernel_manager(self) -> Any:
        """Return the manager that this client was given."""
        self.km = self._manager
        return self.km

    @property
    def has_flooded(self) -> bool:
        """Whether the cell showed too much."""
        return self._shown > MOST_SHOWN

    def new_cell(self, limit_s: float) -> None:
        """Count anew for the next cell, which may take so long [s]."""
        self.limit_s = limit_s
        self._shown = 0
        self.cell_mb = 0.0

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Take a message of the kernel, unless it holds an output beyond the limit."""
        if "data" in msg["content"] or "text" in msg["content"]:
            was_flooded, self._shown = self.has_flooded, self._shown + _size(msg["content"])
            if self.has_flooded:
                if not was_flooded:
                    self._interrupted = asyncio.ensure_future(self._manager.interrupt_kernel())
                return None
        return super().process_message(msg, cell, cell_index)

    async def measure(self) -> None:
        """Measure memory until cancelled."""
        while True:
            now = memory_mb()
            self.cell_mb, self.peak_mb = max(self.cell_mb, now), max(self.peak_mb, now)
            await asyncio.sleep(_SAMPLE_S)


def _size(content: dict[str, Any]) -> int:
    data = content.get("data", {})
    parts = data.values() if isinstance(data, dict) else ()
    return len(content.get("text", "")) + sum(
        len(one) if isinstance(one, str) else 1000 for one in parts
    )
