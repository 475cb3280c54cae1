"""Inside the kernel: a flood of output is stopped, and files that are written outside the run's folder are noted."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KEPT", "MOST", "Flood", "install"]

KEPT = 1_000_000
"""How many characters of a cell's output are kept."""
MOST = 20_000_000
"""A cell that prints more is stopped."""
_WRITES = os.O_WRONLY | os.O_RDWR
_MADE = {"os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1}
"""Further events that make a file or a folder, and which of their arguments is its path."""
_SYSTEM = ("/dev/", "/proc/", "/sys/")


class Flood(BaseException):
    """Ends a cell that prints without end; no ``except Exception`` of the cell takes it."""


def install(notes: str, outside: str) -> None:
    """Watch this kernel.

    Parameters
    ----------
    notes
        A file of JSON lines that says why a cell was stopped; it is appended to.
    outside
        A file that lists paths of files written outside the run's folder, which is two levels above
        this file.
    """
    from IPython import get_ipython  # only in a kernel

    shell: Any = get_ipython()
    limit = _Limit(Path(notes))
    shell.events.register("pre_run_cell", limit.new_cell)
    sys.addaudithook(_Writes(Path(outside)).heard)


class _Limit:
    def __init__(self, notes: Path) -> None:
        self._notes = notes
        self._printed = 0

    def new_cell(self, *_: Any) -> None:
        """Count anew; the shell replaces the streams' methods for each cell, and takes its own and ours back."""
        self._printed = 0
        for stream in (sys.stdout, sys.stderr):
            stream.write = self.limited(stream.write)  # type: ignore[method-assign]

    def limited(self, write: Callable[[Any], int]) -> Callable[[Any], int]:
        """Return a stream's write that keeps the beginning, and ends the cell when it is too much."""

        def limited(text: Any) -> int:
            if (
                not isinstance(text, str)
                or threading.current_thread() is not threading.main_thread()
            ):
                return write(text)  # of a thread, as what a child prints: the client counts it
            before, self._printed = self._printed, self._printed + len(text)
            if before <= KEPT < self._printed:
                write(
                    f"{text[: KEPT - before]}\n… what is printed beyond {KEPT:,} characters is not kept …\n"
                )
            elif self._printed <= KEPT:
                write(text)
            if self._printed > MOST:
                self._stop(is_first=before <= MOST)
            return len(text)

        return limited

    def _stop(self, *, is_first: bool) -> None:
        why = f"printed more than {MOST // 1_000_000} MB"
        if is_first:
            with self._notes.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"kind": "flood", "text": why, "line": 0}) + "\n")
        raise Flood(why)


class _Writes:
    """Hears every file that Python opens, makes or moves, and notes those written outside."""

    def __init__(self, notes: Path) -> None:
        self._notes = notes
        folders = {
            str(notes.parent.parent),
            os.path.realpath(notes.parent.parent),
            os.path.realpath(tempfile.gettempdir()),
        }
        if settings := os.environ.get(
            "COVERAGE_PROCESS_START"
        ):  # coverage moves its data as the kernel ends
            folders.add(str(Path(settings).resolve().parent))
        self._inside = tuple(f"{folder.rstrip(os.sep)}{os.sep}" for folder in folders)
        self._home = f"{Path.home()}{os.sep}"
        self._noted: set[str] = set()

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        """Take an event of the interpreter; it must not raise."""
        place = (
            0
            if event == "open" and isinstance(args[2], int) and args[2] & _WRITES
            else _MADE.get(event)
        )
        if event == "os.mkdir" and os.path.lexists(args[0]):  # nothing is made
            return
        if place is not None and isinstance(args[place], (str, bytes, os.PathLike)):
            self._heard(os.path.realpath(os.fsdecode(args[place])))

    def _heard(self, path: str) -> None:
        if path in self._noted or self._is_allowed(path):
            return
        self._noted.add(path)
        with self._notes.open("a", encoding="utf-8") as file:
            file.write(path + "\n")

    def _is_allowed(self, path: str) -> bool:
        """Whether a path is inside, of the system, a module's bytecode, or a cache: hidden in the home folder."""
        if path.startswith((*self._inside, *_SYSTEM)) or "__pycache__" in path:
            return True
        return path.startswith(self._home) and path[len(self._home) :].startswith(
            (".", "Library/Caches", "AppData")
        )
