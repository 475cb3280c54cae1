"""Saving the executed copy: whole after each cell, and soon after the start of a longer one."""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from papermill.iorw import write_ipynb

from energykit.notebooks.source.discovery import is_remote

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NotebookSaver"]

_SOON_S = 0.25
"""A cell that takes longer than this is saved as running [s]."""


class NotebookSaver:
    """Papermill's way to save, in one step: a run that is killed leaves a whole file.

    Parameters
    ----------
    nb_man
        Papermill's state of the execution; its ``save`` is replaced.
    """

    def __init__(self, nb_man: Any) -> None:
        self._nb_man = nb_man
        self._waiting: asyncio.TimerHandle | None = None
        self._is_soon_enough = False
        nb_man.save = self.save

    def save(self, **_: Any) -> None:
        """Save now; where a save soon is enough, when the event loop comes to it."""
        if self._is_soon_enough:
            self._waiting = self._waiting or asyncio.get_running_loop().call_later(
                _SOON_S, self._save_running
            )
            return
        self.cancel()
        target = self._nb_man.output_path
        if target:
            _write(self._nb_man.nb, target)
        self._nb_man.last_save_time = self._nb_man.now()

    @contextmanager
    def soon(self) -> Iterator[None]:
        """Let what is saved in this block wait a moment: nothing that a cell left is in it."""
        self._is_soon_enough = True
        try:
            yield
        finally:
            self._is_soon_enough = False

    def cancel(self) -> None:
        """Forget a save that waits."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _save_running(self) -> None:
        with suppress(OSError):  # the save behind the cell says what is wrong
            self.save()


def _write(notebook: Any, target: str) -> None:
    if is_remote(target) or target == "-":
        write_ipynb(notebook, target)
        return
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name[:100]}.{os.getpid()}.ipynb")
    write_ipynb(notebook, str(beside))
    beside.replace(path)
