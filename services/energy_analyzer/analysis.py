"""Judging readings by detectors: a report with a reason for every flagged reading."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.readings import FLOAT32_MAX, batches
from energykit.readings.carried import carried
from services.energy_analyzer.detectors import UNDEFINED, detection_rules
from services.energy_analyzer.detectors.batch import Numbering
from services.energy_analyzer.rule import rounded, without_factor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from services.energy_analyzer.detectors import DetectionRule, Named
    from services.energy_analyzer.detectors.batch import Batch

__all__ = ["Measured", "analyse", "idle_detectors"]

_BATCH_ROWS = 1 << 16
_STATUS = {"power_high": "HIGH"}
"""Status of a reading where it is not the name of its worst reason: the word of the service this
one descends from.
"""


def analyse(
    readings: pl.LazyFrame,
    detectors: Named,
    *,
    measured: Measured | None = None,
    time_zone: str | None = None,
    batch_rows: int = _BATCH_ROWS,
) -> Iterator[pl.DataFrame]:
    """Yield a report of readings, batch by batch.

    Parameters
    ----------
    readings
        ``timestamp``, ``household_id`` String; ``power_consumption`` [W], ``voltage`` [V],
        ``current`` [A] Float64, the latter two null where they were not measured; perhaps
        ``interval_s`` [s], ``power_export`` [W] Float64.
    detectors
        As a request names them: a list of names and of objects with ``name`` and parameters, or an
        object with parameters by name.
    measured
        Counts what was measured, so that a detector that found nothing to look at is known.
    time_zone
        Zone whose hours are compared with one another; None: UTC, or the clock of the file.
    batch_rows
        About how many readings are looked at at a time; changes no result.

    Yields
    ------
    pl.DataFrame
        ``timestamp``, ``household_id`` String; ``power`` [W], ``efficiency`` [1] Float32, NaN where
        it is undefined and null where the reading has none; ``status`` String, ``OK`` or the worst
        reason; ``anomaly_detected`` Boolean; ``reasons`` String, joined by ``;``; ``interval_s``,
        ``power_export`` where the readings have them.

    Raises
    ------
    ParameterError
        A detector, a parameter or a value is not possible; before anything is read.
    """
    start = partial(Numbering, time_zone)
    parts = partial(batches, readings, rows=batch_rows)
    return _reports(parts, detection_rules(detectors), start, measured or Measured())


class Measured:
    """Counts readings, and those in which a quantity was measured."""

    def __init__(self) -> None:
        self.rows = 0
        """Readings so far."""
        self._counts = dict.fromkeys(("voltage", "current"), 0)

    def add(self, batch: pl.DataFrame) -> None:
        """Count the readings of a batch."""
        self.rows += batch.height
        for name in self._counts:
            self._counts[name] += batch.height - batch[name].null_count()

    def missing_for(self, needs: Sequence[str]) -> str:
        """Return the first need that no reading meets, empty if there is none.

        Parameters
        ----------
        needs
            Names of quantities; ``a or b`` where one of them is enough.
        """
        if not self.rows:
            return ""
        return next((need for need in needs if not self._is_met(need)), "")

    def _is_met(self, need: str) -> bool:
        return any(self._counts[name] for name in need.split(" or "))


def idle_detectors(detectors: Named, measured: Measured) -> list[str]:
    """Return a sentence for each detector that had nothing to look at.

    Parameters
    ----------
    detectors
        As a request names them.
    measured
        What `analyse` counted.
    """
    lacking = {
        name: measured.missing_for(rule.needs) for name, rule in detection_rules(detectors).items()
    }
    return [
        f"{name} had nothing to look at: no reading has a {need}"
        for name, need in lacking.items()
        if need
    ]


def _reports(
    parts: Callable[[], Iterable[pl.DataFrame]],
    rules: Mapping[str, DetectionRule],
    start: Callable[[], Numbering],
    measured: Measured,
) -> Iterator[pl.DataFrame]:
    _fit(parts(), list(rules.values()), start())
    numbering = start()
    for frame in parts():
        measured.add(frame)
        batch = numbering.batch(frame)
        yield _report(batch, {name: rule.flag(batch) for name, rule in rules.items()})


def _fit(parts: Iterable[pl.DataFrame], rules: list[DetectionRule], numbering: Numbering) -> None:
    """Show the readings to rules that fit themselves to them, until all have seen enough."""
    fits = [rule.fit for rule in rules if rule.fit is not None]
    if not fits:
        return
    for frame in parts:
        batch = numbering.batch(frame)
        fits = [fit for fit in fits if fit(batch)]
        if not fits:
            return


def _report(batch: Batch, flags: Mapping[str, NDArray[np.bool_]]) -> pl.DataFrame:
    factor = batch.factor.copy()
    # V · I so small that the contract has no number for the quotient
    factor[np.abs(factor) > FLOAT32_MAX] = np.nan
    reasons = {UNDEFINED: np.isnan(factor) & ~batch.lacks_factor, **flags}
    texts, worst = _texts(reasons, factor.size)
    efficiency = pl.Series(rounded(factor).astype(np.float32))
    return batch.frame.select(
        "timestamp",
        "household_id",
        pl.col("power_consumption").cast(pl.Float32).alias("power"),
        without_factor(efficiency, batch.lacks_factor).alias("efficiency"),
        worst.alias("status"),
        pl.Series("anomaly_detected", texts != ""),
        texts.alias("reasons"),
        *carried(batch.frame.columns),
    )


def _texts(reasons: Mapping[str, NDArray[np.bool_]], rows: int) -> tuple[pl.Series, pl.Series]:
    """Return the reasons of each reading joined by ``;``, and its status.

    Every combination is spelt once.
    """
    code = np.zeros(rows, dtype=np.int64)
    for place, flagged in enumerate(reasons.values()):
        code |= flagged.astype(np.int64) << place
    names = list(reasons)
    kinds, which = np.unique(code, return_inverse=True)
    spelt = [
        [name for place, name in enumerate(names) if kind >> place & 1] for kind in kinds.tolist()
    ]
    texts = pl.Series([";".join(one) for one in spelt], dtype=pl.String).gather(which)
    worst = pl.Series(
        [_STATUS.get(one[0], one[0]) if one else "OK" for one in spelt], dtype=pl.String
    ).gather(which)
    return texts, worst
