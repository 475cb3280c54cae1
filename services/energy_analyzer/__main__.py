"""The service energy-analyzer: ``python -m services.energy_analyzer --port 0 --data-root DIR``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from energykit.serving import Output, StageContext, main, stage
from services.energy_analyzer.typed import register

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from energykit.artifacts import Skipped
    from energykit.serving.output import Adjustment
    from services.energy_analyzer.analysis import Measured
    from services.energy_analyzer.rule import Undefined


@stage("energy-analyzer")
def analyze(
    readings: pl.LazyFrame,
    *,
    detectors: list[Any] | dict[str, Any] | None = None,
    time_zone: str | None = None,
    context: StageContext,
) -> Output:
    """Flag readings: without parameters by the original rule, else by the detectors named."""
    from energykit.readings.clock import check_zone

    if context.read is not None:
        readings = context.read.expect("readings")
    zone = check_zone(time_zone)
    if detectors is None:
        return _by_rule(readings, context)
    return _by_detectors(readings, detectors, zone)


def _by_rule(readings: pl.LazyFrame, context: StageContext) -> Output:
    from services.energy_analyzer.rule import Undefined, apply_rule

    undefined = Undefined()
    return Output(apply_rule(readings, undefined), skipped=_Skipped(undefined, context))


def _by_detectors(
    readings: pl.LazyFrame, detectors: list[Any] | dict[str, Any], time_zone: str | None
) -> Output:
    from services.energy_analyzer.analysis import Measured, analyse
    from services.energy_analyzer.reasons import reason_table

    measured = Measured()
    report = analyse(readings, detectors, measured=measured, time_zone=time_zone)
    return Output(
        report,
        beside={".reasons.csv": reason_table(detectors)},
        adjustments=_Idle(detectors, measured),
    )


class _Idle:
    """Detectors that had nothing to look at; known after the last reading."""

    def __init__(self, detectors: list[Any] | dict[str, Any], measured: Measured) -> None:
        self._detectors = detectors
        self._measured = measured

    def __iter__(self) -> Iterator[Adjustment]:
        from energykit.serving.output import Adjustment
        from services.energy_analyzer.analysis import idle_detectors

        for what in idle_detectors(self._detectors, self._measured):
            yield Adjustment(what=what, rows=self._measured.rows, first_line=1)


class _Skipped:
    """What the rule left out; known after the last reading."""

    def __init__(self, undefined: Undefined, context: StageContext) -> None:
        self._undefined = undefined
        self._context = context

    def __iter__(self) -> Iterator[Skipped]:
        from energykit.artifacts import Skipped

        if self._undefined.first is not None:
            read = self._context.read
            line = read.line_of(self._undefined.first) if read else self._undefined.first + 1
            yield Skipped(self._undefined.reason, self._undefined.rows, line)


if __name__ == "__main__":
    sys.exit(main(analyze, also=[register], preload=["services.energy_analyzer.analysis"]))
