"""Figures of a run: each finds the artefact that holds what it draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit.artifacts.formats import SUFFIXES
from energykit.errors import UsageError
from energykit.plots.attempt import attempts
from energykit.plots.daily import daily_profile, heatmap
from energykit.plots.duration import load_duration
from energykit.plots.energy import energy_per_day, household_ranking
from energykit.plots.factor import power_factor_histogram, voltage_vs_load
from energykit.plots.over_time import power
from energykit.plots.quality import quality_calendar
from energykit.plots.timeline import run_timeline

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from energykit.results import RunResult

__all__ = ["RunPlots"]

_POWER = ("power", "power_consumption")
_FLAGS = ("reasons", "anomaly_detected")


class RunPlots:
    """Figures of one run: ``result.plot.power()``.

    Parameters
    ----------
    run
        The result of a run. Its figures are drawn from the last stage that has what a figure needs.
    """

    def __init__(self, run: RunResult) -> None:
        self._run = run
        self._frames: dict[str, pd.DataFrame] = {}

    def power(self, **options: Any) -> Axes:
        """Draw power over time with anomalies; options as `energykit.plots.power` takes them."""
        return power(self._frame(_POWER, _FLAGS), **options)

    def daily_profile(self, **options: Any) -> Axes:
        """Draw the daily profile; options as `energykit.plots.daily_profile` takes them."""
        return daily_profile(self._frame(_POWER), **options)

    def heatmap(self, **options: Any) -> Axes:
        """Draw the heat-map of hour and day; options as `energykit.plots.heatmap` takes them."""
        return heatmap(self._frame(_POWER), **options)

    def load_duration(self, **options: Any) -> Axes:
        """Draw the load duration curve; options as `energykit.plots.load_duration` takes them."""
        return load_duration(self._frame(_POWER), **options)

    def power_factor_histogram(self, **options: Any) -> Axes:
        """Draw the distribution of the power factor; options of `plots.power_factor_histogram`."""
        return power_factor_histogram(self._frame(("efficiency", "current")), **options)

    def voltage_vs_load(self, **options: Any) -> Axes:
        """Draw voltage against feeder load; options as `plots.voltage_vs_load` takes them."""
        return voltage_vs_load(self._frame(("voltage",)), **options)

    def energy_per_day(self, **options: Any) -> Axes:
        """Draw the energy of each day; options as `energykit.plots.energy_per_day` takes them."""
        return energy_per_day(self._frame(_POWER), **options)

    def household_ranking(self, **options: Any) -> Axes:
        """Draw the energy of each household; options as `plots.household_ranking` takes them."""
        return household_ranking(self._frame(_POWER), **options)

    def quality_calendar(self, **options: Any) -> Axes:
        """Draw the calendar of data quality; options as `plots.quality_calendar` takes them."""
        return quality_calendar(self._frame(_POWER, _FLAGS), **options)

    def timeline(self, **options: Any) -> Axes:
        """Draw the run as a Gantt chart; options as `energykit.plots.run_timeline` takes them."""
        return run_timeline(self._run, **options)

    def attempts(self, **options: Any) -> Axes:
        """Draw every attempt of every stage; options as `energykit.plots.attempts` takes them."""
        return attempts(self._run, **options)

    def _frame(self, needed: tuple[str, ...], wished: tuple[str, ...] = ()) -> pd.DataFrame:
        """Return the last frame with a needed column; rather one with the first wished column."""
        best: pd.DataFrame | None = None
        for stage_id in self._readable():
            frame = self._load(stage_id)
            if not any(column in frame.columns for column in needed):
                continue
            if best is None or _rank(frame, wished) < _rank(best, wished):
                best = frame
            if _rank(best, wished) == 0:
                break
        if best is None:
            raise self._nothing(needed)
        return best

    def _readable(self) -> list[str]:
        """Return the ids of the stages whose output is a table seen by this process, last first."""
        succeeded = [
            stage
            for stage in reversed(self._run.stages)
            if stage.ok and stage.output_path is not None
        ]
        return [
            stage.id for stage in succeeded if str(stage.output_path).lower().endswith(SUFFIXES)
        ]

    def _load(self, stage_id: str) -> pd.DataFrame:
        """Return a stage's frame, read once."""
        if stage_id not in self._frames:
            self._frames[stage_id] = self._run[stage_id].frame()
        return self._frames[stage_id]

    def _nothing(self, needed: tuple[str, ...]) -> UsageError:
        """Return the error that says where was looked."""
        looked = ", ".join(
            f"{stage.id} ({stage.status}: {stage.output_file})" for stage in self._run.stages
        )
        what = (
            f"no stage of the run has an output with {' or '.join(map(repr, needed))}; looked at:"
            f" {looked}"
        )
        return UsageError(
            what, where=f"run {self._run.run_id}", hint="draw a frame of your own: energykit.plots"
        )


def _rank(frame: pd.DataFrame, wished: tuple[str, ...]) -> int:
    """Return the position of the first wished column that a frame has; their number without any."""
    return next(
        (position for position, column in enumerate(wished) if column in frame.columns), len(wished)
    )
