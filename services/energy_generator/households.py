"""The households scenario: readings of any number of households, with labelled anomalies.

What is independent of what: a household's readings, its voltage included, are a function of the
parameters of the model, the seed, the household's index and the time. They depend neither on how
many households are asked for, nor on where the period starts or ends (as long as it starts on the
same multiples of the step), nor on the size of the batches. The voltage of a household depends on
the load of its feeder, and a feeder always has all its households: see
`services.energy_generator.feeder`. Only anomalies at the edges of the period differ: they are cut
where it ends, and one that would start before it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.energy_generator.labels import plan_anomalies
from services.energy_generator.parameters import check_parameters, whole_number
from services.energy_generator.reading_block import ReadingBlock
from services.energy_generator.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    import polars as pl

    from services.energy_generator.grid import TimeGrid
    from services.energy_generator.labels import Anomalies
    from services.energy_generator.parameters import Parameters

__all__ = ["Population", "generate"]


@dataclass(frozen=True)
class Population:
    """Readings of a population, to be taken once, and what is wrong with them."""

    readings: Iterator[pl.DataFrame]
    """Batches with ``timestamp`` (text, UTC, ending in ``Z``), ``household_id``,
    ``power_consumption`` [W], ``voltage`` [V], ``current`` [A]; by household, then by time."""
    labels: pl.DataFrame
    """Ground truth: ``household_id``, ``start``, ``end`` (the first moment after it), ``kind``."""
    rows: int
    """Number of readings before gaps and duplicates."""


def generate(
    *,
    households: int = 10,
    start: str | datetime = "2025-01-01",
    days: float = 7,
    step_s: int = 60,
    seed: int = 0,
    anomalies: float | Mapping[str, float] | Sequence[Mapping[str, Any]] | None = None,
    annual_kwh: float = 3500.0,
    ev_share: float = 0.1,
    time_zone: str = "UTC",
    nominal_v: float = 230.0,
    feeder_households: int = 40,
    power_resolution_w: float = 1.0,
    voltage_resolution_v: float = 0.1,
    current_resolution_a: float = 0.01,
    first_household: int = 0,
    batch_rows: int = 131_072,
) -> Population:
    """Generate the readings of households.

    Parameters
    ----------
    households
        How many.
    start
        Start of the first interval, ISO 8601; UTC where it has no zone.
    days
        Length of the period [d]; whole steps.
    step_s
        Length of an interval [s]; divides a day.
    seed
        The same seed gives the same bytes.
    anomalies
        None; or how many per household and day, all kinds alike; or a rate for each kind, as
        ``{"gap": 0.1}``; or a list of objects with ``household`` (index or id), ``kind``,
        ``start``, and if wanted ``duration_s`` [s] and ``magnitude`` (in the kind's unit, see
        `services.energy_generator.anomalies.KINDS`). Of anomalies that would overlap, the later is
        left out.
    annual_kwh
        Mean annual energy of a household, without an electric vehicle [kWh]; log-normal between
        households.
    ev_share
        Share of households with an electric vehicle, which adds about 2,200 kWh a year.
    time_zone
        The clock that people live by; timestamps are UTC in any case.
    nominal_v
        Nominal voltage [V].
    feeder_households
        Households on one feeder: consecutive indices, from a multiple of this number.
    power_resolution_w, voltage_resolution_v, current_resolution_a
        Steps in which the meter shows its values [W], [V], [A]; 0 for none. A coarse current makes
        power factors above 1.
    first_household
        Index of the first household.
    batch_rows
        About how many rows a batch has; changes no value.

    Returns
    -------
    Population
        Batches of readings, generated as they are taken, and the labels.

    Raises
    ------
    ParameterError
        When a parameter has a value it cannot have; it is a ValueError with `parameter`, `value`
        and `valid`.

    Examples
    --------
    >>> population = generate(households=2, days=1, step_s=900)
    >>> next(population.readings).shape
    (192, 5)
    """
    parameters, grid = check_parameters({**locals()})
    batch_rows = whole_number("batch_rows", batch_rows, 1, 10_000_000)
    planned = plan_anomalies(anomalies, parameters, grid)
    simulation = Simulation(parameters, grid)
    batches = (
        _batch(simulation, planned, households_, blocks)
        for households_, blocks in _tiles(parameters, grid, batch_rows)
    )
    return Population(batches, planned.frame(grid), len(parameters.households) * grid.rows)


def _tiles(
    parameters: Parameters, grid: TimeGrid, batch_rows: int
) -> Iterator[tuple[range, range]]:
    """Yield households by blocks: whole periods of some, or parts of the period of one."""
    wide = len(grid.blocks) * grid.block_rows
    tall = max(1, batch_rows // wide)
    length = len(grid.blocks) if wide <= batch_rows else max(1, batch_rows // grid.block_rows)
    indices, blocks = parameters.households, grid.blocks
    for top in range(indices.start, indices.stop, tall):
        for left in range(blocks.start, blocks.stop, length):
            yield (
                range(top, min(top + tall, indices.stop)),
                range(left, min(left + length, blocks.stop)),
            )


def _batch(
    simulation: Simulation, planned: Anomalies, households: range, blocks: range
) -> pl.DataFrame:
    """Make one batch: the clean readings of a rectangle, with the anomalies in it."""
    block = ReadingBlock.read(simulation, households, blocks)
    found = list(planned.among(households, block.first, block.first + block.times.size))
    for anomaly in found:
        anomaly.kind.effect(block.window(anomaly))
    return block.frame(is_changed=bool(found))
