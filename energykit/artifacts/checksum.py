"""SHA-256 of a file, and of bytes as they pass."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.artifacts.content import open_plain

if TYPE_CHECKING:
    import os
    from concurrent.futures import Future

__all__ = ["PassingDigest", "digest"]

_BLOCK_BYTES = 1 << 20


def digest(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Raises
    ------
    ArtifactError
        The file cannot be read.
    """
    found = hashlib.sha256()
    with open_plain(Path(path)) as stream:
        while block := stream.read(_BLOCK_BYTES):
            found.update(block)
    return found.hexdigest()


class PassingDigest:
    """Digest of blocks in their order; close it, as with `contextlib.closing`.

    A block is hashed in a thread of its own, without the interpreter's lock, while the caller sends
    or writes it. At most one block waits, so that memory is bounded.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="energykit-digest")
        self._hashing: Future[None] | None = None

    def close(self) -> None:
        """End its thread."""
        self._pool.shutdown()

    def update(self, block: bytes) -> None:
        """Take the next block; wait for the one before."""
        self._wait()
        self._hashing = self._pool.submit(self._hash.update, block)

    def restart(self) -> None:
        """Forget the blocks so far."""
        self._wait()
        self._hash = hashlib.sha256()

    def hexdigest(self) -> str:
        """Return the digest of all blocks so far, hexadecimal."""
        self._wait()
        return self._hash.hexdigest()

    def _wait(self) -> None:
        if self._hashing is not None:
            self._hashing.result()
            self._hashing = None
