"""Voltage at a household's meter: the grid's, minus the drops along the feeder and its own line.

A feeder has a fixed number of households, whether all of them are asked for or not. The load of the
others is therefore drawn per feeder (the standard load profile with correlated noise, as of a sum
of households) and not summed from the households of a call: so a household's voltage does not
depend on how many others are generated. Its own load is counted exactly, over its own line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from services.energy_generator.draws import Stream
from services.energy_generator.noise import white
from services.energy_generator.traits import feeder_source_v

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.energy_generator.draws import Draws
    from services.energy_generator.parameters import Parameters
    from services.energy_generator.period import Period
    from services.energy_generator.traits import Traits

__all__ = ["BAND", "meter_voltage"]

BAND = (0.90, 1.10)
"""Lowest and highest share of the nominal voltage in normal operation, EN 50160, supply voltage
variations.
"""
_DROP_SHARE = 2.2 / 230
"""Drop along the feeder at its mean load, of the nominal voltage."""
_LOAD_CORRELATION_S = 900.0
_LOAD_SPREAD_ONE = 1.0
"""Spread of one household's load around its mean profile, relative; that of a sum of n is this over
√n.
"""
_GRID_CORRELATION_S = 5400.0
_GRID_SPREAD_V = 1.9
_METER_SPREAD_V = 0.25


def meter_voltage(
    draws: Draws,
    traits: Traits,
    period: Period,
    apparent_va: NDArray[np.float64],
    parameters: Parameters,
) -> NDArray[np.float64]:
    """Return the voltage at the meters, household by interval [V].

    Parameters
    ----------
    draws, traits
        Which households.
    period
        Which blocks, and the standard load in them.
    apparent_va
        Apparent power of the households, household by interval [VA].
    parameters
        Size of a feeder and nominal voltage.
    """
    feeder = traits.index // parameters.feeder_households
    feeders = range(int(feeder[0]), int(feeder[-1]) + 1)
    source = _feeder_voltage(draws, feeders, period, parameters)[feeder - feeders.start]
    meters = white(
        draws, Stream.METER_NOISE, traits.index.tolist(), period.blocks, period.grid.block_rows
    )
    voltage = _METER_SPREAD_V * meters.reshape(source.shape).astype(np.float64)
    voltage += source
    voltage -= apparent_va * (traits.service_ohm[:, None] / parameters.nominal_v)
    low, high = BAND
    return np.clip(voltage, low * parameters.nominal_v, high * parameters.nominal_v, out=voltage)


def _feeder_voltage(
    draws: Draws, feeders: range, period: Period, parameters: Parameters
) -> NDArray[np.float64]:
    """Return the voltage along each feeder, feeder by interval [V]."""
    shape, spread = (len(feeders), period.profile.size), 1 / np.sqrt(parameters.feeder_households)
    others = period.noise(draws, Stream.FEEDER_LOAD, feeders, _LOAD_CORRELATION_S).reshape(shape)
    grid = period.noise(draws, Stream.GRID_VOLTAGE, feeders, _GRID_CORRELATION_S).reshape(shape)
    load = period.profile * np.maximum(1 + _LOAD_SPREAD_ONE * spread * others.astype(np.float64), 0)
    source = np.array([feeder_source_v(draws, feeder, parameters.nominal_v) for feeder in feeders])
    voltage = source[:, None] + _GRID_SPREAD_V * grid - _DROP_SHARE * parameters.nominal_v * load
    return np.asarray(voltage, dtype=np.float64)
