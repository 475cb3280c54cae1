"""The service report-generator: ``python -m services.report_generator --port 0``."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from energykit.serving import Output, main, stage
from services.report_generator.typed import register

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from energykit.serving import StageContext
    from energykit.serving.output import Adjustment
    from services.report_generator.summary import Summary


@stage("report-generator")
def report(
    analysis: pl.LazyFrame,
    *,
    reasons: bool = False,
    summary: bool = False,
    time_zone: str | None = None,
    context: StageContext,
) -> pl.LazyFrame | Output:
    """Write an analysis as a table: the original's columns; if asked, reasons and a summary."""
    from energykit.readings.clock import check_zone
    from services.report_generator.report import report_rows

    if context.read is not None:
        analysis = context.read.expect("report")
    zone = check_zone(time_zone)
    if not summary:
        return report_rows(analysis, reasons=reasons)
    return _with_summary(analysis, context, reasons=reasons, time_zone=zone)


def _with_summary(
    analysis: pl.LazyFrame, context: StageContext, *, reasons: bool, time_zone: str | None
) -> Output:
    from services.report_generator.report import report_rows, summary_name
    from services.report_generator.summary import Summary

    summary = Summary(analysis, time_zone=time_zone)
    rows = (report_rows(batch.lazy(), reasons=reasons).collect() for batch in summary.watched())
    name = summary_name(PurePosixPath(context.output_file).name)
    return Output(
        rows,
        beside={name: lambda: summary.lines(rows_skipped=_skipped(context))},
        adjustments=_Sorted(summary),
    )


class _Sorted:
    """What the summary did to the order of rows; known after the last one."""

    def __init__(self, summary: Summary) -> None:
        self._summary = summary

    def __iter__(self) -> Iterator[Adjustment]:
        from energykit.serving.output import Adjustment

        if self._summary.rows_out_of_order:
            what = "not in time order: sorted for the summary"
            yield Adjustment(what=what, rows=self._summary.rows_out_of_order, first_line=0)


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
