"""Copying what lies around a notebook: copy-on-write where the file system can, within bounds."""

from __future__ import annotations

import os
import shutil
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.notebooks.source.discovery import is_run_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["TreeCopy"]

LARGEST_FILE = 20_000_000
"""A larger file is linked where it cannot be copied on write [B]."""
MOST_BYTES = 200_000_000
"""What is copied in all; files beyond are linked [B]."""
MOST_FILES = 20_000
"""How many files are copied or linked; those beyond are left out, farthest first."""
_FICLONE = 0x40049409
_LEFT_OUT = frozenset({"__pycache__", "node_modules", "site-packages", "venv", "htmlcov"})
_ENVIRONMENT = "pyvenv.cfg"
_SHOWN = 3


class TreeCopy:
    """Copies parts of a tree, nearest first.

    Parameters
    ----------
    base
        The tree's root.
    target
        Where its copy goes.
    leave_out
        A folder that is not copied, with all folders of runs beside it.
    """

    def __init__(self, base: Path, target: Path, *, leave_out: Path) -> None:
        self._base, self._target = base, target
        self._runs = {leave_out, leave_out.parent} - {base, *base.parents}
        self._bytes = 0
        self._left_out = 0
        self._can_clone = sys.platform == "linux"
        self._visited: set[Path] = set()
        self.copied: dict[Path, Path] = {}
        """Source file by its copy."""
        self.linked: list[Path] = []
        """Source files that the copy links to."""

    def copy_files(self, files: Iterable[Path]) -> None:
        """Copy files of any size."""
        for path in files:
            self._copy(path, path.stat().st_size)

    def copy_around(self, place: Path, root: Path) -> None:
        """Copy what is in and below a folder, then around each folder above it, up to a root."""
        folder = place
        while True:
            self._copy_below(folder)
            if folder in {root, folder.parent}:
                return
            folder = folder.parent

    def notes(self) -> Iterator[str]:
        """Yield what is not a copy, as sentences."""
        if self.linked:
            names = [str(path.relative_to(self._base)) for path in self.linked]
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            yield f"too large to copy, so linked and read-only: {', '.join(names[:_SHOWN])}{more}"
        if self._left_out:
            yield (
                f"{self._left_out:,} files around the notebook are not in its folder, the nearest "
                f'{MOST_FILES:,} are: name others, {{"energykit": {{"files": [PATTERN]}}}}'
            )

    def _copy_below(self, top: Path) -> None:
        folders = deque([top])
        while folders:
            folder = folders.popleft()
            if folder in self._visited:
                continue
            self._visited.add(folder)
            with suppress(OSError), os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    if self._is_left_out(entry):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(Path(entry.path))
                    elif entry.is_symlink() and entry.is_dir():
                        self._link_folder(Path(entry.path))
                    elif entry.is_file():
                        self._take(entry)

    def _is_left_out(self, entry: os.DirEntry[str]) -> bool:
        """Return whether an entry is hidden, made by a tool, or the folder of a run."""
        if (
            entry.name.startswith(".")
            or entry.name in _LEFT_OUT
            or entry.name.endswith(".egg-info")
        ):
            return True
        if not entry.is_dir():
            return False
        path = Path(entry.path)
        is_tool = (path / _ENVIRONMENT).is_file()
        return path in self._runs or is_tool or is_run_folder(path)

    def _take(self, entry: os.DirEntry[str]) -> None:
        path = Path(entry.path)
        if self._target / path.relative_to(self._base) in self.copied:
            return
        if len(self.copied) + len(self.linked) >= MOST_FILES:
            self._left_out += 1
            return
        size = entry.stat().st_size
        is_small = size <= LARGEST_FILE and self._bytes + size <= MOST_BYTES
        if is_small or self._can_clone:
            with suppress(OSError):
                self._copy(path, size, must_clone=not is_small)
                return
        self._link(path)

    def _copy(self, source: Path, size: int, *, must_clone: bool = False) -> None:
        target = self._make_room(source)
        if not self._is_cloned(source, target):
            if must_clone:
                target.unlink(missing_ok=True)
                raise OSError("the file system cannot copy on write")
            shutil.copyfile(source, target)
            self._bytes += size
        with suppress(OSError):
            shutil.copystat(source, target)
            target.chmod(target.stat().st_mode | 0o200)
        self.copied[target] = source

    def _is_cloned(self, source: Path, target: Path) -> bool:
        """Copy on write; a file system that cannot is not asked again."""
        if not self._can_clone:
            return False
        import fcntl  # not on Windows

        try:
            with source.open("rb") as old, target.open("wb") as new:
                fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        except OSError:
            self._can_clone = source.stat().st_size == 0
            return False
        return True

    def _link(self, source: Path) -> None:
        target = self._make_room(source)
        with suppress(OSError):
            target.symlink_to(source)
            self.linked.append(source)

    def _link_folder(self, source: Path) -> None:
        """Keep a link to a folder: inside the tree to its copy, elsewhere to the folder itself."""
        target, end = self._make_room(source), source.resolve()
        is_inside = end.is_relative_to(self._base)
        with suppress(OSError):
            target.symlink_to(self._target / end.relative_to(self._base) if is_inside else end)
            if not is_inside:
                self.linked.append(source)

    def _make_room(self, source: Path) -> Path:
        target = self._target / source.relative_to(self._base)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target
