"""A file as a pandas frame, to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from energykit.artifacts.formats import format_of
from energykit.artifacts.reader import scan
from energykit.errors import ArtifactError, ForeignTableError, MissingPackageError

if TYPE_CHECKING:
    import os

    import pandas as pd

__all__ = ["frame"]


def frame(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Return a stage's file as a pandas frame.

    Parameters
    ----------
    path
        A file of readings or of a report (csv, pb, parquet); any other CSV or Parquet table is read
        as it is.

    Returns
    -------
    pandas.DataFrame
        The usable rows (see `scan`). ``timestamp`` is datetime64, in UTC where the file says ``Z``,
        without a zone where it does not.

    Raises
    ------
    ArtifactError
        The file cannot be read.
    MissingPackageError
        pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise MissingPackageError("pandas", extra="notebooks", needed_for="frame()") from None
    table = _table(Path(path))
    columns = {name: table[name].to_numpy() for name in table.columns if name != "timestamp"}
    if "timestamp" not in table.columns:
        return pd.DataFrame(columns)
    return pd.DataFrame({"timestamp": _times(table["timestamp"]), **columns}, columns=table.columns)


def _table(path: Path) -> pl.DataFrame:
    """Read a file of ours, or any other table."""
    plain = format_of(path).plain
    try:
        return scan(path).frame.collect()
    except ForeignTableError:
        if not plain:
            raise
    try:
        table: pl.DataFrame = getattr(pl, plain)(path, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as exc:
        what = f"is not a readable table: {str(exc).splitlines()[0]}"
        raise ArtifactError(
            what, where=str(path), hint="each row needs as many fields as the header"
        ) from exc
    return table


def _times(texts: pl.Series) -> pd.DatetimeIndex:
    """Return timestamps as pandas has them."""
    import pandas as pd

    has_zone = texts.dtype == pl.String and bool(texts.str.ends_with("Z").any())
    moments = (
        texts.str.strip_chars_end("Z").str.to_datetime(strict=True)
        if texts.dtype == pl.String
        else texts
    )
    index = pd.DatetimeIndex(moments.to_numpy())
    return index.tz_localize("UTC") if has_zone else index
