"""The service report-generator: ``python -m services.report_generator --port 0 --data-root DIR``."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from energykit.serving import Output, main, stage
from services.report_generator.typed import register

if TYPE_CHECKING:
    import polars as pl

    from energykit.serving import StageContext


@stage("report-generator")
def report(
    analysis: pl.LazyFrame, *, reasons: bool = False, summary: bool = False, context: StageContext
) -> pl.LazyFrame | Output:
    """Write an analysis as a table: the original's columns; on demand with reasons, and a summary beside it."""
    from services.report_generator.report import report_rows

    if context.read is not None:
        context.read.expect("report")
    return (
        _summed(analysis, context, reasons=reasons)
        if summary
        else report_rows(analysis, reasons=reasons)
    )


def _summed(analysis: pl.LazyFrame, context: StageContext, *, reasons: bool) -> Output:
    from services.report_generator.report import report_rows, summary_name
    from services.report_generator.summary import Summary

    summary = Summary()
    rows = (
        report_rows(batch.lazy(), reasons=reasons).collect() for batch in summary.watched(analysis)
    )
    name = summary_name(PurePosixPath(context.output_file).name)
    return Output(rows, beside={name: lambda: summary.lines(rows_skipped=_skipped(context))})


def _skipped(context: StageContext) -> int:
    """Return how many readings did not come as far as the report."""
    read = context.read
    return read.skipped_before + sum(entry.rows for entry in read.skipped) if read else 0


if __name__ == "__main__":
    sys.exit(
        main(
            report,
            also=[register],
            preload=["services.report_generator.report", "services.report_generator.summary"],
        )
    )
