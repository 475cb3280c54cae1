"""Frames at the border of a pandas stage: what it receives, and how its result is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from energykit.errors import MissingPackageError, StageFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from energykit.artifacts import Scan

__all__ = ["is_pandas", "pandas_table", "to_polars"]

_HINT = "return a pandas or polars frame, an iterator of polars frames, or energykit.serving.Output"


def pandas_table(scan: Scan) -> pd.DataFrame:
    """Collect a scanned artefact in pandas; ``timestamp`` is parsed, in UTC if its zone is known.

    Raises
    ------
    MissingPackageError
        pandas is not installed.
    ArtifactError
        The artefact cannot be used.
    """
    try:
        import pandas as pd
    except ImportError:
        raise MissingPackageError(
            "pandas", extra="notebooks", needed_for="a stage that takes a pandas frame"
        ) from None
    frame = scan.frame.collect(engine="streaming")
    table = pd.DataFrame({name: _column(frame[name]) for name in frame.columns})
    if "timestamp" in table:
        table["timestamp"] = pd.to_datetime(table["timestamp"], format="ISO8601")
    return table


def _column(series: pl.Series) -> Any:
    return series.to_list() if series.dtype in {pl.String, pl.Boolean} else series.to_numpy()


def is_pandas(value: object) -> bool:
    """Whether a value is a pandas frame; does not import pandas."""
    return (
        type(value).__module__.partition(".")[0] == "pandas" and type(value).__name__ == "DataFrame"
    )


def to_polars(content: Any) -> pl.LazyFrame | pl.DataFrame | Iterable[pl.DataFrame]:
    """Return what a stage gave back as polars, ready to be written.

    Raises
    ------
    StageFailedError
        It is not a frame.
    """
    if isinstance(content, (pl.LazyFrame, pl.DataFrame)):
        return content
    if is_pandas(content):
        return _polars(content)
    if hasattr(content, "__next__") or isinstance(content, (list, tuple)):
        return content  # type: ignore[no-any-return]  # batches: checked as they are written
    kind = type(content).__name__
    raise StageFailedError(f"the stage returned {kind}, which is not a frame", hint=_HINT)


def _polars(table: pd.DataFrame) -> pl.DataFrame:
    """Convert a pandas frame without needing pyarrow; the index is left out."""
    return pl.DataFrame({str(name): _series(table[name]) for name in table.columns})


def _series(column: pd.Series[Any]) -> Any:
    kind = column.dtype.kind
    if kind == "M":
        return _texts(column)
    return (
        column.to_numpy()
        if kind in "biuf"
        else column.astype(object).where(column.notna(), None).tolist()
    )


def _texts(stamps: pd.Series[Any]) -> list[str]:
    """Write times as the contract does: ISO 8601, with ``Z`` when the zone is known."""
    known = stamps.dt.tz is not None
    moments = stamps.dt.tz_convert("UTC").dt.tz_localize(None) if known else stamps
    suffix = "Z" if known else ""
    return [f"{moment.isoformat()}{suffix}" for moment in moments]
