"""Where a path of a configuration lies: the same place, however it is spelled."""

from __future__ import annotations

import os
import posixpath
import sys
from pathlib import Path, PurePosixPath

__all__ = ["VisibleRoot", "inside_root", "is_url"]


def is_url(file: str) -> bool:
    """Whether a path is the URL of an object, not a file of a data root."""
    return "://" in file


def inside_root(file: str) -> str:
    """Return a path below the data root in one spelling: no ``.``, ``..``, ``//`` and no ``/data``.

    Parameters
    ----------
    file
        As a configuration says it; ``/data`` and relative paths both mean the data root.
    """
    path = PurePosixPath(posixpath.normpath(f"/{file}" if file.startswith("/") else file))
    path = PurePosixPath("/", *path.parts[1:]) if path.is_absolute() else path
    return str(path.relative_to("/data") if path.is_relative_to("/data") else path)


class VisibleRoot:
    """What ``/data`` stands for, where this machine can see it.

    Parameters
    ----------
    folder
        The data root; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folds_case = _folds_case(folder)

    def has(self, file: str) -> bool:
        """Whether a file can be seen from here; of a pattern, whether one fits; a URL counts so."""
        if is_url(file):
            return True  # which only the service sees
        try:
            path = self._local(file)
            return path.exists() or any(path.parent.glob(path.name))
        except (OSError, ValueError):
            return False

    def identify(self, file: str) -> str:
        """Return a text that two paths share exactly where they are one file, links followed."""
        if is_url(file):
            return file
        place = inside_root(file)
        try:
            if self._folder.is_dir():
                place = os.path.realpath(self._local(file))
        except (OSError, ValueError):
            pass
        return place.casefold() if self._folds_case else place

    def _local(self, file: str) -> Path:
        return self._folder / inside_root(file)


def _folds_case(folder: Path) -> bool:
    """Whether names that differ in case alone are one file in a folder, or else on this system."""
    path = folder.absolute()
    other = path.with_name(path.name.swapcase())
    try:
        if path.exists() and path.name != other.name:
            return other.exists() and path.samefile(other)
    except OSError:
        pass
    return sys.platform in {"darwin", "win32"}
