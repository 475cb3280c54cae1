"""The appliances of a household: what each draws, for how long, how often, and at what hours.

Powers and durations are round figures of common European appliances, chosen for this model; how
often each runs is chosen so that the appliances together with the base load use 3,500 kWh a year.
docs/synthetic-households.md shows how far that comes out like a real house.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.energy_generator.h0 import H0_W_PER_MWH

__all__ = [
    "APPLIANCES",
    "BASE_W",
    "FRIDGE_W",
    "H0_SHARE_W",
    "REFERENCE_W",
    "VEHICLE",
    "Appliance",
    "start_seconds_table",
]

VEHICLE = "electric vehicle"
"""Name of the appliance whose ownership is a parameter; it comes on top of the reference energy."""
REFERENCE_W = 3500e3 / 8760
"""Mean power of a household that uses 3,500 kWh a year [W]."""
BASE_W = 42.0
"""Constant load of the reference household: what is never switched off [W]."""
FRIDGE_W = 33.0
"""Mean power of the refrigerator and freezer of every household [W]."""
H0_SHARE_W = 40.0
"""Mean of the part that follows the standard load profile smoothly: many small loads [W]."""


@dataclass(frozen=True)
class Appliance:
    """One kind of appliance of the reference household (3,500 kWh a year)."""

    name: str
    """What it is."""
    phases: tuple[tuple[float, float], ...]
    """What one use is made of: (power [W], duration [min]) one after the other."""
    per_day: float
    """Mean number of uses a day where it is owned; 0 for the one that fills up to the reference
    energy.
    """
    power_factor: float
    """Active over apparent power while it runs."""
    hours: tuple[int, ...]
    """Relative frequency of starts in each hour of a workday."""
    power_spread: float = 0.1
    """Half width of the power's uniform spread between uses, relative."""
    duration_spread: float = 0.3
    """Half width of the duration's uniform spread, relative."""
    ownership: float = 1.0
    """Share of the households that have one."""
    is_seasonal: bool = False
    """Whether it follows the dynamisation of the standard load profile and its weekday."""

    @property
    def energy_wh(self) -> float:
        """Energy of one use [Wh]."""
        return sum(power * minutes / 60 for power, minutes in self.phases)


# fmt: off
_KITCHEN = (1, 0, 0, 0, 0, 1, 4, 6, 6, 4, 3, 6, 9, 5, 2, 2, 3, 6, 10, 11, 6, 3, 2, 1)
_KETTLE  = (1, 0, 0, 0, 0, 2, 8, 10, 8, 6, 5, 4, 4, 4, 5, 7, 7, 5, 5, 6, 6, 5, 3, 2)
_CHORES  = (1, 0, 0, 0, 0, 0, 2, 5, 8, 9, 9, 8, 7, 6, 6, 6, 6, 6, 6, 5, 4, 3, 2, 1)
_DISHES  = (2, 1, 0, 0, 0, 0, 1, 3, 4, 4, 3, 3, 4, 7, 6, 3, 2, 2, 4, 8, 11, 10, 7, 4)
_EVENING = (3, 2, 1, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 5, 9, 11, 10, 8, 7, 6, 5)
# fmt: on
_H0 = tuple(int(value) for value in H0_W_PER_MWH[1, 0] * 10)

_NAMED = (
    Appliance("kettle", ((2000, 3),), 4.0, 1.0, _KETTLE),
    Appliance("hob", ((1600, 8), *((0, 4), (1600, 3)) * 3), 1.6, 0.99, _KITCHEN, power_spread=0.35),
    Appliance("oven", ((2300, 10), *((0, 7), (2300, 3)) * 3), 0.4, 1.0, _KITCHEN, power_spread=0.2),
    Appliance(
        "washing machine",
        ((300, 8), (2000, 18), (250, 50), (550, 8)),
        0.55,
        0.95,
        _CHORES,
        0.1,
        0.2,
        0.95,
    ),
    Appliance(
        "dishwasher",
        ((150, 10), (1950, 16), (120, 40), (1950, 12)),
        0.6,
        0.98,
        _DISHES,
        0.1,
        0.1,
        0.7,
    ),
    Appliance("water heater", ((2000, 30),), 2.2, 1.0, _KETTLE, 0.1, 0.5, 0.2),
    Appliance(
        "portable heater", ((1200, 50),), 0.6, 1.0, _EVENING, 0.4, 0.7, 0.5, is_seasonal=True
    ),
    Appliance(VEHICLE, ((3680, 180),), 0.55, 0.99, _EVENING, 0.02, 0.8),
    Appliance("lamps", ((60, 70),), 7.0, 0.96, _H0, 0.7, 0.9, is_seasonal=True),
    Appliance("screens and tools", ((260, 75),), 0.0, 0.99, _H0, 0.9, 0.95, is_seasonal=True),
)


def _fill_up(appliances: tuple[Appliance, ...]) -> tuple[Appliance, ...]:
    """Let the last appliance bring the reference household to its energy, without vehicles."""
    *known, filler = appliances
    named_w = sum(a.per_day * a.energy_wh * a.ownership / 24 for a in known if a.name != VEHICLE)
    missing_w = REFERENCE_W - BASE_W - FRIDGE_W - H0_SHARE_W - named_w
    values = {**filler.__dict__, "per_day": missing_w * 24 / filler.energy_wh}
    return (*known, Appliance(**values))


APPLIANCES = _fill_up(_NAMED)
"""Every kind of appliance that is drawn as uses with a start; the refrigerator's cycle is drawn
apart.
"""


def start_seconds_table(
    points: int = 513,
) -> np.ndarray[tuple[int, int, int], np.dtype[np.float64]]:
    """Return quantiles of the time of day at which uses start [s].

    The axes are appliance, kind of day, and point.

    On Saturdays and Sundays each hour is weighted as the standard load profile differs from a
    workday's.
    """
    daily = H0_W_PER_MWH[1] / H0_W_PER_MWH[1, :1]
    hours = np.array([appliance.hours for appliance in APPLIANCES], dtype=np.float64)
    weights = hours[:, None, :] * daily[None, :, :] + 1e-9
    cumulative = np.concatenate(
        [np.zeros((*weights.shape[:2], 1)), np.cumsum(weights, axis=-1)], axis=-1
    )
    cumulative /= cumulative[..., -1:]
    at = np.linspace(0, 1, points)
    edges = np.arange(25) * 3600.0
    return np.array([[np.interp(at, row, edges) for row in kinds] for kinds in cumulative])
