"""Paths that only this process uses: a link with a file's name that leads to an open file.

So a stage and the readers of files, which want a path with a suffix, read what was opened and
nothing else, whatever its name leads to meanwhile.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.temporary_folder import process_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["private_path"]

_IN_MEMORY = Path("/dev/shm")  # noqa: S108  # only a folder of our own in it is used
_numbers = itertools.count()


@contextlib.contextmanager
def private_path(name: str, handle: int | None) -> Iterator[Path]:
    """Yield a path with a file's name that leads to an open file.

    Parameters
    ----------
    name
        The last part of the path.
    handle
        The open file; None: the path leads to nothing.
    """
    folder = process_folder("inputs", above=_base_folder()) / str(next(_numbers))
    folder.mkdir()
    path = folder / (name or "input")
    try:
        if handle is not None:
            path.symlink_to(f"/proc/self/fd/{handle}")
        yield path
    finally:
        with contextlib.suppress(OSError):  # cleaned away by the system
            path.unlink(missing_ok=True)
            folder.rmdir()


def _base_folder() -> Path:
    """Return where the links are made: in memory where the system offers it, ten times quicker."""
    return _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
