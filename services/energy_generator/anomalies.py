"""Ten faults of meters and grids, and what each does to the readings it covers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from services.energy_generator.parameters import Parameters
    from services.energy_generator.simulation import Meter

__all__ = ["KINDS", "AnomalyKind", "Window"]

_MINUTE, _HOUR = 60.0, 3600.0


@dataclass(frozen=True)
class Window:
    """The rows of one anomaly inside one batch; its arrays are views that an effect writes into."""

    reading: Meter
    """Readings of the rows, one-dimensional."""
    extra: NDArray[np.int64]
    """How many times more than once each row appears; -1 for not at all."""
    lag_s: NDArray[np.int64]
    """By how much each row's timestamp is late [s]."""
    position: NDArray[np.int64]
    """Rows since the anomaly's first."""
    rows: int
    """Rows of the whole anomaly."""
    magnitude: float
    """How strong it is, in the unit of its kind."""
    parameters: Parameters
    """Parameters of the population."""
    step_s: int
    """Length of an interval [s]."""
    first_reading: Callable[[], Meter]
    """Reads the clean reading at the anomaly's first row."""
    day_before: Callable[[], Meter]
    """Reads the clean readings of the day before the anomaly, one for each row."""


@dataclass(frozen=True)
class AnomalyKind:
    """One kind of anomaly."""

    name: str
    """Name in the labels."""
    explanation: str
    """What happens, in a sentence."""
    duration_s: tuple[float, float]
    """Shortest and longest duration drawn [s]; the distribution is uniform in the logarithm."""
    effect: Callable[[Window], None] = field(repr=False)
    """Changes the readings."""
    magnitude: tuple[float, float] = (1.0, 1.0)
    """Smallest and largest magnitude drawn."""
    unit: str = "1"
    """Unit of the magnitude."""
    least_rows: int = 1
    """Fewest rows on which it can be seen."""
    daytime: bool = False
    """Whether it starts between 9 and 13 o'clock of the local clock only."""


def _show(
    window: Window,
    power: NDArray[np.float64],
    voltage: NDArray[np.float64],
    current: NDArray[np.float64],
) -> None:
    """Write readings as the meter would show them."""
    for target, values, resolution in (
        (window.reading.power, power, window.parameters.power_resolution_w),
        (window.reading.voltage, voltage, window.parameters.voltage_resolution_v),
        (window.reading.current, current, window.parameters.current_resolution_a),
    ):
        target[:] = np.rint(values * (1 / resolution)) / (1 / resolution) if resolution else values


def _spike(window: Window) -> None:
    reading, extra = window.reading, window.magnitude
    _show(window, reading.power + extra, reading.voltage, reading.current + extra / reading.voltage)


def _stuck(window: Window) -> None:
    source = window.first_reading()
    window.reading.power[:] = source.power
    window.reading.voltage[:] = source.voltage
    window.reading.current[:] = source.current


def _gap(window: Window) -> None:
    window.extra[:] = -1


def _day_copy(window: Window) -> None:
    source = window.day_before()
    window.reading.power[:] = source.power
    window.reading.voltage[:] = source.voltage
    window.reading.current[:] = source.current


def _step_down(window: Window) -> None:
    reading = window.reading
    _show(
        window,
        reading.power * window.magnitude,
        reading.voltage,
        reading.current * window.magnitude,
    )


def _reverse_flow(window: Window) -> None:
    sun = np.sin(np.pi * (window.position + 0.5) / window.rows)
    power = -window.magnitude * (0.1 + 0.9 * sun)
    _show(window, power, window.reading.voltage, -power / window.reading.voltage)


def _voltage_sag(window: Window) -> None:
    reading, left = window.reading, window.magnitude
    _show(window, reading.power, reading.voltage * left, reading.current / left)


def _unit_error(window: Window) -> None:
    window.reading.power[:] /= 1000


def _clock_drift(window: Window) -> None:
    window.lag_s[:] = np.ceil(window.position * (window.step_s * window.magnitude)).astype(np.int64)


def _duplicate(window: Window) -> None:
    window.extra[:] = 1


_ALL = (
    AnomalyKind(
        "spike",
        "a reading far above what the house can draw: power and current jump by the magnitude",
        (_MINUTE, 3 * _MINUTE),
        _spike,
        (10_000, 25_000),
        "W",
    ),
    AnomalyKind(
        "stuck", "the meter repeats its reading", (30 * _MINUTE, 8 * _HOUR), _stuck, least_rows=3
    ),
    AnomalyKind("gap", "readings are missing", (5 * _MINUTE, 24 * _HOUR), _gap),
    AnomalyKind(
        "day_copy",
        "missing readings were filled with those of the same time one day earlier",
        (2 * _HOUR, 24 * _HOUR),
        _day_copy,
        least_rows=3,
    ),
    AnomalyKind(
        "step_down",
        "part of the consumption bypasses the meter: "
        "power and current fall to the magnitude's share",
        (12 * _HOUR, 72 * _HOUR),
        _step_down,
        (0.3, 0.7),
        "1",
    ),
    AnomalyKind(
        "reverse_flow",
        "a photovoltaic plant feeds in: power is negative, at noon down to the magnitude",
        (2 * _HOUR, 6 * _HOUR),
        _reverse_flow,
        (1000, 5000),
        "W",
        daytime=True,
    ),
    AnomalyKind(
        "voltage_sag",
        "the voltage falls to the magnitude's share, below the band of EN 50160; the current rises",
        (_MINUTE, 10 * _MINUTE),
        _voltage_sag,
        (0.5, 0.85),
        "1",
    ),
    AnomalyKind(
        "unit_error",
        "kilowatts are written where watts belong",
        (30 * _MINUTE, 12 * _HOUR),
        _unit_error,
    ),
    AnomalyKind(
        "clock_drift",
        "the meter's clock is slow by the magnitude (seconds per second) "
        "and is set right at the end",
        (6 * _HOUR, 48 * _HOUR),
        _clock_drift,
        (0.01, 0.05),
        "s/s",
        least_rows=2,
    ),
    AnomalyKind("duplicate", "each reading arrives twice", (_MINUTE, 30 * _MINUTE), _duplicate),
)
KINDS: dict[str, AnomalyKind] = {kind.name: kind for kind in _ALL}
"""Every kind by name, in the order in which they are drawn."""
