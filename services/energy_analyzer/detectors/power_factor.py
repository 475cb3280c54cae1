"""Detectors of impossible or poor power factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from services.energy_analyzer.detectors.detector import DetectionRule, between
from services.energy_analyzer.rule import ANOMALY_BELOW, rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.energy_analyzer.detectors.batch import Batch

__all__ = ["Resolution", "efficiency_below", "power_factor_range"]

_LOOKED_AT = 100_000
"""Readings from which the meter's resolution is found."""
_MOST_STEPS = 5_000
"""More different currents than this are not the steps of a resolution."""
_DIGITS = 6


def efficiency_below(*, threshold: float = ANOMALY_BELOW) -> DetectionRule:
    """Flag a power factor, rounded to three decimals, below a threshold: the original rule.

    Parameters
    ----------
    threshold
        Lowest power factor that is not flagged [1], -1000 to 1000.
    """
    between("threshold", threshold, -1000, 1000)

    def flag(batch: Batch) -> NDArray[np.bool_]:
        with np.errstate(invalid="ignore"):
            return rounded(batch.factor) < threshold

    return DetectionRule(flag, needs=("voltage", "current"))


def power_factor_range(
    *, low: float = 0.7, tolerance: float = 0.02, current_resolution_a: float | None = None
) -> DetectionRule:
    """Flag a power factor that no household has, even with the current a step of the meter off.

    A meter that shows current in steps of r may round it or cut it off: the current is known to
    less than ± r. (The real house's meter cuts it off: of its 2,075,259 readings, 202,249 have P >
    V · (I + r/2), and none has P > V · (I + r).) A reading is flagged where the power factor is too
    high for the largest current that may have flowed, P / (V · (I + r)) > 1 + tolerance, or too low
    for the smallest one, P / (V · (I - r)) < low. Power fed in and a current with a sign count by
    their amount: the direction is sound.

    Parameters
    ----------
    low
        Lowest power factor of a household with usual appliances [1].
    tolerance
        How far above 1 the meters of power, voltage and current may carry it together [1].
    current_resolution_a
        Step of the meter's current [A]; None: the smallest step in the first 100,000 readings.
    """
    between("low", low, 0, 1)
    between("tolerance", tolerance, 0)
    resolution = Resolution()
    if current_resolution_a is not None:
        resolution.step = between("current_resolution_a", current_resolution_a, 0, unit="A")

    def flag(batch: Batch) -> NDArray[np.bool_]:
        step, current, power = resolution.step, np.abs(batch.current), np.abs(batch.power)
        with np.errstate(invalid="ignore", over="ignore"):
            most = batch.voltage * (current + step)
            least = batch.voltage * np.maximum(current - step, 0.0)
            return np.asarray((power > (1 + tolerance) * most) | (power < low * least))

    fit = resolution.fit if current_resolution_a is None else None
    return DetectionRule(flag, fit, needs=("voltage", "current"))


class Resolution:
    """The step in which a meter shows current, from its first readings."""

    def __init__(self) -> None:
        self._left = _LOOKED_AT
        self._seen = np.empty(0)

    step = 0.0
    """The step [A]; 0 where the meter shows none."""

    def fit(self, batch: Batch) -> bool:
        """Look at the currents of a batch; False once enough were seen."""
        currents = batch.current[: self._left]
        self._seen = np.unique(np.concatenate([self._seen, currents[np.isfinite(currents)]]))
        self._left -= currents.size
        steps = np.round(np.diff(self._seen), _DIGITS)
        steps = steps[steps > 0]
        self.step = float(steps.min()) if 0 < steps.size <= _MOST_STEPS else 0.0
        return self._left > 0
