"""The service energy-generator: ``python -m services.energy_generator --port 0 --data-root DIR``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

from energykit.errors import ParameterError
from energykit.serving import Output, main, stage
from services.energy_generator.typed import register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import polars as pl

    from energykit.artifacts import Skipped
    from services.energy_generator.importer import Import

_PRELOAD = [
    "energykit.artifacts.text_rows",
    "services.energy_generator.households",
    "services.energy_generator.importer",
    "services.energy_generator.original",
    "services.energy_generator.scenario",
]
"""What calls need: imported inside the functions, when the service already takes calls."""


@stage("energy-generator")
def generate(
    source: Path | None,
    *,
    scenario: Literal["original", "import", "households"] = "original",
    rows: int | None = None,
    columns: dict[str, str | list[str]] | None = None,
    household: str | None = None,
    units: dict[str, str] | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    missing: list[str] | None = None,
    timestamp_format: str | None = None,
    time_zone: str | None = None,
    households: int | None = None,
    first_household: int | None = None,
    start: str | None = None,
    days: float | None = None,
    step_s: int | None = None,
    seed: int | None = None,
    anomalies: float | dict[str, float] | list[dict[str, Any]] | None = None,
    annual_kwh: float | None = None,
    ev_share: float | None = None,
    nominal_v: float | None = None,
    feeder_households: int | None = None,
    power_resolution_w: float | None = None,
    voltage_resolution_v: float | None = None,
    current_resolution_a: float | None = None,
) -> Output:
    """Give readings: the original's ten, a meter's own table, or a population of made-up households."""
    given = {name: value for name, value in locals().items() if name not in {"source", "scenario"}}
    from services.energy_generator.scenario import parameters_of

    return _SCENARIOS[scenario](source, **parameters_of(scenario, given))


def _original(source: Path | None, *, rows: int = 10) -> Output:  # noqa: ARG001 - the original reads no input
    from services.energy_generator.original import original_readings

    return Output(original_readings(rows))


def _imported(source: Path | None, **given: Any) -> Output:
    from services.energy_generator.importer import Import, column_map

    if source is None:
        raise ParameterError.refuse("input_file", "", "the meter's .csv or .parquet file")
    one_pass = Import(column_map(given.pop("columns", None), **given))
    return Output(
        _imported_batches(source, one_pass),
        skipped=_LeftOut(one_pass),
        rows_in=lambda: one_pass.rows_in,
    )


def _imported_batches(source: Path, one_pass: Import) -> Iterator[pl.DataFrame]:
    from energykit.artifacts.text_rows import text_rows

    for part in text_rows(source, one_pass.columns.wanted, separator=one_pass.columns.separator):
        for line, reason in part.broken:
            one_pass.broken(line, reason)
        yield one_pass.readings(part.texts, part.lines)


class _LeftOut:
    """What an import left out; known after the last row."""

    def __init__(self, one_pass: Import) -> None:
        self._pass = one_pass

    def __iter__(self) -> Iterator[Skipped]:
        from energykit.artifacts import Skipped

        for entry in sorted(self._pass.left_out.values(), key=lambda entry: entry.first_line):
            yield Skipped(entry.reason, entry.rows, entry.first_line)


def _households(source: Path | None, **given: Any) -> Output:  # noqa: ARG001 - made up, not read
    from services.energy_generator.households import generate as generate_households

    population = generate_households(**given)
    beside = {".labels.csv": population.labels} if "anomalies" in given else {}
    return Output(population.readings, beside=beside)


_SCENARIOS: dict[str, Callable[..., Output]] = {
    "original": _original,
    "import": _imported,
    "households": _households,
}

if __name__ == "__main__":
    sys.exit(main(generate, also=[register], preload=_PRELOAD))
