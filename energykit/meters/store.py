"""Rows of a file between the two passes of an import: few in memory, more on disk."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

import polars as pl

from energykit.temporary_folder import TemporaryFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

__all__ = ["RowStore", "parted"]

_MEMORY_BYTES = 24 << 20
"""How much is kept in memory before rows go to disk."""


class RowStore:
    """Keeps frames of rows in the order in which they were added; use it as a context.

    Parameters
    ----------
    most_bytes
        How much is kept in memory before rows go to disk.
    """

    def __init__(self, *, most_bytes: int = _MEMORY_BYTES) -> None:
        self._most_bytes = most_bytes
        self.rows = 0
        """Rows so far."""
        self._frames: list[pl.DataFrame | Path] = []
        self._same: list[list[pl.Series]] = []
        self._shapes: list[tuple[list[str], int]] = []
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
        """Keep a frame; a column that is the same in every row takes one value."""
        if not frame.height:
            return
        self.rows += frame.height
        self._same.append([_first(column) for column in frame if _is_same(column)])
        varies = frame.drop(column.name for column in self._same[-1])
        size = int(varies.estimated_size())
        if varies.width and self._bytes + size > self._most_bytes:
            self._frames.append(self._spilled(varies))
        else:
            self._bytes += size
            self._frames.append(varies)
        self._shapes.append((frame.columns, frame.height))

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the frames, as often as asked."""
        for kept, same, (names, height) in zip(self._frames, self._same, self._shapes, strict=True):
            varies = kept if isinstance(kept, pl.DataFrame) else pl.read_ipc(kept)
            columns = {column.name: column.new_from_index(0, height) for column in same}
            yield pl.DataFrame({**columns, **varies.to_dict()}).select(names)

    def _spilled(self, frame: pl.DataFrame) -> Path:
        if self._folder is None:
            self._folder = TemporaryFolder("import")
        path = self._folder.path / f"{len(self._frames):08d}.arrow"
        frame.write_ipc(path, compression="uncompressed")
        return path


def parted(
    frames: Iterable[pl.DataFrame], part_of: Callable[[pl.DataFrame], pl.Series], count: int
) -> Iterator[pl.DataFrame]:
    """Yield the rows of each part, in the order of the frames.

    One pass parts the rows, on disk beyond a few; a pass for each part would take time that grows
    with the square of the rows.

    Parameters
    ----------
    frames
        All rows.
    part_of
        Gives the number of the part that each row of a frame is in, from 0.
    count
        How many parts there are.
    """
    with ExitStack() as stack:
        limit = _MEMORY_BYTES // count
        stores = [stack.enter_context(RowStore(most_bytes=limit)) for _ in range(count)]
        for frame in frames:
            part = part_of(frame)
            parts = part.unique()
            for each in parts:
                stores[each].add(frame if len(parts) == 1 else frame.filter(part == each))
        for store in stores:
            if store.rows:
                yield pl.concat(store.frames())


def _first(column: pl.Series) -> pl.Series:
    """Return the first value alone: a slice would keep the whole column in memory."""
    return pl.Series(column.name, column[:1].to_list(), dtype=column.dtype)


def _is_same(column: pl.Series) -> bool:
    """Whether a column has one value in all rows."""
    if column.null_count():
        return column.null_count() == len(column)
    if column.dtype.is_nested() or column[0] != column[-1]:
        return False
    return bool((column == column[0]).all())
