"""A file that comes in pieces over more than one attempt, and replaces its target when it is whole.

What has come lies beside the target as ``.NAME.DIGEST.part``, where DIGEST is that of the whole
file: a second attempt goes on there, and another file for the same target does not meet it.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from energykit.artifacts.atomic import explain_write_errors, refuse_other_than_file
from energykit.artifacts.checksum import PassingDigest
from energykit.artifacts.temporary import keep_access, sync_folder
from energykit.errors import ArtifactError
from energykit.private_folder import is_ours, open_private
from energykit.temporary_folder import is_at, lock

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["PartialFile"]

_BLOCK_BYTES = 1 << 20
_SHOWN = 100
_DIGEST = 16
_FLAGS = (
    os.O_RDWR
    | os.O_CREAT
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
)


class PartialFile:
    """Takes the bytes of one file in order; use it in a ``with`` statement.

    What has come stays for the next attempt when the block ends early, if the digest of the whole
    was named; else it is removed.

    Parameters
    ----------
    target
        What is replaced in the end; its folder must exist.
    sha256
        Digest of the whole file, hexadecimal; empty: not known, so nothing is kept.

    Raises
    ------
    ArtifactError
        It cannot be written, or another transfer of the same file is under way.
    """

    def __init__(self, target: Path, sha256: str = "") -> None:
        self._target = target
        self._wanted = sha256
        mark = sha256[:_DIGEST] or f"{os.getpid()}-{id(self)}"
        self._path = target.with_name(f".{target.name[:_SHOWN]}.{mark}.part")
        self._hash = PassingDigest()
        self._is_over = False

    def __enter__(self) -> Self:
        """Open what has come so far, and remove what came of other files for this target."""
        refuse_other_than_file(self._target)
        with explain_write_errors(self._target):
            self._file = os.fdopen(os.open(self._path, _FLAGS, 0o600), "r+b")
        if os.name == "posix" and not (
            lock(self._file.fileno()) and is_at(self._path, self._file.fileno())
        ):
            self._file.close()
            hint = "wait for the other transfer, or write to another file"
            raise ArtifactError(
                "is being transferred already", where=str(self._target), hint=hint, code="ABORTED"
            )
        if not is_ours(self._path):
            self._file.close()
            hint = "have that file removed by its owner, or write to another folder"
            raise ArtifactError("was begun by another user", where=str(self._path), hint=hint)
        self._remove_others()
        while block := self._file.read(_BLOCK_BYTES):
            self._hash.update(block)
        self.size = self._file.tell()
        """Bytes that have come [B]."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep what has come, or remove it where nothing can go on."""
        with contextlib.suppress(OSError):
            if not self._is_over and not (self._wanted and self.size):
                self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._file.close()
        self._hash.close()

    def restart(self) -> None:
        """Forget what has come."""
        self._file.seek(0)
        self._file.truncate()
        self._hash.restart()
        self.size = 0

    def append(self, data: bytes) -> None:
        """Take the next bytes.

        Raises
        ------
        ArtifactError
            The disk is full.
        """
        self._hash.update(data)
        with explain_write_errors(self._target):
            self._file.write(data)
        self.size += len(data)

    def finish(self, sha256: str) -> str:
        """Replace the target, and return the digest.

        Parameters
        ----------
        sha256
            What the digest must be.

        Raises
        ------
        ArtifactError
            The bytes are others than the digest says; the target is as it was.
        """
        digest = self._hash.hexdigest()
        if sha256 != digest:
            self._wanted = ""  # nothing of it can be used
            what = f"the bytes that came have the digest {digest[:12]}…, not {sha256[:12]}…"
            hint = "send the file again; was it written to meanwhile?"
            raise ArtifactError(what, where=str(self._target), hint=hint, code="DATA_LOSS")
        with explain_write_errors(self._target):
            self._replace()
        return digest

    def _replace(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        if os.name == "posix":
            os.fchmod(self._file.fileno(), 0o666 & ~_umask())
            keep_access(self._target, self._file.fileno())
        else:
            self._file.close()
        self._path.replace(self._target)
        self._is_over = True
        sync_folder(self._target.parent)

    def _remove_others(self) -> None:
        """Remove what came of other files for this target, where nobody is at it."""
        stem = f".{self._target.name[:_SHOWN]}."
        for path in self._target.parent.iterdir():
            is_other = path.name.startswith(stem) and path.name.endswith(".part")
            if is_other and path != self._path:
                _remove_if_free(path)


def _remove_if_free(path: Path) -> None:
    with contextlib.suppress(OSError), os.fdopen(open_private(path, os.O_RDONLY), "rb") as file:
        if os.name != "posix" or lock(file.fileno()):
            path.unlink()


def _umask() -> int:
    """Return the permissions that new files of this process lack."""
    for line in _status_lines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return 0o077


def _status_lines() -> list[str]:
    try:
        return Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
