"""Columns of a frame as figures need them: present, numbers, flags, timestamps, or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.errors import UsageError
from energykit.plots.theme import package

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["checked", "flags", "numbers", "powers", "times"]


def checked(frame: Any, columns: tuple[str, ...], where: str) -> pd.DataFrame:
    """Return a frame if it is one, has rows, and has the columns that a figure needs.

    Parameters
    ----------
    frame
        What the caller gave.
    columns
        Columns that must be there.
    where
        Name of the figure, for the error.

    Raises
    ------
    UsageError
        When it is not a frame, has no rows, or lacks a column; the columns that it has are named.
    """
    if not isinstance(frame, package("pandas").DataFrame):
        hint = "give a pandas DataFrame, as `result[...].frame()` returns it"
        raise UsageError(
            f"needs a pandas DataFrame, not {type(frame).__name__}", where=where, hint=hint
        )
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        lacking = ", ".join(map(repr, missing)).replace(
            "'power_consumption'", "'power' (or 'power_consumption')"
        )
        hint = f"its columns are: {', '.join(map(str, frame.columns))}"
        raise UsageError(f"the frame has no column {lacking}", where=where, hint=hint)
    if frame.empty:
        hint = "look at the stage's metrics: rows in, rows out, rows skipped"
        raise UsageError(
            "the frame has no rows, so there is nothing to draw", where=where, hint=hint
        )
    found: pd.DataFrame = frame
    return found


def times(column: pd.Series[Any], where: str) -> pd.Series[Any]:
    """Return timestamps as datetime64; text is read as ISO 8601."""
    pandas = package("pandas")
    if pandas.api.types.is_datetime64_any_dtype(column.dtype):
        found = column
    else:
        try:
            found = pandas.to_datetime(column, format="ISO8601")
        except (ValueError, TypeError) as exc:
            hint = "give datetime64, or ISO 8601 text such as 2007-04-28T00:21:00"
            raise UsageError(
                f"the timestamps cannot be read: {exc}", where=where, hint=hint
            ) from exc
    if bool(found.isna().any()):
        hint = "drop those rows first: frame.dropna(subset=['timestamp'])"
        raise UsageError(
            f"{int(found.isna().sum())} rows have no timestamp", where=where, hint=hint
        )
    return found


def powers(column: pd.Series[Any], where: str) -> pd.Series[Any]:
    """Return power as float64, NaN where it is not finite; refuse a column without any number."""
    power = numbers(column, where)
    is_finite = np.isfinite(power)
    if not is_finite.any():
        hint = "look at the stage's metrics: rows skipped, and why"
        raise UsageError("no row has a power, so there is nothing to draw", where=where, hint=hint)
    return power.where(is_finite)


def numbers(column: pd.Series[Any], where: str) -> pd.Series[Any]:
    """Return a column as float64.

    Raises
    ------
    UsageError
        When it holds something else.
    """
    try:
        return column.astype("float64")
    except (ValueError, TypeError) as exc:
        hint = "convert it first: frame[column].astype(float)"
        raise UsageError(
            f"the column {str(column.name)!r} is not a number: {exc}", where=where, hint=hint
        ) from exc


def flags(column: pd.Series[Any]) -> NDArray[np.bool_]:
    """Return a column of claims as booleans; CSV's text (``True``, ``False``) is understood."""
    if column.dtype == bool:
        return column.to_numpy()
    return (column.astype(str).str.lower() == "true").to_numpy()
