"""Where this process sees the files that a configuration names, and their digests."""

from __future__ import annotations

import hashlib
import os
import stat
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from energykit.config.location import is_url

__all__ = ["FileDigests", "FileState", "local_path", "normalize", "state_of"]

_INLINE_BYTES = 1 << 20
_REMEMBERED = 4096
"""Paths that are not worked out again: a run asks for the same few again and again."""


class FileState(NamedTuple):
    """What changes when a file is written again or replaced."""

    size: int
    """[byte]"""
    modified_ns: int
    """Time of its last change [ns]."""
    inode: int
    """Its number in the file system."""


@lru_cache(_REMEMBERED)
def normalize(file: str) -> str:
    """Return a file's one spelling: ``/data/a.csv`` for ``a.csv`` and ``/data//./a.csv``."""
    if is_url(file):
        return file
    path = PurePosixPath(file)
    return str(path if path.is_absolute() else PurePosixPath("/data") / path) if file else ""


@lru_cache(_REMEMBERED)
def local_path(data_root: Path, file: str) -> Path | None:
    """Return where a file of the configuration lies, or None where it cannot lie in the data root.

    Parameters
    ----------
    data_root
        Stands for ``/data``.
    file
        As the configuration says.
    """
    named = PurePosixPath(file)
    if not file or ".." in named.parts or is_url(file):
        return None
    if not named.is_absolute():
        return data_root / named
    if named.is_relative_to("/data"):
        return data_root / named.relative_to("/data")
    return Path(file) if Path(file).is_relative_to(data_root.absolute()) else None


def state_of(path: Path | None) -> FileState | None:
    """Return the state of a plain file, or None for anything else."""
    try:
        found = os.stat(path) if path is not None else None  # half of Path.stat's time
    except (OSError, ValueError):  # a name with a NUL
        return None
    if found is None or not stat.S_ISREG(found.st_mode):
        return None
    return FileState(found.st_size, found.st_mtime_ns, found.st_ino)


class FileDigests:
    """The sha256 of files, each read once as long as it does not change."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Path, FileState], Future[str]] = {}

    def put(self, path: Path, state: FileState, sha256: str) -> None:
        """Keep the digest of a file in a state, as its writer said it."""
        self._kept[path, state] = _done(sha256)

    def later(self, path: Path | None) -> Future[str]:
        """Return the future of a file's digest, hexadecimal; empty without a readable plain file.

        A large file is read in a thread of its own, beside the stage that reads it too.
        """
        state = state_of(path)
        if path is None or state is None:
            return _done("")
        if (path, state) not in self._kept:
            self._kept[path, state] = _begin(path, state.size)
        return self._kept[path, state]


def _begin(path: Path, size: int) -> Future[str]:
    if size <= _INLINE_BYTES:
        return _done(_digest(path))
    thread = ThreadPoolExecutor(1, thread_name_prefix="energykit-digest")
    later = thread.submit(_digest, path)
    thread.shutdown(wait=False)
    return later


def _done(sha256: str) -> Future[str]:
    future: Future[str] = Future()
    future.set_result(sha256)
    return future


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
