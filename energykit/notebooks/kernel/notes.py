"""Inside the kernel: a file of JSON lines that says what the kernel's messages do not."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NotesFile"]


class NotesFile:
    """Appends notes, from any thread.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def write(self, kind: str, text: str = "", line: int = 0, **more: object) -> None:
        """Append what happened.

        Parameters
        ----------
        kind
            Which kind of note.
        text
            A sentence.
        line
            Line of the cell's code, from 1; 0 where there is none.
        **more
            Further values that JSON can hold.
        """
        note = json.dumps({"kind": kind, "text": text, "line": line, **more})
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(f"{note}\n")
