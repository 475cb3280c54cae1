"""Folders and files of the data root, held open: what their names lead to later is of no account.

A path is checked by its name first (:mod:`energykit.serving.paths`) and then opened folder by
folder, following no link. Linux gives an open folder a path, ``/proc/self/fd/N``, which always
means that folder, so that files are created, replaced and read relative to it. Elsewhere the name
is used: there, who may write inside the data root can exchange a folder for a link meanwhile.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.errors import PathRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HOLDS_FOLDERS", "held_folder", "open_file", "warn_where_names_are_used"]

logger = logging.getLogger(__name__)

HOLDS_FOLDERS = hasattr(os, "O_PATH") and Path("/proc/self/fd").is_dir()
"""Whether this system gives an open folder a path."""
_FOLDER = getattr(os, "O_PATH", 0) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FILE = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a pipe is not waited for
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


def warn_where_names_are_used(service: str) -> None:
    """Log that paths are checked by name alone, where the system offers nothing better."""
    if not HOLDS_FOLDERS:
        text = (
            "%s: this system gives an open folder no path, so paths are checked by name: let"
            " nobody else write inside the data root"
        )
        logger.warning(text, service)


@contextlib.contextmanager
def held_folder(root: Path, folder: Path, *, creates: bool = False) -> Iterator[Path]:
    """Yield a path of a folder inside the root that keeps its meaning while it is held.

    Parameters
    ----------
    root
        The data root, without links.
    folder
        The folder, relative to it, without links.
    creates
        Whether missing folders are made.

    Raises
    ------
    PathRefusedError
        A part of it is a link now.
    OSError
        A part of it is missing, not a folder, or cannot be made.
    """
    if not HOLDS_FOLDERS:
        yield root / folder
        return
    handle = _open_folder(root, folder.parts, creates=creates)
    try:
        yield Path(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


def open_file(root: Path, path: Path) -> int:
    """Return the handle of a plain file or folder inside the root, opened for reading.

    Parameters
    ----------
    root
        The data root, without links.
    path
        The file, relative to it, without links.

    Raises
    ------
    PathRefusedError
        A part of it is a link now, or it is a device, a pipe or a socket.
    OSError
        It cannot be opened.
    """
    with held_folder(root, path.parent) as folder:
        try:
            handle = os.open(folder / path.name, _FILE)
        except OSError as exc:
            if (folder / path.name).is_symlink():
                raise _exchanged(path) from exc
            raise
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return handle
    os.close(handle)
    raise PathRefusedError(
        "the path is not a plain file but a device, a pipe or a socket", where=repr(str(path))
    )


def _open_folder(root: Path, parts: tuple[str, ...], *, creates: bool) -> int:
    """Open a folder part by part, each relative to the one before."""
    handle = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    for position, part in enumerate(parts):
        outer = handle
        try:
            handle = _open_part(outer, part, creates=creates)
        except NotADirectoryError as exc:
            if _is_link(outer, part):
                raise _exchanged(Path(*parts[: position + 1])) from exc
            raise
        finally:
            os.close(outer)
    return handle


def _open_part(folder: int, part: str, *, creates: bool) -> int:
    if creates:
        with contextlib.suppress(FileExistsError):
            os.mkdir(part, dir_fd=folder)
    return os.open(part, _FOLDER, dir_fd=folder)


def _is_link(folder: int, name: str) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _exchanged(path: Path) -> PathRefusedError:
    hint = "let nobody else change folders of the data root while a stage runs"
    return PathRefusedError(
        "the path was exchanged for a link meanwhile", where=repr(f"/data/{path}"), hint=hint
    )
