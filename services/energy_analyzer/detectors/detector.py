"""What a detector is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["UNDEFINED", "Detector", "Judge", "power_factor_of"]

UNDEFINED = "undefined"
"""Reason of a reading that has no power factor because voltage · current is 0; given whatever detectors are chosen."""

Judge = Callable[[pl.DataFrame], NDArray[np.bool_]]
"""Takes a batch of readings, in the order of the file; returns which of them are flagged."""


class Detector(Protocol):
    """Learns from all readings what is usual, if it needs to, and returns a judge.

    The first line of its docstring explains it to users.
    """

    __name__: str

    def __call__(self, readings: pl.LazyFrame, /) -> Judge:
        """Return a judge; parameters are keyword arguments with defaults."""


def power_factor_of(batch: pl.DataFrame) -> NDArray[np.float64]:
    """Return active over apparent power, P / (V · I) [1]; NaN where V · I is 0."""
    apparent = (batch["voltage"] * batch["current"]).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(apparent == 0, np.nan, batch["power_consumption"].to_numpy() / apparent)
