"""Detectors of impossible or poor power factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from services.energy_analyzer.detectors.detector import power_factor_of
from services.energy_analyzer.rule import ANOMALY_BELOW, rounded

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from services.energy_analyzer.detectors.detector import Judge

__all__ = ["current_resolution", "efficiency_below", "power_factor_range"]

_LOOKED_AT = 100_000
"""Readings from which the meter's resolution is found."""
_MOST_STEPS = 5_000
"""More different currents than this are no steps of a resolution."""
_DIGITS = 6


def efficiency_below(readings: pl.LazyFrame, /, *, threshold: float = ANOMALY_BELOW) -> Judge:  # noqa: ARG001
    """Flag a power factor, rounded to three decimals, below a threshold: the original rule.

    Parameters
    ----------
    readings
        Not looked at.
    threshold
        Lowest power factor that is not flagged [1].
    """

    def judge(batch: pl.DataFrame) -> NDArray[np.bool_]:
        with np.errstate(invalid="ignore"):
            return rounded(power_factor_of(batch)) < threshold

    return judge


def power_factor_range(
    readings: pl.LazyFrame,
    /,
    *,
    low: float = 0.7,
    tolerance: float = 0.02,
    current_resolution_a: float | None = None,
) -> Judge:
    """Flag a power factor that no household has, even if the current is rounded as far as the meter rounds it.

    A meter that shows current in steps of r knows it to ± r/2. A reading is flagged where the power factor is too high
    for the largest current that may have flowed, P / (V · (I + r/2)) > 1 + tolerance, or too low for the smallest one,
    P / (V · (I - r/2)) < low.

    Parameters
    ----------
    readings
        Looked at for the meter's resolution, unless it is given.
    low
        Lowest power factor of a household with usual appliances [1].
    tolerance
        How far above 1 the meters of power, voltage and current may carry it together [1].
    current_resolution_a
        Step of the meter's current [A]; None: the smallest step in the first readings.
    """
    half = (current_resolution(readings) if current_resolution_a is None else current_resolution_a) / 2

    def judge(batch: pl.DataFrame) -> NDArray[np.bool_]:
        power, voltage = batch["power_consumption"].to_numpy(), batch["voltage"].to_numpy()
        current = batch["current"].to_numpy()
        most, least = voltage * (current + half), voltage * np.maximum(current - half, 0.0)
        is_too_high = power > (1 + tolerance) * most
        is_too_low = power < low * least
        return np.asarray(is_too_high | is_too_low)

    return judge


def current_resolution(readings: pl.LazyFrame) -> float:
    """Return the step in which a meter shows current [A], 0 where it shows no steps.

    Parameters
    ----------
    readings
        ``current`` [A]; the first 100,000 are looked at.
    """
    currents = readings.select("current").head(_LOOKED_AT).collect()["current"].unique().sort().to_numpy()
    steps = np.round(np.diff(currents), _DIGITS)
    steps = steps[steps > 0]
    return float(steps.min()) if 0 < steps.size <= _MOST_STEPS else 0.0
