"""What a notebook's child processes wrote beside its source.

A file that is new there may be anybody's. It is blamed on a notebook only where a command that the
notebook started names it, or its folder.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["changed_files", "files_in"]

_OWN = (".ipynb", ".expected.json")


def files_in(folder: Path, more: Iterable[Path] = ()) -> dict[str, int]:
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


def changed_files(
    before: dict[str, int], after: dict[str, int], commands: Sequence[str]
) -> list[str]:
    """Return the files that changed and that a command names.

    Parameters
    ----------
    before, after
        What `files_in` said.
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
