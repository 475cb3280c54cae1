"""Judging readings by detectors: a report with a reason for every flagged reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.readings import FLOAT32_MAX
from services.energy_analyzer.detectors import UNDEFINED, watches
from services.energy_analyzer.detectors.batch import Reel
from services.energy_analyzer.rule import rounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from services.energy_analyzer.detectors import Named, Watch
    from services.energy_analyzer.detectors.batch import Batch

__all__ = ["judged_by"]

_BATCH_ROWS = 1 << 16
_STATUS = {"power_high": "HIGH"}
"""Status of a reading where it is not the name of its worst reason: the word of the service this
one descends from.
"""


def judged_by(
    readings: pl.LazyFrame, detectors: Named, *, batch_rows: int = _BATCH_ROWS
) -> Iterator[pl.DataFrame]:
    """Yield a report of readings, batch by batch.

    Parameters
    ----------
    readings
        ``timestamp``, ``household_id`` String; ``power_consumption`` [W], ``voltage`` [V],
        ``current`` [A] Float64.
    detectors
        As a request names them: a list of names and of objects with ``name`` and parameters, or an
        object with parameters by name.
    batch_rows
        About how many readings are judged at a time; changes no result.

    Yields
    ------
    pl.DataFrame
        ``timestamp``, ``household_id`` String; ``power`` [W], ``efficiency`` [1] Float32, NaN where
        it is undefined; ``status`` String, ``OK`` or the worst reason; ``anomaly_detected``
        Boolean; ``reasons`` String, joined by ``;``.

    Raises
    ------
    ParameterError
        A detector, a parameter or a value is not possible; before anything is read.
    """
    return _batches(readings, watches(detectors), batch_rows)


def _batches(
    readings: pl.LazyFrame, watching: Mapping[str, Watch], rows: int
) -> Iterator[pl.DataFrame]:
    _learn(readings, list(watching.values()), rows)
    seen = False
    for batch in _reel(readings, rows):
        seen = True
        yield _report(batch, {name: watch.judge(batch) for name, watch in watching.items()})
    if not seen:
        empty = Reel().batch(pl.DataFrame(schema=readings.collect_schema()))
        yield _report(empty, {name: np.zeros(0, dtype=bool) for name in watching})


def _reel(readings: pl.LazyFrame, rows: int) -> Iterator[Batch]:
    reel = Reel()
    for frame in readings.collect_batches(chunk_size=rows, maintain_order=True, lazy=True):
        yield reel.batch(frame)


def _learn(readings: pl.LazyFrame, watching: list[Watch], rows: int) -> None:
    """Show the readings to those who learn, in one pass, until all have seen enough."""
    learners = [watch.learn for watch in watching if watch.learn is not None]
    if not learners:
        return
    for batch in _reel(readings, rows):
        learners = [learn for learn in learners if learn(batch)]
        if not learners:
            return


def _report(batch: Batch, flags: Mapping[str, NDArray[np.bool_]]) -> pl.DataFrame:
    factor = batch.factor.copy()
    factor[np.abs(factor) > FLOAT32_MAX] = (
        np.nan
    )  # V · I so small that the contract has no number for it
    reasons = {UNDEFINED: np.isnan(factor), **flags}
    texts, worst = _texts(reasons, factor.size)
    return batch.frame.select(
        "timestamp",
        "household_id",
        power=pl.col("power_consumption").cast(pl.Float32),
        efficiency=pl.Series(rounded(factor).astype(np.float32)),
        status=worst,
        anomaly_detected=texts != "",
        reasons=texts,
    )


def _texts(reasons: Mapping[str, NDArray[np.bool_]], rows: int) -> tuple[pl.Series, pl.Series]:
    """Return the reasons of each reading joined by ``;``, and its status: every combination is spelt once."""
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
