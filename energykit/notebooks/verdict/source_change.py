"""What a notebook's child processes wrote beside its source.

A file that is new there may be anybody's. It is blamed on a notebook only where a command that the
notebook started names it, or its folder.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.notebooks.source.discovery import is_remote
from energykit.notebooks.verdict.kernel_notes import started_commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["SourceWatch"]

_OWN = (".ipynb", ".expected.json")


class SourceWatch:
    """The files beside a notebook's source, as they are before it runs.

    Parameters
    ----------
    path
        The notebook, as the caller named it; of an address, the working directory counts.
    linked
        Source files elsewhere that it must not write.
    """

    def __init__(self, path: str, linked: Iterable[Path]) -> None:
        self._folder = Path.cwd() if is_remote(path) else Path(path).resolve().parent
        self._linked = tuple(linked)
        self._before = _files_in(self._folder, self._linked)

    def leaks(self, run_folder: Path) -> list[str]:
        """Return which files the commands of a run wrote, a sentence each."""
        after = _files_in(self._folder, self._linked)
        changed = _changed_files(self._before, after, started_commands(run_folder))
        return [f"wrote outside its folder: {path}" for path in changed]


def _files_in(folder: Path, more: Iterable[Path] = ()) -> dict[str, int]:
    """Return the files in a folder, not below it, and others, with their last change [ns].

    Parameters
    ----------
    folder
        The notebook's folder; it may be gone.
    more
        Further files.
    """
    times: dict[str, int] = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file() and not entry.name.startswith("."):
                times[entry.path] = entry.stat().st_mtime_ns
    for path in more:
        with suppress(OSError):
            times[str(path)] = path.stat().st_mtime_ns
    return times


def _changed_files(
    before: dict[str, int], after: dict[str, int], commands: Sequence[str]
) -> list[str]:
    """Return the files that changed and that a command names.

    Parameters
    ----------
    before, after
        What `_files_in` said.
    commands
        What the notebook's kernel started, as text.
    """
    text = "\n".join(commands)
    return [
        path
        for path, when in after.items()
        if before.get(path) != when
        and not path.endswith(_OWN)
        and (path in text or os.path.dirname(path) in text)  # of text
    ]
