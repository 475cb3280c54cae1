"""What a stage may return when one frame does not say it all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, Union

from energykit.artifacts.skipped import Adjustment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd
    import polars as pl

    from energykit.artifacts import Skipped

__all__ = ["Adjustment", "Content", "Output"]

Content: TypeAlias = Union[
    "pl.LazyFrame", "pl.DataFrame", "pd.DataFrame", "Iterable[pl.DataFrame]", str, bytes
]
"""What a file is written from: a frame, batches of frames, or text and bytes as they are."""


@dataclass(frozen=True)
class Output:
    """What a stage gives back: its frame, further files, and counts of its own.

    Examples
    --------
    >>> import polars as pl
    >>> readings, labels = pl.DataFrame({"power": [1.0]}), pl.DataFrame({"kind": ["stuck"]})
    >>> output = Output(readings, beside={".labels.csv": labels}, message="3 faults injected")
    >>> list(output.beside)
    ['.labels.csv']
    """

    frame: Content | None
    """What the output file holds: a frame or batches of frames, written in the format of its
    suffix; text or bytes are written as they are; None writes no output file.
    """
    beside: Mapping[str, Content | Callable[[], Content]] = field(default_factory=dict)
    """Further files: what replaces the suffix of the output file → content.
    ``{".labels.csv": frame}`` beside ``/data/energy_data.csv`` is
    ``/data/energy_data.labels.csv``; a name without a leading dot is a file in the same folder.
    A function gives its content after the last row of `frame` was written.
    """
    skipped: Iterable[Skipped] | None = None
    """Rows the stage itself could not use, by reason; looked at (more than once) after the last
    row of `frame`, so a list that the batches fill is fine. They are added to those that the
    serving layer skipped while reading.
    """
    rows_in: int | Callable[[], int] | None = None
    """Rows read (used and skipped) where the stage reads its input itself; a function is called
    after the last row.
    """
    adjustments: Iterable[Adjustment] | None = None
    """What the stage did to rows that it used; looked at after the last row of `frame`, and added
    to what `StageContext.adjusted` reported."""
    message: str = ""
    """One sentence for a person; empty: the serving layer says what was read and written."""
