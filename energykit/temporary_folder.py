"""Folders for a while, held by their process: what a killed one left, the next one removes.

A process holds a lock on each of its folders, and the lock ends with the process, however that
ends. So whoever makes the next folder of that kind can tell what nobody uses any more. Where the
system has no such locks (Windows, some network file systems), nothing is taken from anybody.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TemporaryFolder", "is_at", "lock", "process_folder", "temporary_folder"]

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC if os.name == "posix" else 0

_of_process: dict[tuple[int, str], TemporaryFolder] = {}
"""By process id, as a fork has folders of its own, and kind."""
_in_use: list[TemporaryFolder] = []
"""All that `process_folder` made: of two threads that made one at once, each uses its own."""


class TemporaryFolder:
    """A new folder for this user alone; it goes with this object, at the latest with the process.

    Parameters
    ----------
    kind
        What it is for, part of its name. This user's folders of the same kind that no process holds
        are removed.
    above
        The folder that it is made in; None: the system's temporary folder.

    Raises
    ------
    OSError
        It cannot be made.
    """

    def __init__(self, kind: str, *, above: Path | None = None) -> None:
        above, prefix = above or Path(tempfile.gettempdir()), f"energykit-tmp-{kind}-"
        _remove_left(above, prefix)
        self.path, handle = _make(above, prefix)
        """The folder."""
        self._end = weakref.finalize(self, _remove, self.path, handle, os.getpid())

    def remove(self) -> None:
        """Remove it now."""
        self._end()


@contextmanager
def temporary_folder(kind: str, *, above: Path | None = None) -> Iterator[Path]:
    """Yield a folder that is removed at the end; see `TemporaryFolder`."""
    folder = TemporaryFolder(kind, above=above)
    try:
        yield folder.path
    finally:
        folder.remove()


def process_folder(kind: str, *, above: Path | None = None) -> Path:
    """Return this process's folder of a kind, made where there is none; it goes with the process.

    Threads may ask at once. See `TemporaryFolder` for the parameters.
    """
    key = os.getpid(), kind
    folder = _of_process.get(key)
    if folder is None or not folder.path.is_dir():  # the system may have cleaned it away
        folder = TemporaryFolder(kind, above=above)
        _in_use.append(folder)
        _of_process[key] = folder
    return folder.path


def _make(above: Path, prefix: str) -> tuple[Path, int | None]:
    """Make and lock a folder; again where somebody took it for left over before it was locked."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=above))
        if os.name != "posix":
            return path, None
        with suppress(FileNotFoundError):
            handle = os.open(path, _OPEN)
            lock(handle, waits=True)  # whoever looks at it just now lets it go at once
            if is_at(path, handle):
                return path, handle
            os.close(handle)


def _remove(path: Path, handle: int | None, process: int) -> None:
    """Remove a folder of this process; one of the process that this one was forked from stays."""
    if os.getpid() == process:
        shutil.rmtree(path, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _remove_left(above: Path, prefix: str) -> None:
    """Remove this user's folders of a kind that no process holds."""
    if os.name != "posix":
        return
    for path in above.glob(f"{prefix}*"):
        with suppress(OSError):  # no folder, another user's, gone meanwhile
            handle = os.open(path, _OPEN)
            try:
                is_ours = os.fstat(handle).st_uid == os.geteuid()
                if is_ours and lock(handle) and is_at(path, handle):
                    shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(handle)


def lock(handle: int, *, waits: bool = False) -> bool:
    """Lock an open file; False where another process holds it, or the file system has no locks."""
    import fcntl  # not on Windows

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def is_at(path: str | Path, handle: int) -> bool:
    """Whether a path still names an open file."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(handle))
    except FileNotFoundError:
        return False
