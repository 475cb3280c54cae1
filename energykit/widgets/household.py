"""The household explorer: one day of one household, its power and its key figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from energykit import html
from energykit.plots import figure_html, power
from energykit.plots.anomalies import flagged
from energykit.plots.frames import pieces, power_frame, zone
from energykit.readings.energy import WH_PER_KWH
from energykit.widgets.drawing import sheet
from energykit.widgets.panel import Panel, button, row, toolkit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["HouseholdExplorer", "household_explorer", "key_figures"]


def key_figures(day: pd.DataFrame, parts: pd.DataFrame | None = None) -> dict[str, str]:
    """Return the key figures of readings: energy, mean, highest power, readings, anomalies.

    Energy is the sum of power times the time that each reading stands for, the mean is over that
    time: nothing is made up in a hole.

    Parameters
    ----------
    day
        ``timestamp`` (datetime64), ``power`` [W], ``stands_us`` [µs], as
        `energykit.plots.frames.power_frame` returns them; perhaps ``reasons`` or
        ``anomaly_detected``; one household in time order, at least one reading.
    parts
        What of readings falls into the day, as `energykit.plots.frames.pieces` returns it; None:
        the readings as they are.
    """
    watts = day["power"].to_numpy(dtype=float)
    measured = pieces(day) if parts is None else parts
    kwh, hours = float(measured["kwh"].sum()), float(measured["hours"].sum())
    marked = np.logical_or.reduce([np.zeros(len(day), dtype=bool), *flagged(day).values()])
    figures = {"readings": f"{len(day):,}", "marked as anomalies": f"{int(marked.sum()):,}"}
    if not np.isfinite(watts).any():
        return figures
    top = int(np.nanargmax(watts))
    return {
        "energy": f"{kwh:.2f} kWh",
        "mean power": f"{kwh / hours * WH_PER_KWH:,.0f} W" if hours else "not known",
        "highest power": f"{watts[top]:,.0f} W at {day['timestamp'].iloc[top]:%H:%M}",
        **figures,
    }


class HouseholdExplorer(Panel):
    """Pickers of household and day over a power curve; made by `household_explorer`."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = power_frame(frame, "household_explorer")
        self._days = self._frame["timestamp"].dt.strftime("%Y-%m-%d")
        self._frame["household_id"] = self._frame["household_id"].astype(str)
        names = sorted(self._frame["household_id"].unique())
        pick = toolkit().Dropdown
        self.household = pick(
            options=names, description="Household", tooltip="Whose readings are shown"
        )
        self.day = pick(
            options=self._days_of(names[0]), description="Day", tooltip="The day that is shown"
        )
        self.before = button(
            "◀ Day before", lambda: self._turn(-1), tooltip="Show the day before", name="back"
        )
        self.after = button(
            "Day after ▶", lambda: self._turn(1), tooltip="Show the day after", name="next"
        )
        controls = row(self.household, self.day, self.before, self.after)
        super().__init__(controls, name="household-explorer")
        self.household.observe(self._change_household, names="value")
        self.day.observe(lambda _: self.refresh(), names="value")

    def _days_of(self, household: str) -> list[str]:
        return sorted(self._days[self._frame["household_id"] == household].unique())

    def _change_household(self, change: Any) -> None:
        days, wanted = self._days_of(change["new"]), self.day.value
        with self.day.hold_trait_notifications():
            self.day.options = days
            self.day.value = wanted if wanted in days else days[0]
        self.refresh()

    def _turn(self, by: int) -> None:
        days = list(self.day.options)
        self.day.value = days[max(0, min(len(days) - 1, days.index(self.day.value) + by))]

    @property
    def readings(self) -> pd.DataFrame:
        """The readings that are shown."""
        chosen = (self._frame["household_id"] == self.household.value) & (
            self._days == self.day.value
        )
        shown: pd.DataFrame = self._frame[chosen].reset_index(drop=True)
        return shown

    @property
    def parts(self) -> pd.DataFrame:
        """What of the household's readings falls into the day: one may stand past midnight."""
        own = self._frame[self._frame["household_id"] == self.household.value]
        parts = pieces(own)
        shown: pd.DataFrame = parts[parts["local"].dt.strftime("%Y-%m-%d") == self.day.value]
        return shown

    def to_figure(self) -> Figure:
        """Return the power curve of the day."""
        axes = power(self.readings, ax=sheet())
        return axes.get_figure(root=True)  # type: ignore[return-value]  # a sheet has one

    def to_html(self) -> html.Html:
        """Return the power curve of the day, and its key figures."""
        facts = key_figures(self.readings, self.parts)
        title = f"{self.household.value} on {self.day.value} ({zone(self._frame)})"
        return html.card(
            title, figure_html(self.to_figure()), html.table(tuple(facts), [tuple(facts.values())])
        )


def household_explorer(frame: pd.DataFrame) -> HouseholdExplorer:
    """Return a widget that shows one day of one household.

    Parameters
    ----------
    frame
        Readings or a report: ``timestamp``, ``power_consumption`` or ``power`` [W], perhaps
        ``household_id``, ``reasons``, ``anomaly_detected``.

    Raises
    ------
    energykit.errors.UsageError
        The frame is empty or lacks a column.
    energykit.errors.MissingPackageError
        ipywidgets, pandas or matplotlib is not installed.
    """
    return HouseholdExplorer(frame)
