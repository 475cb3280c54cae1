"""Replace files in one step: a reader sees the old file or the new one, never half of it."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from energykit.artifacts.temporary import TemporaryFile
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

__all__ = [
    "HashingFile",
    "Replacements",
    "explain_write_errors",
    "refuse_other_than_file",
    "replace_file",
]

_FULL = "make room, or choose another disk"
_NOT_A_FOLDER = "a part of the path is a file, not a folder"
_CODES = {
    errno.ENOSPC: ("the disk is full", _FULL, "RESOURCE_EXHAUSTED"),
    errno.EDQUOT: ("the disk quota is used up", _FULL, "RESOURCE_EXHAUSTED"),
    errno.EROFS: ("the file system is read-only", "choose another folder", "PERMISSION_DENIED"),
    errno.EACCES: ("permission denied", "check who may write the folder", "PERMISSION_DENIED"),
    errno.EPERM: ("permission denied", "check who may write the folder", "PERMISSION_DENIED"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter name", "INVALID_ARGUMENT"),
    errno.ENOTDIR: (_NOT_A_FOLDER, "choose another folder", "INVALID_ARGUMENT"),
    errno.EEXIST: (_NOT_A_FOLDER, "choose another folder", "INVALID_ARGUMENT"),
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
            with explain_write_errors(self._target):
                self._stream.write(data)
        except ArtifactError as exc:
            self.failure = self.failure or exc
            raise
        self._hash.update(data)
        self.size += len(data)
        return len(data)


class Replacements:
    """Files that are replaced together, when a ``with`` block ends well; else none is.

    Hand it to `replace_file` or `energykit.artifacts.write`: their files are then complete when
    they return, and take their targets' places at the end of the block, in the same order.

    Parameters
    ----------
    check
        Called directly before the first target is replaced; what it raises leaves all targets as
        they were.
    """

    def __init__(self, check: Callable[[], None] = lambda: None) -> None:
        self._check = check
        self._complete: list[tuple[TemporaryFile, Path]] = []

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Replace the targets, or remove what was written for them.

        Raises
        ------
        ArtifactError
            A target cannot be replaced.
        """
        try:
            if kind is None:
                self._replace()
        finally:
            for temporary, _ in self._complete:
                temporary.discard()

    def add(self, temporary: TemporaryFile, target: Path) -> None:
        """Take a file that is complete."""
        self._complete.append((temporary, target))

    def _replace(self) -> None:
        self._check()
        for temporary, target in self._complete:
            with explain_write_errors(target):
                temporary.replace(target)


@contextlib.contextmanager
def replace_file(
    path: str | os.PathLike[str], *, together: Replacements | None = None
) -> Iterator[HashingFile]:
    """Write a file in one step.

    The bytes go to a temporary file beside the target, which takes the target's place when the
    block ends well. When it does not, the temporary file is removed and the target is as it was.
    Missing folders are made. The new file has the permissions and the group of the one it replaces.

    Parameters
    ----------
    path
        The target.
    together
        Replaces this target with others; None: it is replaced when the block ends.

    Raises
    ------
    ArtifactError
        The target cannot be written: no permission, disk full, a directory, a device.

    Examples
    --------
    >>> with replace_file("data/note.txt") as file:
    ...     file.write(b"kept whole or not at all")
    24
    """
    target = Path(path)
    if together is None:
        with Replacements() as alone, replace_file(target, together=alone) as file:
            yield file
        return
    temporary = _open_beside(target)
    try:
        file = HashingFile(temporary.stream, target)
        yield file
        with explain_write_errors(target):
            temporary.complete()
        together.add(temporary, target)
    except BaseException:
        temporary.discard()
        raise


def refuse_other_than_file(target: Path) -> None:
    """Refuse a target that is there and that a file must not take the place of, as ``/dev/null``.

    Parameters
    ----------
    target
        The file that is to be written. A link to something else may be replaced.

    Raises
    ------
    ArtifactError
        It is a directory, a device, a pipe or a socket.
    """
    if target.is_dir():
        hint = "name a file inside it"
        raise ArtifactError("is a directory, not a file", where=str(target), hint=hint)
    try:
        mode = os.lstat(target).st_mode
    except OSError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        hint = "name a file: what is written takes the place of what was there"
        raise ArtifactError(
            "is a device, a pipe or a socket, not a file", where=str(target), hint=hint
        )


def _open_beside(target: Path) -> TemporaryFile:
    refuse_other_than_file(target)
    with explain_write_errors(target):
        try:
            return TemporaryFile(target)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            return TemporaryFile(target)


@contextlib.contextmanager
def explain_write_errors(target: Path) -> Iterator[None]:
    """Turn the system's errors into ours, which name the target and say what to do.

    Parameters
    ----------
    target
        The file that is to be written.

    Raises
    ------
    ArtifactError
        An OSError ended the block.
    """
    try:
        yield
    except OSError as exc:
        what, hint, code = _CODES.get(exc.errno or 0, (exc.strerror or str(exc), "", "INTERNAL"))
        raise ArtifactError(
            f"cannot be written: {what}", where=str(target), hint=hint, code=code
        ) from exc
