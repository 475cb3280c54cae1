"""Tables of events and labels: their columns, and their times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.errors import MissingPackageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["COLUMNS", "check_columns", "load_pandas", "read_micros", "read_times"]

COLUMNS = ("household_id", "start", "end", "kind")
"""Columns that events and labels have in common."""


def check_columns(table: pd.DataFrame, columns: Sequence[str], where: str) -> None:
    """Refuse a table that lacks a column.

    Raises
    ------
    UsageError
        It names the columns that are missing and those that are there.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        hint = f"columns are {', '.join(map(repr, table.columns))}"
        raise UsageError(
            f"there is no column {', '.join(map(repr, missing))}", where=where, hint=hint
        )


def read_times(pandas: ModuleType, column: pd.Series[Any]) -> Any:
    """Return a column as datetime64[us], UTC where it has a zone."""
    times = (
        column
        if pandas.api.types.is_datetime64_any_dtype(column.dtype)
        else pandas.to_datetime(column, format="ISO8601")
    )
    return pandas.DatetimeIndex(times).as_unit("us")


def read_micros(pandas: ModuleType, column: pd.Series[Any]) -> NDArray[np.int64]:
    """Return a column of times as microseconds since 1970-01-01."""
    index = read_times(pandas, column)
    values: NDArray[np.int64] = (
        index if index.tz is None else index.tz_convert("UTC").tz_localize(None)
    ).asi8
    return values


def load_pandas() -> ModuleType:
    """Return pandas.

    Raises
    ------
    MissingPackageError
        It is not installed.
    """
    try:
        import pandas as pd
    except ImportError as exc:
        raise MissingPackageError("pandas", extra="notebooks", needed_for="scoring") from exc
    return pd
