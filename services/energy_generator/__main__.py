"""The energy-generator: ``python -m services.energy_generator --port 0 --data-root DIR``."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from energykit.errors import ArtifactError, ParameterError
from energykit.serving import Output, main, stage
from services.energy_generator.typed import register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from energykit.serving import StageContext


_PRELOAD = [
    "energykit.meters.importing",
    "energykit.meters.parameters",
    "services.energy_generator.households",
    "services.energy_generator.original",
    "services.energy_generator.scenario",
]
"""What calls need: imported inside the functions, when the service already takes calls."""
_OF_THE_CALL = {"source", "scenario", "context"}
"""Arguments that are not parameters of a scenario."""


@stage("energy-generator")
def generate(
    source: Path | None,
    *,
    scenario: Literal["original", "import", "households"] = "original",
    rows: int | None = None,
    columns: dict[str, str | int | list[str | int]] | None = None,
    household: str | None = None,
    units: dict[str, str] | None = None,
    quantity: str | None = None,
    registers: dict[str, str] | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    missing: list[str] | None = None,
    header: bool | int | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    layout: str | None = None,
    timestamp_format: str | None = None,
    time_zone: str | None = None,
    stamps: str | None = None,
    holds_until_next: bool | None = None,
    households: int | None = None,
    first_household: int | None = None,
    start: str | None = None,
    days: float | None = None,
    step_s: float | None = None,
    seed: int | None = None,
    anomalies: float | dict[str, float] | list[dict[str, Any]] | None = None,
    annual_kwh: float | None = None,
    ev_share: float | None = None,
    nominal_v: float | None = None,
    feeder_households: int | None = None,
    power_resolution_w: float | None = None,
    voltage_resolution_v: float | None = None,
    current_resolution_a: float | None = None,
    context: StageContext,
) -> Output:
    """Give readings: the original's ten, a meter's own table, or made-up households."""
    given = {name: value for name, value in locals().items() if name not in _OF_THE_CALL}
    from services.energy_generator.scenario import parameters_of

    sources = [] if source is None else _files(source, context)
    return _SCENARIOS[scenario](sources, **parameters_of(scenario, given))


def _original(sources: list[Path], *, rows: int = 10) -> Output:
    from services.energy_generator.original import original_readings

    return Output(original_readings(rows))


def _imported(sources: list[Path], **given: Any) -> Output:
    from energykit.meters import MeterImport, meter_parameters

    if not sources:
        raise ParameterError.refuse("input_file", "", "the meter's file, such as '/data/meter.csv'")
    one_import = MeterImport(sources, meter_parameters(**given))
    return Output(
        one_import.readings(),
        skipped=_Later(lambda: one_import.account.skipped),
        adjustments=_Later(lambda: one_import.account.adjustments),
        rows_in=lambda: one_import.account.rows_in,
    )


def _files(source: Path, context: StageContext) -> list[Path]:
    """Return the files that an input names: itself, or those of its folder that fit a pattern.

    A pattern cannot be opened before the call as a file is, so its files are looked for in the data
    root, each by a path that was checked.
    """
    if source.exists() or not any(mark in source.name for mark in "*?["):
        return [source]
    named = PurePosixPath(context.input_file)
    folder = context.root.resolve(str(named.parent))
    fitting = sorted(path for path in folder.glob(named.name) if path.is_file())
    inside = [path for path in fitting if path.resolve().parent == folder]
    if not inside:
        what = "no file fits the pattern" if not fitting else "links lead out of the folder"
        raise ArtifactError(what, where=str(named), hint="check folder, pattern and suffix")
    return inside


class _Later:
    """Counts that are known after the last row."""

    def __init__(self, counts: Callable[[], Iterable[Any]]) -> None:
        self._counts = counts

    def __iter__(self) -> Iterator[Any]:
        return iter(self._counts())


def _households(sources: list[Path], **given: Any) -> Output:
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
