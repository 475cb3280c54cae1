"""Clean readings of any household in any block: a pure function of parameters and both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from services.energy_generator.draws import Draws, Stream
from services.energy_generator.events import draw_segments, interval_means
from services.energy_generator.feeder import meter_voltage
from services.energy_generator.period import Period
from services.energy_generator.traits import traits_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from services.energy_generator.grid import TimeGrid
    from services.energy_generator.parameters import Parameters
    from services.energy_generator.traits import Traits

__all__ = ["Meter", "Simulation", "rounded"]

_LOAD_CORRELATION_S = 600.0
_LOAD_SPREAD = 0.06
"""Spread of the base load around its mean, relative."""
_PERIODS = 4
"""How many periods are kept: the blocks of a batch of households have one in common, and their
anomalies look back.
"""


@dataclass(frozen=True)
class Meter:
    """What the meters of some households show, each array household by interval."""

    power: NDArray[np.float64]
    """Active power, mean over the interval [W]."""
    voltage: NDArray[np.float64]
    """RMS voltage [V]."""
    current: NDArray[np.float64]
    """RMS current [A]."""


def rounded(values: NDArray[np.float64], resolution: float) -> NDArray[np.float64]:
    """Round in place to multiples of a meter's resolution; 0 leaves the values as they are."""
    if resolution:
        np.multiply(values, 1 / resolution, out=values)
        np.rint(values, out=values)
        np.divide(values, 1 / resolution, out=values)
    return values


class Simulation:
    """Clean readings on demand.

    Parameters
    ----------
    parameters
        Checked parameters of the population.
    grid
        Steps and blocks of time.
    """

    def __init__(self, parameters: Parameters, grid: TimeGrid) -> None:
        self.parameters = parameters
        self.grid = grid
        self._draws = Draws(parameters.seed)
        self.period: Callable[[range], Period] = lru_cache(_PERIODS)(
            partial(Period, grid, time_zone=parameters.time_zone)
        )
        """Return what all households have in common in some blocks."""

    def read(self, households: range, blocks: range) -> Meter:
        """Return the readings of some households in some blocks, household by interval."""
        parameters, draws = self.parameters, self._draws
        period = self.period(blocks)
        traits = traits_of(draws, households, parameters)
        power, reactive = self._load(traits, period)
        apparent = np.sqrt(power * power + reactive * reactive)
        voltage = meter_voltage(draws, traits, period, apparent, parameters)
        return Meter(
            rounded(power, parameters.power_resolution_w),
            rounded(voltage, parameters.voltage_resolution_v),
            rounded(apparent / voltage, parameters.current_resolution_a),
        )

    def _load(
        self, traits: Traits, period: Period
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return active and reactive power, household by interval [W, var]."""
        shape = (traits.index.size, period.times.size)
        noise = period.noise(
            self._draws, Stream.LOAD_NOISE, traits.index.tolist(), _LOAD_CORRELATION_S
        ).reshape(shape)
        segments = draw_segments(
            self._draws, traits, self.grid, period.blocks, self.parameters.time_zone
        )
        power, reactive = interval_means(
            segments, traits.index.size, period.times, self.grid.step_s
        )
        base = traits.base_w[:, None] + traits.h0_w[:, None] * period.profile
        base *= np.maximum(1 + _LOAD_SPREAD * noise, 0.5)
        power += base
        reactive += base * traits.base_tan[:, None]
        return power, reactive
