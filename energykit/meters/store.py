"""Rows of a file between the two passes of an import: few in memory, more on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import polars as pl

from energykit.temporary_folder import TemporaryFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["RowStore"]

_MOST_BYTES = 48 << 20
"""How much is kept in memory before rows go to disk."""


class RowStore:
    """Keeps frames of rows in the order in which they were added; use it as a context.

    Parameters
    ----------
    most_bytes
        How much is kept in memory before rows go to disk.
    """

    def __init__(self, *, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self.rows = 0
        """Rows so far."""
        self._frames: list[pl.DataFrame | Path] = []
        self._bytes = 0
        self._folder: TemporaryFolder | None = None

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what is on disk."""
        self._frames.clear()
        if self._folder is not None:
            self._folder.remove()

    def add(self, frame: pl.DataFrame) -> None:
        """Keep a frame."""
        if not frame.height:
            return
        self.rows += frame.height
        size = int(frame.estimated_size())
        if self._bytes + size <= self._most_bytes:
            self._bytes += size
            self._frames.append(frame)
        else:
            self._frames.append(self._spilled(frame))

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the frames, as often as asked."""
        for frame in self._frames:
            yield frame if isinstance(frame, pl.DataFrame) else pl.read_ipc(frame)

    def _spilled(self, frame: pl.DataFrame) -> Path:
        if self._folder is None:
            self._folder = TemporaryFolder("import")
        path = self._folder.path / f"{len(self._frames):08d}.arrow"
        frame.write_ipc(path, compression="uncompressed")
        return path
