"""The service report-generator: ``python -m services.report_generator --port 0 --data-root DIR``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from energykit.serving import main, stage
from services.report_generator.typed import register

if TYPE_CHECKING:
    import polars as pl

    from energykit.serving import StageContext


@stage("report-generator")
def report(analysis: pl.LazyFrame, *, reasons: bool = False, context: StageContext) -> pl.LazyFrame:
    """Write an analysis as a table: the original's columns, and with `reasons` why a reading was flagged."""
    from services.report_generator.report import report_rows  # noqa: PLC0415  loads data frames

    if context.read is not None:
        context.read.expect("report")
    return report_rows(analysis, reasons=reasons)


if __name__ == "__main__":
    sys.exit(main(report, also=[register], preload=["services.report_generator.report"]))
