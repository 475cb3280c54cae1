"""Columns of any table as text, for readers that know what the texts mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import polars.selectors as cs

from energykit.artifacts.csv_blocks import TextRows, csv_texts
from energykit.artifacts.csv_text import moments
from energykit.artifacts.parquet_reader import batches_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["TextRows", "text_rows"]


def text_rows(path: Path, wanted: Sequence[str], *, separator: str = ",") -> Iterator[TextRows]:
    """Yield columns of a CSV or Parquet file as text, part by part and in bounded memory.

    Parameters
    ----------
    path
        A ``.parquet`` file; a file of any other suffix is taken for CSV text.
    wanted
        Names of columns.
    separator
        The character between the fields of CSV text.

    Raises
    ------
    ArtifactError
        The file cannot be read, is of another format, or lacks one of the columns.
    """
    if path.suffix.lower() != ".parquet":
        yield from csv_texts(path, wanted, separator=separator)
        return
    first = 1
    for batch in batches_of(path, wanted):
        texts = batch.with_columns(cs.datetime().map_batches(moments, return_dtype=pl.String)).cast(
            pl.String
        )
        yield TextRows(texts, pl.int_range(first, first + batch.height, eager=True))
        first += batch.height
