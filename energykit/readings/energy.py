"""Energy of readings: mean power times the time that each reading stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["US_PER_H", "US_PER_S", "WH_PER_KWH", "W_US_PER_KWH", "energy_kwh"]

WH_PER_KWH = 1000.0
"""Watt-hours of a kilowatt-hour."""
US_PER_S = 1_000_000
"""Microseconds of a second."""
US_PER_H = 3_600_000_000
"""Microseconds of an hour."""
W_US_PER_KWH = WH_PER_KWH * US_PER_H
"""Watt-microseconds of a kilowatt-hour."""


def energy_kwh(power_w: NDArray[np.float64], stands_us: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the energy of each reading [kWh].

    Parameters
    ----------
    power_w
        Mean active power of each reading [W].
    stands_us
        Time that each stands for [µs], as `energykit.readings.intervals` says.
    """
    return power_w * stands_us / W_US_PER_KWH
