"""Paths that only this process uses: a link with a file's name that leads to an open file.

So a stage and the readers of files, which want a path with a suffix, read what was opened and
nothing else, whatever its name leads to meanwhile.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["private_path"]

_PREFIX = "energykit-inputs-"
_IN_MEMORY = Path("/dev/shm")  # noqa: S108  # only a folder of our own in it is used
_numbers = itertools.count()
_folders: dict[int, Path] = {}
"""By process id: a fork has a folder of its own."""


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
    folder = _make_folder(str(next(_numbers)))
    path = folder / (name or "input")
    try:
        if handle is not None:
            path.symlink_to(f"/proc/self/fd/{handle}")
        yield path
    finally:
        with contextlib.suppress(OSError):  # cleaned away by the system
            path.unlink(missing_ok=True)
            folder.rmdir()


def _make_folder(name: str) -> Path:
    """Make a folder inside this process's own, and that one where the system cleaned it away."""
    own = _folders.get(os.getpid())
    if own is not None:
        with contextlib.suppress(FileNotFoundError):
            (own / name).mkdir()
            return own / name
    _remove_left()
    own = _folders[os.getpid()] = _new_folder()
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    (own / name).mkdir()
    return own / name


def _new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_base_folder()))


def _base_folder() -> Path:
    """Return where the links are made: in memory where the system offers it, ten times quicker."""
    return _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def _remove_left() -> None:
    """Remove the folders of this user's processes that were killed."""
    for path in _base_folder().glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(path.name.removeprefix(_PREFIX).partition("-")[0])
            if path.lstat().st_uid == os.getuid() and not Path(f"/proc/{pid}").exists():
                shutil.rmtree(path)
