"""The inputs of one call: held open, so that what is read and what is hashed are the same bytes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from energykit.errors import ArtifactError
from energykit.serving.opened import HOLDS_FOLDERS, open_file
from energykit.serving.private import private_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from energykit.serving.paths import DataRoot

__all__ = ["FileDigest", "InputFile", "open_inputs"]

_BLOCK_BYTES = 1 << 20
_HASHED_AT_ONCE_BYTES = 4 << 20  # below it a thread costs more than it saves


@dataclass(frozen=True, kw_only=True)
class FileDigest:
    """The bytes of one file."""

    path: str
    """As requests name it."""
    sha256: str
    """SHA-256, in hexadecimal."""
    bytes: int
    """Size [B]."""


class InputFile:
    """One input of a call, open from before the stage begins until after it ends.

    Parameters
    ----------
    wire_path
        As the request names it.
    root
        The data root.
    is_read
        Whether the stage reads it; else it is not opened.

    Raises
    ------
    PathRefusedError
        The path leaves the data root, or is a device, a pipe or a socket.
    """

    def __init__(self, wire_path: str, root: DataRoot, *, is_read: bool = True) -> None:
        self.wire_path = wire_path
        """As the request names it."""
        self.local = root.resolve(wire_path)
        """Where it lies, by its name."""
        self.path = self.local
        """What a stage is to read: a path that leads to the open file, whatever its name does."""
        self._handle: int | None = None
        self._failure: OSError | None = None
        self._held = ExitStack()
        if is_read:
            self._open(root)

    def __enter__(self) -> Self:
        """Begin to hash it, in a thread of its own where it is large."""
        self._hash = hashlib.sha256()
        self._is_over = False
        self._thread: threading.Thread | None = None
        if self.is_file and self._before.st_size > _HASHED_AT_ONCE_BYTES:
            self._thread = threading.Thread(target=self._read, name="energykit-digest", daemon=True)
            self._thread.start()
        elif self.is_file:
            self._read()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self._is_over = True
        if self._thread is not None:
            self._thread.join()
        self._held.close()

    @property
    def is_file(self) -> bool:
        """Whether it is there, as a plain file."""
        return self._handle is not None and stat.S_ISREG(self._before.st_mode)

    def check_there(self) -> None:
        """Refuse an input that cannot be opened.

        Raises
        ------
        ArtifactError
            There is no such file, or it may not be read.
        """
        if isinstance(self._failure, FileNotFoundError | NotADirectoryError):
            raise ArtifactError(
                "there is no such file",
                where=str(self.local),
                hint="check the path, and whether the stage that writes it has run",
                code="NOT_FOUND",
            )
        if self._failure is not None:
            raise ArtifactError(
                f"cannot be read: {self._failure.strerror}",
                where=str(self.local),
                hint="check the file's permissions",
                code="PERMISSION_DENIED",
            )

    def is_same(self, target: Path) -> bool:
        """Whether a path names this file, by whatever spelling or link."""
        with contextlib.suppress(OSError):
            before = self.local.stat() if self._handle is None else self._before
            return os.path.samestat(target.stat(), before)
        return os.path.normcase(target) == os.path.normcase(self.local)

    def digest(self) -> FileDigest | None:
        """Return the digest of what was read; None where there is no such file.

        Raises
        ------
        ArtifactError
            The file was written to meanwhile.
        """
        if not self.is_file or self._handle is None:
            return None
        if self._thread is not None:
            self._thread.join()
        now = os.fstat(self._handle)
        if (now.st_mtime_ns, now.st_size) != (self._before.st_mtime_ns, self._before.st_size):
            raise ArtifactError(
                "was written to while it was read",
                where=str(self.local),
                hint="run again; replace a file in one step instead of writing into it",
                code="ABORTED",
            )
        size = self._before.st_size
        return FileDigest(path=self.wire_path, sha256=self._hash.hexdigest(), bytes=size)

    def _open(self, root: DataRoot) -> None:
        try:
            self._handle = open_file(root.folder, self.local.relative_to(root.folder))
        except OSError as exc:
            self._failure = exc
        else:
            self._held.callback(os.close, self._handle)
            self._before = os.fstat(self._handle)
        if HOLDS_FOLDERS:
            self.path = self._held.enter_context(private_path(self.local.name, self._handle))

    def _read(self) -> None:
        offset = 0
        while not self._is_over and (block := _read_at(self._handle, offset)):
            self._hash.update(block)
            offset += len(block)


def open_inputs(
    wire_paths: Sequence[str], root: DataRoot, held: ExitStack, *, are_read: bool
) -> tuple[InputFile, ...]:
    """Open the inputs of a call until `held` is closed.

    Raises
    ------
    PathRefusedError
        A path leaves the data root, or is a device, a pipe or a socket.
    """
    return tuple(held.enter_context(InputFile(path, root, is_read=are_read)) for path in wire_paths)


def _read_at(handle: int | None, offset: int) -> bytes:
    if handle is None:
        return b""
    if hasattr(os, "pread"):
        return os.pread(handle, _BLOCK_BYTES, offset)
    return os.read(handle, _BLOCK_BYTES)  # Windows; the handle is read by this alone
