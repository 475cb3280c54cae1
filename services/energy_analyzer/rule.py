"""The original rule: power factor rounded to three decimals, flagged below 0.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.readings import FLOAT32_MAX, batches
from energykit.readings.carried import carried

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ANOMALY_BELOW",
    "Undefined",
    "apply_rule",
    "lacks_factor",
    "power_factor",
    "rounded",
    "without_factor",
]

ANOMALY_BELOW = 0.1
"""Rounded power factor below which the original flags a reading [1]."""

_DECIMALS = 3
_NEAR_TIE = 1e-6
"""Distance from a tie, in units of the last decimal, within which the exact value decides.

Far above any rounding error.
"""
_EXACT_BELOW = 2.0**30
"""Up to here a scaled value's rounding error is far below `_NEAR_TIE`."""


class Undefined:
    """Readings without a power factor: voltage · current is 0, or too small for a quotient."""

    reason = "efficiency is undefined: voltage · current is 0"

    def __init__(self) -> None:
        self.rows = 0
        """How many so far."""
        self.first: int | None = None
        """Position of the first of them among the readings, from 0."""

    def note(self, places: np.ndarray, offset: int) -> None:
        """Count the readings of a batch that are undefined.

        Parameters
        ----------
        places
            Their positions in the batch, int64.
        offset
            Position of the batch's first reading.
        """
        if len(places) and self.first is None:
            self.first = offset + int(places[0])
        self.rows += len(places)


def apply_rule(readings: pl.LazyFrame, undefined: Undefined) -> Iterator[pl.DataFrame]:
    """Yield the report that the original service writes, batch by batch.

    The original divides by voltage · current and has no answer where that is 0. Such a reading is
    left out and counted: the rule can neither flag it nor clear it. One whose voltage or current
    was not measured, or that has neither power nor current, has no power factor and is sound.

    Parameters
    ----------
    readings
        ``timestamp``, ``household_id`` String; ``power_consumption`` [W], ``voltage`` [V],
        ``current`` [A] Float64, the latter two null where they were not measured; perhaps
        ``interval_s`` [s], ``power_export`` [W] Float64.
    undefined
        Counts the readings that are left out.

    Yields
    ------
    pl.DataFrame
        ``timestamp``, ``household_id`` String; ``power`` [W], ``efficiency`` [1] Float32, null
        where there is none; ``anomaly_detected`` Boolean; ``interval_s``, ``power_export`` where
        the readings have them.
    """
    seen = 0
    for batch in batches(readings):
        yield _report(batch, undefined, seen)
        seen += batch.height


def power_factor(power_w: np.ndarray, voltage_v: np.ndarray, current_a: np.ndarray) -> np.ndarray:
    """Return active over apparent power, NaN or infinite where that is undefined.

    Parameters
    ----------
    power_w, voltage_v, current_a
        Float64 arrays of one shape [W], [V], [A].
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(power_w / (voltage_v * current_a))


def lacks_factor(power_w: np.ndarray, voltage_v: np.ndarray, current_a: np.ndarray) -> np.ndarray:
    """Whether sound readings have no power factor.

    Voltage or current was not measured, or nothing flows: an inverter at night has 0 W at 0 A.

    Parameters
    ----------
    power_w, voltage_v, current_a
        Float64 arrays of one shape [W], [V], [A]; NaN where it was not measured.
    """
    is_idle = (power_w == 0) & (current_a == 0)
    return np.asarray(np.isnan(voltage_v) | np.isnan(current_a) | is_idle)


def rounded(values: np.ndarray) -> np.ndarray:
    """Round to three decimals exactly as Python's ``round(value, 3)``.

    That one looks at the exact binary value.

    Parameters
    ----------
    values
        Float64, finite.

    Notes
    -----
    Scaling, rounding to an integer and dividing gives the same double, as integer and divisor are
    exact and division is correctly rounded, unless the scaled value stands so near a tie that the
    scaling's own rounding could push it over. Those few are rounded by Python.
    """
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # of numbers so large that Python rounds them
        scaled = values * 10.0**_DECIMALS
        result = np.rint(scaled) / 10.0**_DECIMALS
        near = np.abs(scaled - np.floor(scaled) - 0.5) < _NEAR_TIE
    doubtful = np.flatnonzero(near | (np.abs(scaled) > _EXACT_BELOW))
    result[doubtful] = [round(value, _DECIMALS) for value in values[doubtful].tolist()]
    return result


def _report(batch: pl.DataFrame, undefined: Undefined, offset: int) -> pl.DataFrame:
    """Return the report of a batch; count what is undefined."""
    power, voltage, current = (
        batch[name].to_numpy() for name in ("power_consumption", "voltage", "current")
    )
    factor = power_factor(power, voltage, current)
    has_none = lacks_factor(power, voltage, current)
    is_used = (np.abs(factor) <= FLOAT32_MAX) | has_none
    if not is_used.all():
        undefined.note(np.flatnonzero(~is_used), offset)
        batch, power, factor = batch.filter(is_used), power[is_used], factor[is_used]
        has_none = has_none[is_used]
    efficiency = rounded(factor)
    return pl.DataFrame(
        [
            batch["timestamp"],
            batch["household_id"],
            pl.Series("power", power.astype(np.float32)),
            without_factor(pl.Series("efficiency", efficiency.astype(np.float32)), has_none),
            pl.Series("anomaly_detected", efficiency < ANOMALY_BELOW),
            *batch.select(carried(batch.columns)),
        ]
    )


def without_factor(efficiency: pl.Series, has_none: np.ndarray) -> pl.Series:
    """Return power factors, null where a reading has none."""
    places = np.flatnonzero(has_none)
    return efficiency.scatter(places, None) if places.size else efficiency
