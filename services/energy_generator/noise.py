"""First-order autoregressive noise: each block can be drawn alone, and is continuous with the next.

The value at the beginning of each block is drawn from the stationary distribution with the block's
own key. Inside a block the process runs freely, and the difference between where it ends and where
the next block begins is taken back with the weights of the conditional mean (a bridge), which is
exact up to terms of the order of the correlation over a whole block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from services.energy_generator.draws import Draws, Stream

__all__ = ["autoregressive", "white"]

_NEGLIGIBLE = 1e-6


def white(
    draws: Draws, stream: Stream, members: Iterable[int], blocks: range, rows: int
) -> NDArray[np.float32]:
    """Draw standard normal noise, member by block by row."""
    members = list(members)
    noise = np.empty((len(members), len(blocks), rows), dtype=np.float32)
    for plane, member in zip(noise, members, strict=True):
        for row, block in zip(plane, blocks, strict=True):
            draws.at(stream, member, block).standard_normal(out=row, dtype=np.float32)
    return noise


def autoregressive(
    draws: Draws,
    stream: Stream,
    members: Iterable[int],
    blocks: range,
    rows: int,
    *,
    correlation: float,
) -> NDArray[np.float32]:
    """Draw stationary noise of unit variance, member by block by row.

    Parameters
    ----------
    draws, stream, members, blocks
        Keys of the numbers.
    rows
        Rows of a block.
    correlation
        Correlation of a row with the next, 0 … 1.
    """
    noise = white(draws, stream, members, range(blocks.start, blocks.stop + 1), rows + 1)
    begins = noise[:, 1:, 0].copy()
    path = noise[:, :-1]
    path[..., 1:] *= np.float32(np.sqrt(1 - correlation**2))
    _accumulate(path, correlation)
    _bridge(path, begins, correlation)
    return path[..., :-1]


def _accumulate(path: NDArray[np.float32], correlation: float) -> None:
    """Run x[t] = c·x[t-1] + e[t] along the last axis in place; each pass doubles the reach."""
    reach, weight = 1, correlation
    while reach < path.shape[-1] and weight > _NEGLIGIBLE:
        path[..., reach:] += path[..., :-reach] * np.float32(weight)
        reach, weight = 2 * reach, weight * weight


def _bridge(path: NDArray[np.float32], begins: NDArray[np.float32], correlation: float) -> None:
    """Make the last column, one beyond the block, equal to where the next block begins."""
    rows = path.shape[-1]
    reach = (
        rows if correlation <= 0 else min(rows, 1 + int(np.log(_NEGLIGIBLE) / np.log(correlation)))
    )
    weights = np.power(correlation, np.arange(reach - 1, -1, -1, dtype=np.float64)).astype(
        np.float32
    )
    weights = np.where(np.arange(rows - reach, rows) == 0, np.float32(0), weights)
    missing: NDArray[Any] = begins - path[..., -1]
    path[..., rows - reach :] += missing[..., None] * weights
