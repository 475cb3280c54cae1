"""What the watch inside the kernel noted, as the engine reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from energykit.notebooks.kernel.watcher import NOTES, OUTSIDE, USED

__all__ = [
    "KernelNotes",
    "Note",
    "files_read",
    "files_written_outside",
    "packages_imported",
    "started_commands",
]

_TROUBLE = frozenset({"background", "command", "exit", "exit-code", "flood", "magic"})


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something that ended no cell and may fail it all the same."""

    kind: str
    """``background``, ``command``, ``exit``, ``exit-code``, ``flood`` or ``magic``."""
    text: str
    """What happened, as a sentence."""
    line: int = 0
    """Line of the cell, from 1; 0 where that is not known."""
    count: int = 0
    """Execution count of the cell whose code it was; 0: the one that ran."""


class KernelNotes:
    """Reads a kernel's notes as they come.

    Parameters
    ----------
    folder
        The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / NOTES
        self._read = 0
        self._waiting: list[Note] = []
        self.sent: dict[str, int] = {}
        """How many messages the kernel sent for a request, by its id."""
        self.unwatched: list[str] = []
        """What is not watched, as sentences."""

    def take(self) -> list[Note]:
        """Return the notes since the last time."""
        self.look()
        notes, self._waiting = self._waiting, []
        return notes

    def look(self) -> None:
        """Read what is new."""
        for note in self._new():
            if note["kind"] == "sent":
                self.sent[note["parent"]] = note["count"]
            elif note["kind"] == "unwatched":
                self.unwatched.append(note["text"])
            elif note["kind"] in _TROUBLE:
                self._waiting.append(
                    Note(
                        kind=note["kind"],
                        text=note["text"],
                        line=note["line"],
                        count=note.get("count", 0),
                    )
                )

    def _new(self) -> list[dict[str, Any]]:
        lines = _lines(self._file)
        new, self._read = lines[self._read :], len(lines)
        return [json.loads(line) for line in new]


def _lines(file: Path) -> list[str]:
    """Return the whole lines of a file; one that is being written is not among them."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.split("\n")[:-1]


def files_written_outside(folder: Path) -> list[str]:
    """Return the files that a kernel wrote outside a run's folder, and still are there."""
    paths = dict.fromkeys(_lines(folder / OUTSIDE))
    return [path for path in paths if Path(path).exists()]


def _used(folder: Path, kind: str) -> list[Any]:
    used = []
    for line in _lines(folder / USED):
        try:
            used.append(json.loads(line))
        except ValueError:  # two processes wrote at once
            continue
    return [line[kind] for line in used if kind in line]


def files_read(folder: Path) -> list[str]:
    """Return the files that a kernel's Python read."""
    return list(dict.fromkeys(_used(folder, "read")))


def started_commands(folder: Path) -> list[str]:
    """Return the commands that a kernel started."""
    return _used(folder, "started")


def packages_imported(folder: Path) -> list[str]:
    """Return the top-level packages that a kernel imported after its start."""
    return sorted({name for names in _used(folder, "imported") for name in names})
