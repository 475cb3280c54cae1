"""Where this process sees the files that a configuration names, and their digests."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PurePosixPath

__all__ = ["digest_later", "local_path", "seen_size"]

_INLINE_BYTES = 1 << 20


def local_path(data_root: Path, file: str) -> Path | None:
    """Return where a file of the configuration lies under the data root, or None where it cannot lie there.

    Parameters
    ----------
    data_root
        Stands for ``/data``.
    file
        As the configuration says.
    """
    named = PurePosixPath(file)
    if not file or ".." in named.parts:
        return None
    if not named.is_absolute():
        return data_root / named
    if named.is_relative_to("/data"):
        return data_root / named.relative_to("/data")
    return Path(file) if Path(file).is_relative_to(data_root.absolute()) else None


def seen_size(path: Path | None) -> int | None:
    """Return the size [byte] of a plain file, or None for anything else."""
    try:
        return path.stat().st_size if path is not None and path.is_file() else None
    except OSError:
        return None


def digest_later(path: Path | None) -> Future[str]:
    """Return the sha256 of a file, hexadecimal, to come; empty where there is no plain file that can be read.

    A large file is read in a thread of its own, beside the stage that reads it too.
    """
    size = seen_size(path)
    if path is not None and size is not None and size > _INLINE_BYTES:
        with_thread = ThreadPoolExecutor(1, thread_name_prefix="energykit-digest")
        later = with_thread.submit(_digest, path)
        with_thread.shutdown(wait=False)
        return later
    known: Future[str] = Future()
    known.set_result(_digest(path) if path is not None and size is not None else "")
    return known


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
