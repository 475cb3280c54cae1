"""SHA-256 of a file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.artifacts.content import open_plain

if TYPE_CHECKING:
    import os

__all__ = ["digest"]

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
