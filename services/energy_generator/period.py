"""Some blocks of time, and what all households have in common in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from services.energy_generator.grid import TimeGrid, iso_text, local_offset_s
from services.energy_generator.h0 import relative_load
from services.energy_generator.noise import autoregressive

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

    from services.energy_generator.draws import Draws, Stream

__all__ = ["Period"]


@dataclass(frozen=True)
class Period:
    """Consecutive blocks of a grid."""

    grid: TimeGrid
    """Steps and blocks."""
    blocks: range
    """Which blocks."""
    time_zone: str
    """The clock that people live by."""

    @cached_property
    def times(self) -> NDArray[np.int64]:
        """Starts of the intervals, seconds since 1970-01-01 UTC."""
        return self.grid.times(self.blocks)

    @cached_property
    def texts(self) -> pl.Series:
        """The same as ISO 8601 text ending in ``Z``."""
        return iso_text(self.times)

    @cached_property
    def profile(self) -> NDArray[np.float64]:
        """Standard load in the middle of each interval, relative to the mean of a year [1]."""
        middle = self.times + self.grid.step_s // 2
        return relative_load(middle + local_offset_s(middle, self.time_zone))

    def noise(
        self, draws: Draws, stream: Stream, members: Sequence[int], correlation_s: float
    ) -> NDArray[np.float32]:
        """Draw noise of unit variance and a correlation time, member by block by interval."""
        correlation = float(np.exp(-self.grid.step_s / correlation_s))
        return autoregressive(
            draws, stream, members, self.blocks, self.grid.block_rows, correlation=correlation
        )
