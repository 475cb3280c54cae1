"""Inside the kernel: which files its Python reads, which it writes outside, and what it starts."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["FileWatch"]

_WRITES = os.O_WRONLY | os.O_RDWR
_MADE = {"os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1}
"""Further events that make a file or a folder, and which of their arguments is its path."""
_CHANGED = {"os.remove": 0, "os.rename": 0, "os.truncate": 0, "os.chmod": 0, "shutil.move": 0}
_STARTED = {
    "subprocess.Popen": 1,
    "os.system": 0,
    "os.posix_spawn": 1,
    "os.exec": 1,
    "pty.spawn": 0,
}
_SYSTEM = ("/dev/", "/proc/", "/sys/")
_LONGEST = 20_000


class FileWatch:
    """Hears events of the interpreter and notes those about files; an audit hook cannot be removed.

    Parameters
    ----------
    folder
        The run's folder: what is written in there, or in the temporary folder, is not noted.
    outside
        A file that lists paths written outside the run's folder.
    used
        A file of JSON lines: what was read, and what was started.
    linked
        Files that the run's folder links to: to write one raises `PermissionError`.
    """

    def __init__(self, folder: Path, outside: Path, used: Path, linked: Collection[str]) -> None:
        self._outside, self._used = outside, used
        self._linked = frozenset(linked)
        folders = {str(folder), os.path.realpath(folder), os.path.realpath(tempfile.gettempdir())}
        self._inside = (*(f"{one.rstrip(os.sep)}{os.sep}" for one in folders), *_coverage_data())
        self._home = f"{Path.home()}{os.sep}"
        self._noted: set[str] = set()
        self._read: set[str] = set()

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """Take an event of the interpreter.

        Raises
        ------
        PermissionError
            A file would be written that only links to the source.
        """
        if event == "open":
            self._hear_open(*args[:3])
        elif event in _STARTED:
            self._note_start(args[_STARTED[event]])
        else:
            if event in _CHANGED and isinstance(args[_CHANGED[event]], (str, bytes, os.PathLike)):
                self._refuse_linked(os.fsdecode(args[_CHANGED[event]]))
            self._hear_made(event, args)

    def _hear_open(self, path: Any, mode: Any, flags: Any) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        text = os.fsdecode(path)
        if isinstance(flags, int) and flags & _WRITES:
            self._refuse_linked(text)
            self._note_written(os.path.realpath(text))
        elif mode is None or "r" in str(mode):
            self._note_read(text)

    def _hear_made(self, event: str, args: tuple[Any, ...]) -> None:
        place = _MADE.get(event)
        if place is None or not isinstance(args[place], (str, bytes, os.PathLike)):
            return
        if event == "os.mkdir" and os.path.lexists(args[0]):  # nothing is made
            return
        self._note_written(os.path.realpath(os.fsdecode(args[place])))

    def _refuse_linked(self, path: str) -> None:
        if self._linked and os.path.realpath(path) in self._linked:
            raise PermissionError(13, "read-only here: too large to copy, it is the source", path)

    def _note_written(self, path: str) -> None:
        if path in self._noted or self._is_allowed(path):
            return
        self._noted.add(path)
        with self._outside.open("a", encoding="utf-8") as file:
            file.write(path + "\n")

    def _note_read(self, path: str) -> None:
        if path in self._read or path.startswith(_SYSTEM):
            return
        self._read.add(path)
        self._append({"read": os.path.abspath(path)})  # links are kept

    def _note_start(self, command: Any) -> None:
        words = command if isinstance(command, (list, tuple)) else [command]
        text = " ".join(os.fsdecode(word) for word in words if isinstance(word, (str, bytes, Path)))
        self._append({"started": text[:_LONGEST]})

    def _append(self, line: dict[str, str]) -> None:
        with self._used.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _is_allowed(self, path: str) -> bool:
        """Whether a path is ours, of the system, bytecode, or a hidden cache in the home folder."""
        if path.startswith((*self._inside, *_SYSTEM)) or "__pycache__" in path:
            return True
        return path.startswith(self._home) and path[len(self._home) :].startswith(
            (".", "Library/Caches", "AppData")
        )


def _coverage_data() -> tuple[str, ...]:
    """Return how the files begin that coverage keeps its data in, where it measures this kernel."""
    coverage: Any = sys.modules.get("coverage")
    current = coverage.Coverage.current() if coverage else None
    return (os.path.realpath(current.get_data().base_filename()),) if current else ()
