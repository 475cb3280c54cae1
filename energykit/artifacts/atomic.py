"""Replace a file in one step: a reader sees the old file or the new one, never half of it."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HashingFile", "replace_file", "temporary_beside"]

_CODES = {
    errno.ENOSPC: ("the disk is full", "make room, or choose another disk", "RESOURCE_EXHAUSTED"),
    errno.EDQUOT: (
        "the disk quota is used up",
        "make room, or choose another disk",
        "RESOURCE_EXHAUSTED",
    ),
    errno.EROFS: ("the file system is read-only", "choose another folder", "PERMISSION_DENIED"),
    errno.EACCES: ("permission denied", "check who may write the folder", "PERMISSION_DENIED"),
    errno.EPERM: ("permission denied", "check who may write the folder", "PERMISSION_DENIED"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter name", "INVALID_ARGUMENT"),
    errno.ENOTDIR: (
        "a part of the path is a file, not a folder",
        "choose another folder",
        "INVALID_ARGUMENT",
    ),
    errno.EEXIST: (
        "a part of the path is a file, not a folder",
        "choose another folder",
        "INVALID_ARGUMENT",
    ),
}


class HashingFile(io.RawIOBase):
    """A binary file for writing that counts and hashes what it is given.

    Parameters
    ----------
    stream
        The file that takes the bytes.
    target
        The path that errors name.
    """

    def __init__(self, stream: BinaryIO, target: Path) -> None:
        super().__init__()
        self._stream = stream
        self._target = target
        self._hash = hashlib.sha256()
        self.size = 0
        """Bytes written so far."""
        self.failure: ArtifactError | None = None
        """What the first write that failed raised; a library that writes may pack it into an error
        of its own.
        """

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes written so far, in hexadecimal."""
        return self._hash.hexdigest()

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write bytes.

        Raises
        ------
        ArtifactError
            The disk is full, or the file cannot be written.
        """
        try:
            with _explained(self._target):
                self._stream.write(data)
        except ArtifactError as exc:
            self.failure = self.failure or exc
            raise
        self._hash.update(data)
        self.size += len(data)
        return len(data)


@contextlib.contextmanager
def replace_file(path: str | os.PathLike[str]) -> Iterator[HashingFile]:
    """Write a file in one step.

    The bytes go to a temporary file beside the target, which takes the target's place when the
    block ends well. When it does not, the temporary file is removed and the target is as it was.
    Missing folders are made.

    Raises
    ------
    ArtifactError
        The target cannot be written: no permission, disk full, a directory.

    Examples
    --------
    >>> with replace_file("data/note.txt") as file:
    ...     file.write(b"kept whole or not at all")
    """
    target = Path(path)
    with temporary_beside(target) as temporary, _opened(temporary, target) as stream:
        file = HashingFile(stream, target)
        yield file
        with _explained(target):
            stream.flush()
            os.fsync(stream.fileno())


@contextlib.contextmanager
def temporary_beside(target: Path) -> Iterator[Path]:
    """Yield a path beside a target; the file there replaces the target when the block ends well.

    Raises
    ------
    ArtifactError
        The target cannot be written.
    """
    if target.is_dir():
        raise ArtifactError(
            "is a directory, not a file", where=str(target), hint="name a file inside it"
        )
    with _explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        yield temporary
        with _explained(target):
            temporary.replace(target)
            _sync_folder(target.parent)
    finally:
        with contextlib.suppress(
            OSError
        ):  # where the folder cannot even be searched, nothing was written either
            temporary.unlink()


@contextlib.contextmanager
def _opened(temporary: Path, target: Path) -> Iterator[BinaryIO]:
    """Open a new file for writing."""
    with _explained(target):
        stream = temporary.open("xb")
    try:
        yield stream
    finally:
        with contextlib.suppress(
            OSError
        ):  # a full disk was already reported by the write that met it
            stream.close()


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where the system can (Windows cannot open a folder)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _explained(target: Path) -> Iterator[None]:
    """Turn the system's errors into ours, which name the target and say what to do."""
    try:
        yield
    except OSError as exc:
        what, hint, code = _CODES.get(exc.errno or 0, (exc.strerror or str(exc), "", "INTERNAL"))
        raise ArtifactError(
            f"cannot be written: {what}", where=str(target), hint=hint, code=code
        ) from exc
