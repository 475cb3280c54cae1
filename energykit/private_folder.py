"""Folders and files of this user alone, which nobody else can have prepared.

A data root may lie where others can write. There, somebody could make ``runs/`` or ``logs/``
before us, or put links in them that lead to this user's own files. So a folder is used only if it
is this user's, the system's, or of whoever owns the folder that it is in; no link of another
account is followed to a folder, and none at all to a file.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from energykit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "check_owner",
    "check_place",
    "is_ours",
    "is_trusted",
    "make_folder",
    "make_private_folder",
    "open_private",
    "owned_by_us",
]

_ALONE, _FILE_ALONE = 0o700, 0o600
_SYSTEM = 0
_FLAGS = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe is not waited for
    | getattr(os, "O_BINARY", 0)
)


def make_private_folder(folder: Path) -> None:
    """Make a folder that this user alone may look into; one that is there is looked at.

    Parameters
    ----------
    folder
        Such as ``runs`` of a data root. Missing folders above it are made, too, as private.

    Raises
    ------
    energykit.errors.UsageError
        It belongs to another user.
    OSError
        It cannot be made, or a file is where it is to be.
    """
    try:
        folder.mkdir(mode=_ALONE)
    except FileNotFoundError:
        make_folder(folder)
    except FileExistsError:
        if not folder.is_dir():
            raise
        check_owner(folder)


def make_folder(folder: Path) -> None:
    """Make a folder, and the missing ones above it, into which this user alone may look.

    So nobody else sees by their names what there is and when it ran. A folder that is there keeps
    its permissions.

    Raises
    ------
    OSError
        It cannot be made, or a file is where it is to be.
    """
    missing = [path for path in (folder, *folder.parents) if not path.is_dir()]
    for path in reversed(missing):
        path.mkdir(mode=_ALONE, exist_ok=True)


def check_owner(folder: Path) -> None:
    """Refuse a folder that another user has made.

    Raises
    ------
    energykit.errors.UsageError
        It belongs to another user.
    OSError
        There is no such folder.
    """
    if not owned_by_us(folder):
        hint = "choose another data root, or have that folder removed by its owner"
        raise _refusal(folder, hint)


def check_place(folder: Path) -> None:
    """Refuse to run code below another user's folder: its owner can exchange what is in it.

    Raises
    ------
    energykit.errors.UsageError
        It, or the link to it, belongs to another user than this one and the system.
    OSError
        There is no such folder.
    """
    if not is_ours(folder):
        raise _refusal(folder, "choose a folder of your own")


def is_ours(path: Path) -> bool:
    """Whether a file or folder is this user's or the system's, and the link to it, if it is one.

    True where the system has no owners (Windows).

    Raises
    ------
    OSError
        There is no such path.
    """
    if os.name != "posix":
        return True
    return is_trusted(path.lstat().st_uid) and is_trusted(path.stat().st_uid)


def is_trusted(user: int) -> bool:
    """Whether a number is this user's or the system's, where accounts have numbers (POSIX)."""
    return user in {os.geteuid(), _SYSTEM}


def _refusal(folder: Path, hint: str) -> UsageError:
    what = f"belongs to user {_owner(folder)}, who could read and change what is kept there"
    return UsageError(what, where=str(folder), hint=hint)


def _owner(folder: Path) -> int:
    user = folder.lstat().st_uid
    return user if user != os.geteuid() else folder.stat().st_uid


def owned_by_us(path: Path) -> bool:
    """Whether a file or folder is this user's, the system's, or of its folder's owner.

    A link must be this user's or the system's: another account's could lead to this user's own
    files. True where the system has no owners (Windows).

    Raises
    ------
    OSError
        There is no such path.
    """
    if is_ours(path):
        return True
    return not path.is_symlink() and path.stat().st_uid == path.parent.stat().st_uid


def open_private(path: Path, flags: int, *, folder: int | None = None) -> int:
    """Open a file, following no link; a new one is for this user alone.

    Parameters
    ----------
    path
        The file, in a folder of this user's.
    flags
        As `os.open` takes them: ``O_WRONLY | O_CREAT | O_APPEND`` …
    folder
        The open folder that a relative path begins in; None: the working folder.

    Raises
    ------
    OSError
        It cannot be opened, or it is a link.
    """
    try:
        return os.open(path, _FLAGS | flags, _FILE_ALONE, dir_fd=folder)
    except OSError as exc:
        if exc.errno != errno.ELOOP:
            raise
        raise OSError(errno.ELOOP, "is a link, and is not followed", str(path)) from None
