"""Readings in time order, however a file has them: sorted part by part in temporary files.

A part is as many days as fit into a bounded number of readings, so memory is bounded by that or by
the busiest day. Readings with the same timestamp keep the order of the file.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from energykit.temporary_folder import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["sort_by_time"]

_PART_ROWS = 1 << 19
"""About so many readings are sorted at a time."""
_DAY_US = 86_400_000_000
_HOUSEHOLD = "household_id"


def sort_by_time(
    source: Callable[[], Iterable[pl.DataFrame]], *, part_rows: int = _PART_ROWS
) -> Iterator[pl.DataFrame]:
    """Yield readings in time order, a part at a time.

    Parameters
    ----------
    source
        Gives the batches, twice: ``household_id`` String, ``moment`` Datetime[µs] without null, any
        further columns of numbers and Booleans, which may be null as floats alone.
    part_rows
        About how many readings are sorted at a time.
    """
    edges = _edges(source(), part_rows)
    names: dict[str, int] = {}
    with temporary_folder("sort") as folder:
        paths = [folder / f"{number}.bin" for number in range(edges.size + 1)]
        schema = _spread(source(), edges, paths, names)
        for path in paths:
            yield from _sorted_part(path, schema, list(names))


def _edges(parts: Iterable[pl.DataFrame], part_rows: int) -> NDArray[np.int64]:
    """Return the days that parts begin with, but the first, as days since 1970."""
    counts: dict[int, int] = {}
    for part in parts:
        days, rows = np.unique(_time(part) // _DAY_US, return_counts=True)
        for day, count in zip(days.tolist(), rows.tolist(), strict=True):
            counts[day] = counts.get(day, 0) + count
    edges, rows_of_part = [], 0
    for day in sorted(counts):
        if rows_of_part and rows_of_part + counts[day] > part_rows:
            edges.append(day)
            rows_of_part = 0
        rows_of_part += counts[day]
    return np.array(edges, dtype=np.int64)


def _spread(
    parts: Iterable[pl.DataFrame],
    edges: NDArray[np.int64],
    paths: list[Path],
    names: dict[str, int],
) -> pl.Schema:
    """Write each reading into the file of its part; number the households."""
    schema = pl.Schema()
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("wb")) for path in paths]
        for part in parts:
            schema = part.schema
            records = _records(part, names)
            number = np.searchsorted(edges, _time(part) // _DAY_US, side="right")
            for place in np.unique(number).tolist():
                files[place].write(records[number == place].tobytes())
    return schema


def _records(part: pl.DataFrame, names: dict[str, int]) -> NDArray[Any]:
    """Return readings as records of numbers."""
    for name in part[_HOUSEHOLD].unique(maintain_order=True).to_list():
        names.setdefault(name, len(names))
    records = np.empty(part.height, dtype=_dtype(part.schema))
    codes = part[_HOUSEHOLD].replace_strict(names, return_dtype=pl.Int64)
    for name in part.columns:
        values = codes if name == _HOUSEHOLD else part[name].to_physical()
        records[name] = values.to_numpy()
    return records


def _dtype(schema: pl.Schema) -> np.dtype[Any]:
    """Return the type of a record: 8 bytes a number, 1 a Boolean."""
    kinds = {pl.Boolean(): "?", pl.Float64(): "<f8"}
    return np.dtype([(name, kinds.get(dtype, "<i8")) for name, dtype in schema.items()])


def _sorted_part(path: Path, schema: pl.Schema, names: list[str]) -> Iterator[pl.DataFrame]:
    """Yield the readings of a part in time order."""
    if not path.stat().st_size:
        return
    records = np.fromfile(path, dtype=_dtype(schema))
    records = records[np.argsort(records["moment"], kind="stable")]
    columns = []
    for name, dtype in schema.items():
        values = pl.Series(name, np.ascontiguousarray(records[name]))
        if name == _HOUSEHOLD:
            values = pl.Series(name, names, dtype=pl.String).gather(values)
        columns.append(values.fill_nan(None) if dtype == pl.Float64 else values.cast(dtype))
    yield pl.DataFrame(columns)


def _time(part: pl.DataFrame) -> NDArray[np.int64]:
    """Return moments [µs]."""
    return part["moment"].cast(pl.Datetime("us")).to_physical().to_numpy()
