"""What runs leave behind: old records, outputs of sweeps, long logs, files of killed writers.

A link is removed itself or left alone, never what it points to; only one that this user has put in
the place of the data root, ``runs/``, ``sweeps/`` or ``logs/`` is followed. Another account that
may write into the data root can exchange a folder for a link meanwhile, so what is removed is
removed from an opened folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from energykit.errors import UsageError
from energykit.private_folder import check_owner, open_private
from energykit.temporary_folder import lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Leftover", "find_leftovers", "parse_age", "remove_leftovers"]

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_TEMPORARY = re.compile(r"\..+\.(?:\d+|[0-9a-f]{8,32})\.tmp")
_UNFINISHED_S = 86_400
"""An unfinished run that wrote its record later than this ago may be going on [s]."""
_SETTLING_S = 60
"""A temporary file that was written later than this ago may not be locked yet [s]."""
_TAIL_BYTES = 1_000_000
"""What stays of a log that is too long [byte]."""

LeftoverKind = Literal["run", "sweep", "log", "temporary"]


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """Something that can go."""

    kind: LeftoverKind
    """What it is; of a ``log`` the end stays."""
    path: Path
    """Where it is."""
    bytes: int
    """What its removal frees [byte]."""
    age_s: float
    """Since it was last written [s]."""


def parse_age(text: str) -> float:
    """Return an age such as ``30d``, ``12h`` or ``2w`` [s].

    Raises
    ------
    energykit.errors.UsageError
        The text is not an age.
    """
    match = _AGE.fullmatch(text.strip())
    if match is None:
        hint = "write a number and one of s, m, h, d, w: 30d, 12h"
        raise UsageError(f"{text!r} is not an age", where="--older-than", hint=hint)
    return float(match[1]) * _UNITS_S[match[2]]


def find_leftovers(
    data_root: Path, *, older_than_s: float, keep: int = 10, log_bytes: int = 10_000_000
) -> list[Leftover]:
    """Return what can go, nothing being touched.

    Parameters
    ----------
    data_root
        Holds ``runs/``, ``sweeps/`` and ``logs/``.
    older_than_s
        Runs and sweeps that were written later stay [s].
    keep
        So many of the newest runs, and of the newest sweeps, stay however old they are. A run that
        may be going on stays as well.
    log_bytes
        A log that is longer is cut to its end [byte].

    Raises
    ------
    energykit.errors.UsageError
        `keep` is negative, or one of these folders is another account's.
    """
    if keep < 0:
        raise UsageError(f"keep={keep}", where="--keep", hint="a whole number from 0")
    now, data_root = time.time(), _behind_link(data_root)
    return [
        *_old(data_root / "runs", "run", older_than_s, keep, now),
        *_old(data_root / "sweeps", "sweep", older_than_s, keep, now),
        *_long_logs(data_root / "logs", log_bytes, now),
        *_abandoned_files(data_root, now),
    ]


def remove_leftovers(leftovers: Iterable[Leftover]) -> int:
    """Remove what was found and return what that freed [byte].

    Raises
    ------
    OSError
        Something cannot be removed.
    """
    freed = 0
    for one in leftovers:
        with _held(one.path.parent) as (above, handle):
            path = above / one.path.name
            if one.kind == "log":
                _cut(path, handle)
            elif one.kind == "temporary":
                with suppress(FileNotFoundError):
                    os.unlink(path, dir_fd=handle)
            else:
                shutil.rmtree(path, dir_fd=handle)
        freed += one.bytes
    return freed


@contextmanager
def _held(folder: Path) -> Iterator[tuple[Path, int | None]]:
    """Open a folder, never through a link; yield what its names are relative to, and its handle."""
    if os.name != "posix":
        yield folder, None
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield Path(), handle
    finally:
        os.close(handle)


def _old(
    folder: Path, kind: LeftoverKind, older_than_s: float, keep: int, now: float
) -> Iterator[Leftover]:
    """Yield the old folders in a folder, the newest apart."""
    entries = [
        (path, _written(path)) for path in _entries(folder) if path.is_dir() and _is_own(path)
    ]
    entries.sort(key=lambda entry: entry[1], reverse=True)
    for path, written in entries[keep:]:
        age_s = now - written
        if age_s > older_than_s and not (kind == "run" and _may_go_on(path, age_s)):
            yield Leftover(kind=kind, path=path, bytes=_size(path), age_s=age_s)


def _entries(folder: Path) -> list[Path]:
    try:
        check_owner(folder)
        inside = _behind_link(folder).iterdir()
        return sorted(path for path in inside if not path.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _behind_link(folder: Path) -> Path:
    return folder.resolve() if folder.is_symlink() else folder


def _is_own(path: Path) -> bool:
    """Whether a folder is of ours: what somebody else put there stays."""
    is_sweep = path.parent.name == "sweeps" and path.name.startswith("sweep-")
    return not path.is_symlink() and (is_sweep or (path / "run.json").is_file())


def _written(folder: Path) -> float:
    record = folder / "run.json"
    return (record if record.is_file() else folder).stat().st_mtime


def _may_go_on(folder: Path, age_s: float) -> bool:
    if age_s > _UNFINISHED_S:
        return False
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and record.get("is_finished") is False


def _size(folder: Path) -> int:
    files = (Path(where, name) for where, _, names in os.walk(folder) for name in names)
    return sum(path.lstat().st_size for path in files)


def _long_logs(folder: Path, log_bytes: int, now: float) -> Iterator[Leftover]:
    for path in _entries(folder):
        stat = path.lstat()
        if path.is_file() and not path.is_symlink() and stat.st_size > max(log_bytes, _TAIL_BYTES):
            size = stat.st_size - _TAIL_BYTES
            yield Leftover(kind="log", path=path, bytes=size, age_s=now - stat.st_mtime)


def _cut(path: Path, folder: int | None) -> None:
    """Keep the last lines of a log, in place: a writer that appends goes on writing to it."""
    with os.fdopen(open_private(path, os.O_RDWR, folder=folder), "r+b") as file:
        file.seek(-_TAIL_BYTES, os.SEEK_END)
        tail = file.read()
        tail = tail[tail.find(b"\n") + 1 :]
        file.seek(0)
        file.write(tail)
        file.truncate()


def _abandoned_files(data_root: Path, now: float) -> Iterator[Leftover]:
    """Yield the temporary files that no writer holds any more."""
    for where, folders, names in os.walk(data_root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(where, name)
            if _TEMPORARY.fullmatch(name) and not path.is_symlink() and not _is_held(path):
                stat = path.lstat()
                age_s = now - stat.st_mtime
                if age_s < _SETTLING_S:
                    continue
                yield Leftover(kind="temporary", path=path, bytes=stat.st_size, age_s=age_s)


def _is_held(path: Path) -> bool:
    """Whether a writer has a file locked; where locks cannot be asked for, it may have."""
    try:
        with os.fdopen(open_private(path, os.O_RDONLY), "rb") as file:
            return os.name != "posix" or not lock(file.fileno())
    except OSError:
        return True
