"""Detectors of a power or a voltage outside what is possible or usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from services.energy_analyzer.detectors.detector import DetectionRule, between
from services.energy_analyzer.detectors.series import Latest, Previous, ValueCounts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.energy_analyzer.detectors.batch import Batch

__all__ = ["power_high", "rate_of_change", "reverse_flow", "voltage_band"]

_MOST_W = 1e15


def power_high(*, limit_w: float = 150.0, quantile: float | None = None) -> DetectionRule:
    """Flag a power above a limit, or above a quantile of the household's own power.

    Parameters
    ----------
    limit_w
        A reading is flagged where power / limit > 1 [W]; 150 W and the status ``HIGH`` are the rule
        of the service this one descends from. Without effect where `quantile` is given.
    quantile
        Share of the household's readings that is not flagged, such as 0.999 [1]; known to 1 W.
    """
    between("limit_w", limit_w, 1e-9, unit="W")
    if quantile is None:
        return DetectionRule(lambda batch: np.asarray(batch.power / limit_w > 1))
    return _above_quantile(between("quantile", quantile, 0, 1))


def _above_quantile(quantile: float) -> DetectionRule:
    powers, limits = ValueCounts(), np.empty(0)

    def fit(batch: Batch) -> bool:
        is_number = np.isfinite(batch.power)
        watts = np.ceil(np.clip(batch.power[is_number], -_MOST_W, _MOST_W)).astype(np.int64)
        powers.add(batch.household[is_number], watts)
        return True

    def flag(batch: Batch) -> NDArray[np.bool_]:
        nonlocal limits
        if limits.size < batch.households:
            limits = _quantiles(powers.counts(), quantile, batch.households)
        return np.asarray(batch.power > limits[batch.household])

    return DetectionRule(flag, fit)


def _quantiles(counts: pl.DataFrame, quantile: float, households: int) -> NDArray[np.float64]:
    """Return each household's smallest value that a share of its rows do not exceed."""
    share = pl.col("rows").cum_sum().over("household") / pl.col("rows").sum().over("household")
    smallest = counts.filter(share >= quantile).group_by("household").agg(pl.col("value").min())
    limits = np.full(max(households, counts["household"].n_unique()), np.inf)
    limits[smallest["household"].to_numpy()] = smallest["value"].to_numpy()
    return limits


def reverse_flow(*, below_w: float = 0.0) -> DetectionRule:
    """Flag a negative power: energy flows from the house into the grid.

    Parameters
    ----------
    below_w
        Highest power that is flagged lies below this [W].
    """
    between("below_w", below_w, -_MOST_W, 0, unit="W")
    return DetectionRule(lambda batch: np.asarray(batch.power < below_w))


def voltage_band(*, nominal_v: float = 230.0, tolerance: float = 0.1) -> DetectionRule:
    """Flag a voltage outside nominal ± 10 %, the band that EN 50160 sets for 10-minute means.

    EN 50160:2010, 4.2.2: 95 % of a week's means over 10 minutes lie within ± 10 %, and all of them
    within + 10 % and - 15 %. So a single reading outside the band is not a violation of it.

    Parameters
    ----------
    nominal_v
        Nominal voltage between phase and neutral [V].
    tolerance
        Half the band's width as a share of the nominal voltage [1].
    """
    between("nominal_v", nominal_v, 1, unit="V")
    between("tolerance", tolerance, 0, 1)
    low, high = nominal_v * (1 - tolerance), nominal_v * (1 + tolerance)
    return DetectionRule(
        lambda batch: np.asarray((batch.voltage < low) | (batch.voltage > high)),
        needs=("voltage",),
    )


def rate_of_change(*, limit_w: float = 8000.0, within_s: float = 120.0) -> DetectionRule:
    """Flag a power that has jumped up or down by more than a limit since the reading before.

    Parameters
    ----------
    limit_w
        Largest change that is not flagged [W].
    within_s
        Longest time between the two readings [s]: after a hole, a change means nothing.
    """
    between("limit_w", limit_w, 0, unit="W")
    longest = between("within_s", within_s, 0, 1e9, unit="s") * 1e6
    previous, latest = Previous(), Latest()

    def flag(batch: Batch) -> NDArray[np.bool_]:
        change, before = np.abs(batch.power - previous.of(batch, batch.power)), latest.before(batch)
        is_near = (batch.time >= before) & (batch.time - before.astype(np.float64) <= longest)
        return np.asarray((change > limit_w) & is_near)

    return DetectionRule(flag, is_ordered=True)
