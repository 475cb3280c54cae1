"""The report: one row for each analysed reading."""

from __future__ import annotations

import polars as pl

from energykit.readings.carried import carried

__all__ = ["LEGACY_COLUMNS", "REASON_COLUMNS", "report_rows", "summary_name"]

LEGACY_COLUMNS = ("timestamp", "household_id", "power", "efficiency", "anomaly_detected")
"""Columns of the original report."""
REASON_COLUMNS = ("status", "reasons")
"""Columns that say why a reading was flagged."""


def report_rows(analysis: pl.LazyFrame, *, reasons: bool = False) -> pl.LazyFrame:
    """Return the rows of ``energy_report.csv``.

    Parameters
    ----------
    analysis
        ``timestamp``, ``household_id`` String; ``power`` [W], ``efficiency`` [1];
        ``anomaly_detected`` Boolean; ``status``, ``reasons`` String, ``interval_s`` [s] and
        ``power_export`` [W] where the analysis has them.
    reasons
        Whether the columns ``status`` and ``reasons`` are added; empty text where the analysis has
        none.
    """
    names = analysis.collect_schema().names()
    if not reasons:
        return analysis.select(*LEGACY_COLUMNS, *carried(names))
    blanks = [pl.lit("").alias(name) for name in REASON_COLUMNS if name not in names]
    return analysis.with_columns(blanks).select(*LEGACY_COLUMNS, *REASON_COLUMNS, *carried(names))


def summary_name(report_name: str) -> str:
    """Return the name of a report's summary: ``energy_summary.csv`` of ``energy_report.csv``."""
    stem = report_name.rpartition(".")[0] or report_name
    return f"{stem.replace('report', 'summary') if 'report' in stem else f'{stem}_summary'}.csv"
