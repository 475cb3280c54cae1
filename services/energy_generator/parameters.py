"""Parameters of the households scenario, checked all together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from energykit.errors import ParameterError
from services.energy_generator.grid import DAY_S, TimeGrid

__all__ = ["Parameters", "check_parameters", "moment", "number", "whole_number"]

_MOST_ROWS = 10**12
_EXACT_S = 1e-3


@dataclass(frozen=True)
class Parameters:
    """Checked parameters of a population."""

    households: range
    """Indices of the households asked for."""
    seed: int
    """Seed of all random numbers."""
    annual_kwh: float
    """Mean annual energy of a household without an electric vehicle [kWh]."""
    ev_share: float
    """Share of households with an electric vehicle."""
    time_zone: str
    """Local clock that people follow; timestamps are UTC in any case."""
    nominal_v: float
    """Nominal voltage [V]."""
    feeder_households: int
    """Households on a feeder."""
    power_resolution_w: float
    """Steps in which the meter shows power [W]; 0 for none."""
    voltage_resolution_v: float
    """Steps in which the meter shows voltage [V]; 0 for none."""
    current_resolution_a: float
    """Steps in which the meter shows current [A]; 0 for none."""


def number(name: str, value: object, low: float, high: float) -> float:
    """Return a finite number within bounds.

    Raises
    ------
    ParameterError
        Otherwise; a boolean is not a number.
    """
    valid = f"a number from {low:g} to {high:g}"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ParameterError.refuse(name, value, valid)
    if not math.isfinite(value) or not low <= value <= high:
        raise ParameterError.refuse(name, value, valid)
    return float(value)


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """Return an integer within bounds; 7.0, as JSON readers may give it, is one.

    Raises
    ------
    ParameterError
        Otherwise.
    """
    valid = f"a whole number from {low:,} to {high:,}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ParameterError.refuse(name, value, valid)
    return value


def moment(name: str, value: object) -> int:
    """Return a moment as seconds since 1970-01-01 UTC; without a zone it is taken as UTC.

    Raises
    ------
    ParameterError
        When it is not an ISO 8601 text, has fractions of a second, or lies outside 1970 … 2200.
    """
    valid = (
        "an ISO 8601 moment from 1970-01-02 to 2200, in whole seconds, such as '2025-01-01'"
        " or '2025-01-01T06:00:00Z'"
    )
    try:
        when = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise ParameterError.refuse(name, value, valid) from None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    if when.microsecond or not datetime(1970, 1, 2, tzinfo=UTC) <= when <= datetime(
        2200, 1, 1, tzinfo=UTC
    ):
        raise ParameterError.refuse(name, value, valid)
    return int(when.timestamp())


def _step(value: object) -> int:
    step = whole_number("step_s", value, 1, DAY_S)
    if DAY_S % step:
        near = min((s for s in range(1, DAY_S + 1) if DAY_S % s == 0), key=lambda s: abs(s - step))
        raise ParameterError.refuse(
            "step_s", value, f"a divisor of a day's 86,400 seconds; the nearest is {near}"
        )
    return step


def _grid(start: object, days: object, step: object) -> TimeGrid:
    step_s = _step(step)
    seconds = number("days", days, 0, 100_000) * DAY_S
    rows = round(seconds / step_s)
    if rows < 1 or abs(rows * step_s - seconds) > _EXACT_S:
        raise ParameterError.refuse("days", days, f"a period > 0 of whole steps of {step_s} s")
    return TimeGrid(moment("start", start), step_s, rows)


def _zone(value: object) -> str:
    try:
        pl.Series([0]).cast(pl.Datetime("ms", "UTC")).dt.convert_time_zone(str(value))
    except pl.exceptions.PolarsError:
        valid = "a name of the tz database, such as 'UTC' or 'Europe/Berlin'"
        raise ParameterError.refuse("time_zone", value, valid) from None
    return str(value)


def check_parameters(given: dict[str, Any]) -> tuple[Parameters, TimeGrid]:
    """Check the parameters of `generate` and return them as records.

    Raises
    ------
    ParameterError
        For the first that has a value it cannot have.
    """
    count = whole_number("households", given["households"], 1, 10_000_000)
    first = whole_number("first_household", given["first_household"], 0, 2**40)
    grid = _grid(given["start"], given["days"], given["step_s"])
    if count * grid.rows > _MOST_ROWS:
        raise ParameterError.refuse("households", count, f"at most {_MOST_ROWS:,} readings in all")
    return Parameters(
        households=range(first, first + count),
        seed=whole_number("seed", given["seed"], 0, 2**63 - 1),
        annual_kwh=number("annual_kwh", given["annual_kwh"], 100, 100_000),
        ev_share=number("ev_share", given["ev_share"], 0, 1),
        time_zone=_zone(given["time_zone"]),
        nominal_v=number("nominal_v", given["nominal_v"], 100, 500),
        feeder_households=whole_number("feeder_households", given["feeder_households"], 1, 1000),
        power_resolution_w=number("power_resolution_w", given["power_resolution_w"], 0, 100),
        voltage_resolution_v=number("voltage_resolution_v", given["voltage_resolution_v"], 0, 5),
        current_resolution_a=number("current_resolution_a", given["current_resolution_a"], 0, 5),
    ), grid
