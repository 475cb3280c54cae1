"""A rectangle of households and time: a batch's readings, and where anomalies change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from services.energy_generator.anomalies import Window
from services.energy_generator.grid import DAY_S, iso_text
from services.energy_generator.simulation import Meter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.energy_generator.labels import Anomaly
    from services.energy_generator.simulation import Simulation

__all__ = ["ReadingBlock"]


@dataclass(frozen=True)
class ReadingBlock:
    """Readings of consecutive households at consecutive times."""

    simulation: Simulation
    """Where clean readings come from."""
    households: range
    """Indices of the households."""
    times: NDArray[np.int64]
    """Starts of the intervals, seconds since 1970-01-01 UTC."""
    texts: pl.Series
    """The same as text."""
    meter: Meter
    """Readings, household by interval."""
    extra: NDArray[np.int64]
    """How many times more than once each reading is given, household by interval."""
    lag_s: NDArray[np.int64]
    """By how much each timestamp is late, household by interval [s]."""

    @classmethod
    def read(cls, simulation: Simulation, households: range, blocks: range) -> ReadingBlock:
        """Read the clean readings of a rectangle, as far as it lies in the period."""
        inside = simulation.grid.inside(blocks)
        clean = simulation.read(households, blocks)
        meter = Meter(
            *(
                np.ascontiguousarray(v[:, inside])
                for v in (clean.power, clean.voltage, clean.current)
            )
        )
        shape = meter.power.shape
        period = simulation.period(blocks)
        times, texts = period.times[inside], period.texts[inside]
        return cls(
            simulation,
            households,
            times,
            texts,
            meter,
            np.zeros(shape, np.int64),
            np.zeros(shape, np.int64),
        )

    @property
    def first(self) -> int:
        """First interval, counted from the start of the period."""
        grid = self.simulation.grid
        return (int(self.times[0]) - grid.start_s) // grid.step_s

    def window(self, anomaly: Anomaly) -> Window:
        """Cut out the rows of an anomaly, as views."""
        grid = self.simulation.grid
        low, high = max(anomaly.first, self.first), min(anomaly.last, self.first + self.times.size)
        cut = anomaly.household - self.households.start, slice(low - self.first, high - self.first)
        position = np.arange(low - anomaly.first, high - anomaly.first)
        day_rows = DAY_S // grid.step_s
        return Window(
            reading=Meter(self.meter.power[cut], self.meter.voltage[cut], self.meter.current[cut]),
            extra=self.extra[cut],
            lag_s=self.lag_s[cut],
            position=position,
            rows=anomaly.last - anomaly.first,
            magnitude=anomaly.magnitude,
            parameters=self.simulation.parameters,
            step_s=grid.step_s,
            first_reading=lambda: self._clean(anomaly.household, np.array([anomaly.first])),
            day_before=lambda: self._clean(
                anomaly.household, anomaly.first - day_rows + position % day_rows
            ),
        )

    def frame(self, *, is_changed: bool) -> pl.DataFrame:
        """Return the readings as a frame; without anomalies, rows and lags do not matter."""
        stamp = np.tile(np.arange(self.times.size), len(self.households))
        texts = self.texts
        if is_changed:
            late = np.flatnonzero(self.lag_s)
            stamp[late] = self.times.size + np.arange(late.size)
            lagging = self.times[late % self.times.size] - self.lag_s.ravel()[late]
            texts = pl.concat([texts, iso_text(lagging)])
        names = pl.Series([f"HH-{i}" for i in self.households], dtype=pl.String)
        frame = pl.DataFrame(
            {
                "timestamp": texts.gather(stamp),
                "household_id": names.gather(
                    np.repeat(np.arange(len(self.households)), self.times.size)
                ),
                "power_consumption": self.meter.power.ravel(),
                "voltage": self.meter.voltage.ravel(),
                "current": self.meter.current.ravel(),
            }
        )
        return (
            frame[np.repeat(np.arange(frame.height), 1 + self.extra.ravel())]
            if is_changed
            else frame
        )

    def _clean(self, household: int, rows: NDArray[np.int64]) -> Meter:
        """Read intervals of a household as without anomalies, in the block or not."""
        grid = self.simulation.grid
        seconds = grid.start_s - grid.offset_s + rows * grid.step_s
        blocks = range(int(seconds.min()) // grid.block_s, int(seconds.max()) // grid.block_s + 1)
        at = (seconds - blocks.start * grid.block_s) // grid.step_s
        meter = self.simulation.read(range(household, household + 1), blocks)
        return Meter(meter.power[0, at], meter.voltage[0, at], meter.current[0, at])
