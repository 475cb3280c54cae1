"""A file beside its target until it takes the target's place; what a killed writer left is removed.

The names are fixed, ``.NAME.0.tmp``, ``.NAME.1.tmp``, …, and a writer holds a lock on its file.
So the next writer of a target meets what an earlier one left, and can tell whether that one lives.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from typing import TYPE_CHECKING

from energykit.private_folder import is_trusted
from energykit.temporary_folder import is_at, lock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TemporaryFile", "keep_access", "sync_folder"]

_SLOTS = 16
"""Writers of one target at the same time that share the fixed names; more get names by chance."""
_SHOWN_CHARACTERS = 100
_CREATE = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
)
_REOPEN = os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC if os.name == "posix" else 0


class TemporaryFile:
    """A new file in a target's folder, locked while this process writes it.

    Parameters
    ----------
    target
        What it is to replace; the folder must exist.

    Raises
    ------
    OSError
        It cannot be made.
    """

    def __init__(self, target: Path) -> None:
        handle, self._path = _create(target)
        self.stream = os.fdopen(handle, "wb")
        """Takes the bytes."""
        self._is_in_place = False

    def complete(self) -> None:
        """Bring all bytes to the disk.

        Raises
        ------
        OSError
            The disk is full.
        """
        self.stream.flush()
        os.fsync(self.stream.fileno())

    def replace(self, target: Path) -> None:
        """Take the place of the target, with its permissions and group.

        Raises
        ------
        OSError
            The target cannot be replaced.
        """
        if os.name == "posix":
            keep_access(target, self.stream.fileno())
        else:
            self.stream.close()  # Windows renames no open file
        os.replace(self._path, target)
        self._is_in_place = True
        sync_folder(target.parent)

    def discard(self) -> None:
        """Remove it where it did not take the target's place; the lock ends."""
        with contextlib.suppress(OSError):  # a folder that may not be searched any more
            if not self._is_in_place:
                os.unlink(self._path)
        with contextlib.suppress(OSError):  # a full disk: the write that met it has said so
            self.stream.close()


def _create(target: Path) -> tuple[int, str]:
    """Make and lock a file beside a target; remove what a writer that ended has left."""
    stem = os.path.join(target.parent, f".{target.name[:_SHOWN_CHARACTERS]}")
    mode = _mode_while_written(target)
    if os.name == "posix":
        for slot in range(_SLOTS):
            path = f"{stem}.{slot}.tmp"
            handle = _create_locked(path, mode)
            if handle is not None:
                _remove_left(f"{stem}.{slot + 1}.tmp")
                return handle, path
    path = f"{stem}.{secrets.token_hex(6)}.tmp"
    return os.open(path, _CREATE, mode), path


def _mode_while_written(target: Path) -> int:
    """Return permissions that let nobody read more than the file that is replaced does."""
    try:
        old = os.lstat(target).st_mode
    except OSError:
        return 0o666
    return (stat.S_IMODE(old) & 0o707) | 0o600 if stat.S_ISREG(old) else 0o666


def _create_locked(path: str, mode: int) -> int | None:
    """Return the handle of a new locked file; None where another writer holds the name."""
    handle = _open_new(path, mode)
    if handle is None and _remove_left(path):
        handle = _open_new(path, mode)  # None: another writer was quicker
    if handle is None:
        return None
    lock(handle, waits=True)  # whoever looks at it just now lets it go at once
    if is_at(path, handle):
        return handle
    os.close(handle)
    return None


def _open_new(path: str, mode: int) -> int | None:
    """Return the handle of a new file; None where the name is taken."""
    try:
        return os.open(path, _CREATE, mode)
    except FileExistsError:
        return None


def _remove_left(path: str) -> bool:
    """Remove a file that no writer holds; return whether the name is free now."""
    try:
        handle = os.open(path, _REOPEN)
    except FileNotFoundError:
        return True
    except OSError:  # a link, a folder, another user's file
        return False
    with contextlib.closing(os.fdopen(handle, "rb")), contextlib.suppress(OSError):
        is_file = stat.S_ISREG(os.fstat(handle).st_mode)
        if is_file and lock(handle) and is_at(path, handle):
            os.unlink(path)
            return True
    return False


def keep_access(target: Path, handle: int) -> None:
    """Give an open file the permissions and the group of the one it replaces.

    Where the group cannot be kept, it gets no permission: it would be another group's. Everybody
    gets no more than from a new file where the old one is another account's, which may have put it
    there to read what is written.
    """
    try:
        old = os.lstat(target)
    except OSError:
        return
    if not stat.S_ISREG(old.st_mode):
        return
    new, mode = os.fstat(handle), stat.S_IMODE(old.st_mode) & 0o777
    if not is_trusted(old.st_uid):
        mode &= new.st_mode | 0o770
    if old.st_gid != new.st_gid:
        try:
            os.chown(handle, -1, old.st_gid)
        except OSError:
            mode &= ~0o070
    os.chmod(handle, mode)


def sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where the system can (Windows opens no folder)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
