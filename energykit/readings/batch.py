"""A table batch by batch: in order, in bounded memory, and to its end or to an error."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import polars as pl

from energykit.readings.prefetch import prefetch_from

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

__all__ = ["batches"]

_BATCH_ROWS = 1 << 16


def batches(
    frame: pl.LazyFrame | pl.DataFrame | Iterable[pl.DataFrame], *, rows: int = _BATCH_ROWS
) -> Generator[pl.DataFrame]:
    """Yield a table batch by batch, at least one of a frame, empty where the frame has no rows.

    What is an iterable keeps its own batches.

    Parameters
    ----------
    frame
        The table; a lazy frame is computed in a thread of its own, a few batches ahead. A failure
        there is raised here, a panic of polars too, at which its own ``collect_batches`` ends as if
        there were no more rows.
    rows
        Rows of a batch of a frame.
    """
    if isinstance(frame, pl.DataFrame):
        yield from frame.iter_slices(rows) if frame.height else [frame]
    elif isinstance(frame, pl.LazyFrame):
        yield from _stream(frame, rows)
    else:
        yield from frame


def _stream(frame: pl.LazyFrame, rows: int) -> Generator[pl.DataFrame]:
    def compute(put: Callable[[pl.DataFrame], bool]) -> None:
        frame.sink_batches(lambda batch: not put(batch), chunk_size=rows, maintain_order=True)

    batch = None
    with closing(prefetch_from(compute)) as parts:
        for batch in parts:
            yield batch
    if batch is None:
        yield pl.DataFrame(schema=frame.collect_schema())
