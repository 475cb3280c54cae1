"""What stays the same for one household, and for one feeder, over all time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from services.energy_generator.appliances import (
    APPLIANCES,
    BASE_W,
    H0_SHARE_W,
    REFERENCE_W,
    VEHICLE,
)
from services.energy_generator.draws import Draws, Stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.energy_generator.parameters import Parameters

__all__ = ["Traits", "feeder_source_v", "traits_of"]

_SIGMA = 0.5
"""Standard deviation of the logarithm of a household's annual energy."""
_FLOOR_W = 15.0
_HABIT_S = 4500.0
_SOURCE_SPREAD_V = 1.0
_SINGLE = 9  # traits that are one number a household, before those of each appliance


@dataclass(frozen=True)
class Traits:
    """Traits of some households, one row each."""

    index: NDArray[np.int64]
    """Index of the household."""
    scale: NDArray[np.float64]
    """Annual energy over that of the reference household, without a vehicle."""
    base_w: NDArray[np.float64]
    """Load that is never switched off [W]."""
    h0_w: NDArray[np.float64]
    """Mean of the part that follows the standard load profile [W]."""
    base_tan: NDArray[np.float64]
    """Reactive over active power of both."""
    uses_per_day: NDArray[np.float64]
    """Mean number of uses a day, household by appliance, 0 where it is not owned."""
    power_of_model: NDArray[np.float64]
    """Power of the household's model of each appliance over the usual, household by appliance."""
    fridge_period_s: NDArray[np.float64]
    """Length of the refrigerator's cycle [s]."""
    fridge_duty: NDArray[np.float64]
    """Share of the cycle in which its compressor runs."""
    fridge_phase_s: NDArray[np.float64]
    """Start of the first cycle after 1970-01-01 [s]."""
    fridge_w: NDArray[np.float64]
    """Power of the compressor while it runs [W]."""
    fridge_tan: NDArray[np.float64]
    """Its reactive over active power."""
    service_ohm: NDArray[np.float64]
    """Resistance of the household's own line, over which only its own current drops [Ω]."""
    habit_s: NDArray[np.int64]
    """How much later than others its people do everything [s]."""


def _tan(power_factor: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(1 / power_factor**2 - 1), dtype=np.float64)


def traits_of(draws: Draws, households: range, parameters: Parameters) -> Traits:
    """Draw the traits of consecutive households, each from its own key."""
    kinds = len(APPLIANCES)
    uniform = np.empty((len(households), _SINGLE + 2 * kinds))
    normal = np.empty(len(households))
    for row, household in enumerate(households):
        numbers = draws.at(Stream.TRAITS, household)
        normal[row] = numbers.standard_normal()
        numbers.random(out=uniform[row])
    size = parameters.annual_kwh * 1e3 / 8760 / REFERENCE_W
    scale = size * np.exp(_SIGMA * normal - _SIGMA**2 / 2)
    u = uniform.T
    owned = uniform[:, _SINGLE : _SINGLE + kinds] < _ownership(parameters)
    rates = np.array([appliance.per_day for appliance in APPLIANCES])
    grows = np.array([appliance.name != VEHICLE for appliance in APPLIANCES])
    return Traits(
        index=np.arange(households.start, households.stop),
        scale=scale,
        base_w=np.maximum(_FLOOR_W, BASE_W * scale * (0.6 + 0.8 * u[0])),
        h0_w=H0_SHARE_W * scale,
        base_tan=_tan(0.87 + 0.12 * u[1]),
        uses_per_day=rates * owned * np.where(grows, scale[:, None], 1.0),
        power_of_model=0.85 + 0.3 * uniform[:, _SINGLE + kinds :],
        fridge_period_s=np.round(3000 + 2400 * u[2]),
        fridge_duty=0.28 + 0.16 * u[3],
        fridge_phase_s=np.round(5400 * u[4]),
        fridge_w=75 + 33.3 * u[5],
        fridge_tan=_tan(0.85 + 0.08 * u[6]),
        service_ohm=0.08 + 0.20 * u[7],
        habit_s=np.round(_HABIT_S * (2 * u[8] - 1)).astype(np.int64),
    )


def _ownership(parameters: Parameters) -> NDArray[np.float64]:
    shares = [parameters.ev_share if a.name == VEHICLE else a.ownership for a in APPLIANCES]
    return np.array(shares)


def feeder_source_v(draws: Draws, feeder: int, nominal_v: float) -> float:
    """Draw the voltage at the beginning of a feeder without load [V]."""
    return nominal_v + _SOURCE_SPREAD_V * float(
        draws.at(Stream.FEEDER_TRAITS, feeder).standard_normal()
    )
