"""SHA-256 of a file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.artifacts.content import open_plain

if TYPE_CHECKING:
    import os

__all__ = ["digest"]


def digest(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    Raises
    ------
    ArtifactError
        The file cannot be read.
    """
    with open_plain(Path(path)) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
