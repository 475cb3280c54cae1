"""Power factors in classes, of which the summary gives the share of the time."""

from __future__ import annotations

from itertools import pairwise

import polars as pl

__all__ = ["factor_bin", "factor_bin_names"]

_FACTOR_EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
_UNDEFINED, _NONE = len(_FACTOR_EDGES) + 1, len(_FACTOR_EDGES) + 2


def factor_bin() -> pl.Expr:
    """Return the number of a power factor's bin, Int64: 0 below the first edge."""
    # 32-bit floats: 0.1 is a little more than 0.1
    factor = pl.col("efficiency").cast(pl.Float64).round(6)
    number = sum((factor >= edge).cast(pl.Int64) for edge in _FACTOR_EDGES)
    has_none = factor.is_null()
    return (
        pl.when(has_none).then(_NONE).when(factor.is_finite()).then(number).otherwise(_UNDEFINED)
    ).cast(pl.Int64)


def factor_bin_names() -> list[str]:
    """Return the names of the bins, in order."""
    edges = [f"{edge:g}" for edge in _FACTOR_EDGES]
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"below {edges[0]}", *between, f"{edges[-1]} and more", "undefined", "none"]
