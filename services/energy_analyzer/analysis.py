"""Judging readings by detectors: a report with a reason for every flagged reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from services.energy_analyzer.detectors import UNDEFINED, choices
from services.energy_analyzer.detectors.detector import power_factor_of
from services.energy_analyzer.rule import rounded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from services.energy_analyzer.detectors import Choice

__all__ = ["judged_by"]

_BATCH_ROWS = 1 << 16
_FLOAT32_MAX = float(np.finfo(np.float32).max)


def judged_by(readings: pl.LazyFrame, detectors: list[object]) -> Iterator[pl.DataFrame]:
    """Yield a report of readings, batch by batch.

    Parameters
    ----------
    readings
        ``timestamp``, ``household_id`` String; ``power_consumption`` [W], ``voltage`` [V], ``current`` [A] Float64.
    detectors
        As a request names them: names, or objects with ``name`` and parameters.

    Yields
    ------
    pl.DataFrame
        ``timestamp``, ``household_id`` String; ``power`` [W], ``efficiency`` [1] Float32, NaN where it is undefined;
        ``status`` String, ``OK`` or the worst reason; ``anomaly_detected`` Boolean; ``reasons`` String, joined by
        ``;``.

    Raises
    ------
    services.energy_analyzer.detectors.DetectorError
        A detector, a parameter or a value is not possible; before anything is read.
    """
    return _batches(readings, choices(detectors))


def _batches(readings: pl.LazyFrame, named: list[Choice]) -> Iterator[pl.DataFrame]:
    judges = {one.name: one.detector(readings, **one.parameters) for one in named}
    seen = False
    for batch in readings.collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True, lazy=True):
        seen = True
        yield _report(batch, {name: judge(batch) for name, judge in judges.items()})
    if not seen:
        empty = pl.DataFrame(schema=readings.collect_schema())
        yield _report(empty, {name: np.zeros(0, dtype=bool) for name in judges})


def _report(batch: pl.DataFrame, flags: Mapping[str, NDArray[np.bool_]]) -> pl.DataFrame:
    factor = power_factor_of(batch)
    factor[np.abs(factor) > _FLOAT32_MAX] = np.nan  # V · I so small that the contract has no number for it
    reasons = {UNDEFINED: np.isnan(factor), **flags}
    texts, worst = _texts(reasons, batch.height)
    return batch.select(
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
    spelt = [[name for place, name in enumerate(names) if kind >> place & 1] for kind in kinds.tolist()]
    texts = pl.Series([";".join(one) for one in spelt], dtype=pl.String).gather(which)
    worst = pl.Series([one[0] if one else "OK" for one in spelt], dtype=pl.String).gather(which)
    return texts, worst
