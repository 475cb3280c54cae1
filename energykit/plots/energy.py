"""Energy: bars per day, and households in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from energykit.errors import UsageError
from energykit.plots.alt import count, describe
from energykit.plots.anomalies import flagged
from energykit.plots.frames import hours_of_days, pieces, power_frame, zone
from energykit.plots.scales import date_axis, period
from energykit.plots.theme import (
    BLUE,
    GREEN,
    PURPLE,
    VERMILLION,
    axes,
    dress,
    legend,
    note,
    plain,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["energy_per_day", "household_ranking"]

_COMPLETE = 0.995
"""A day with readings for this share of its time is complete."""
_THIN_DAYS = 120

_Floats: TypeAlias = "NDArray[np.float64]"

_COMPLETE_LOOK = {"label": "complete days", "facecolor": BLUE, "edgecolor": BLUE}
_INCOMPLETE_LOOK = {
    "label": "incomplete days",
    "facecolor": (PURPLE, 0.3),
    "edgecolor": PURPLE,
    "hatch": "//",
}
_FLAGGED_LOOK = {"facecolor": VERMILLION, "edgecolor": "white", "hatch": ".."}


def energy_per_day(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the energy of each day as a bar; incomplete days and flagged readings are hatched.

    Each reading counts for the time that it stands for (`energykit.readings.interval`), its parts
    on the days that they fall on: no gap is bridged, and days have the 23, 24 or 25 hours of their
    zone. Energy fed in counts as negative; the title says both.

    Parameters
    ----------
    frame
        Readings or a report: ``timestamp`` (datetime64; its own time zone decides the day),
        ``power_consumption`` or ``power`` [W]; perhaps ``reasons`` (names joined by ``;``) or
        ``anomaly_detected`` (bool). The energy of all households is added.
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        A container of bars [kWh] for complete days and one for incomplete ones (with gaps, or at an
        end of the period); one over both for the part in flagged readings; a line at the mean of
        complete days, without those of which more than half a percent of the time is flagged.

    Raises
    ------
    UsageError
        When the frame is empty or lacks a column.
    MissingPackageError
        When matplotlib or pandas is not installed.
    """
    ready = power_frame(frame, "energy_per_day")
    energy = _energy(ready)
    days, kwh, hours, doubtful, sound_hours = _by_day(energy)
    whole_day = hours_of_days(days, ready) * _COMPLETE * ready["household_id"].nunique()
    is_complete, is_sound = hours >= whole_day, sound_hours >= whole_day
    ax = axes(ax)
    _day_bars(ax, days[is_complete], kwh[is_complete], **_COMPLETE_LOOK)
    _day_bars(ax, days[~is_complete], kwh[~is_complete], **_INCOMPLETE_LOOK)
    is_doubtful = doubtful != 0
    if is_doubtful.any():
        label = f"of it in flagged readings: {_kwh(doubtful.sum())}"
        _day_bars(ax, days[is_doubtful], doubtful[is_doubtful], label=label, **_FLAGGED_LOOK)
    _mean_line(ax, kwh, is_complete, is_sound)
    date_axis(ax, days[0], days.size)
    total = f"Energy per day, {_kwh(kwh.sum())} in all{_import_and_export(energy)}"
    when = f"{period(days[0], days.size)} ({zone(ready)})"
    dress(ax, title=total, x=when, y="energy [kWh]", grid="y")
    legend(ax)
    describe(ax, _per_day_sentence(days, kwh, is_complete, float(doubtful.sum())))
    return ax


def _mean_line(
    ax: Axes,
    kwh: NDArray[np.float64],
    is_complete: NDArray[np.bool_],
    is_sound: NDArray[np.bool_],
) -> None:
    """Draw the mean of the days that are complete; those that are mostly flagged do not count."""
    if not is_sound.any():
        return
    mean = float(kwh[is_sound].mean())
    which = "complete days" if (is_sound == is_complete).all() else "complete, unflagged days"
    label = f"mean of {which}: {mean:,.1f} kWh"
    ax.axhline(mean, color=GREEN, linestyle="--", linewidth=1.4, label=label)


def _kwh(energy: float) -> str:
    """Return an energy with its unit, also a small one."""
    return f"{energy:,.1f} kWh" if abs(energy) >= 1 else f"{energy:.3g} kWh"


def _import_and_export(energy: pd.DataFrame) -> str:
    """Return drawn and fed-in energy in words; empty where nothing was fed in."""
    fed_in = float(energy["export_kwh"].sum())
    if not fed_in:
        return ""
    drawn = float(energy["kwh"].sum()) + fed_in
    return f" (import {_kwh(drawn)}, export {_kwh(fed_in)})"


def _by_day(
    energy: pd.DataFrame,
) -> tuple[NDArray[np.datetime64], _Floats, _Floats, _Floats, _Floats]:
    """Return every day, first to last, and by day: energy, time, flagged energy, unflagged time.

    Energies are in kWh, times in h.
    """
    parts = {
        "flagged_kwh": energy["kwh"] * energy["flagged"],
        "sound_hours": energy["hours"] * ~energy["flagged"].astype(bool),
    }
    columns = ["kwh", "hours", *parts]
    table = energy.assign(**parts).groupby("day")[columns].sum()
    known = table.index.to_numpy(dtype="datetime64[D]")
    days = np.arange(known[0], known[-1] + np.timedelta64(1, "D"))
    sums = np.zeros((days.size, len(columns)))
    sums[(known - known[0]).astype(int)] = table.to_numpy()
    return days, sums[:, 0], sums[:, 1], sums[:, 2], sums[:, 3]


def _energy(ready: pd.DataFrame) -> pd.DataFrame:
    """Return pieces of readings: household, local day, energy [kWh], time [h], whether flagged."""
    rows = pieces(ready.assign(flagged=_flagged(ready)))
    days = rows["local"].dt.normalize()
    return rows.assign(household=rows["household_id"].astype(str), day=days)


def _flagged(ready: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which readings are flagged, for whatever reason."""
    none = np.zeros(len(ready), dtype=bool)
    return np.asarray(np.any([none, *flagged(ready).values()], axis=0))


def _day_bars(
    ax: Axes, days: NDArray[np.datetime64], kwh: NDArray[np.float64], **look: Any
) -> None:
    """Draw bars with their day in the middle."""
    if days.size:
        width, line = (0.8, 1.0) if days.size <= _THIN_DAYS else (1.0, 0.0)
        ax.bar(days.astype("datetime64[s]"), kwh, width=width, linewidth=line, **look)


def _per_day_sentence(
    days: NDArray[np.datetime64],
    kwh: NDArray[np.float64],
    is_complete: NDArray[np.bool_],
    doubtful: float,
) -> str:
    """Say what the bars show."""
    least, most = int(np.argmin(kwh)), int(np.argmax(kwh))
    part = int((~is_complete).sum())
    incomplete = (
        f"; {count(part, 'day')} incomplete" if part else "; every day has all its readings"
    )
    flagged = f"; {_kwh(doubtful)} in flagged readings" if doubtful else ""
    return (
        f"Energy per day from {days[0]} to {days[-1]}: {_kwh(kwh.sum())} in"
        f" {count(kwh.size, 'day')}; highest {_kwh(kwh[most])} on {days[most]}, lowest"
        f" {_kwh(kwh[least])} on {days[least]}{incomplete}{flagged}."
    )


def household_ranking(frame: pd.DataFrame, *, ax: Axes | None = None, most: int = 20) -> Axes:
    """Draw the energy of each household as a bar, the highest first.

    Parameters
    ----------
    frame
        Readings or a report: ``timestamp``, ``household_id``, ``power_consumption`` or ``power``
        [W].
    ax
        Axes to draw on; new ones when None.
    most
        Longest ranking; the households after that are left out, and the title says so.

    Returns
    -------
    matplotlib.axes.Axes
        One container of horizontal bars [kWh], from the top down.

    Raises
    ------
    UsageError
        When the frame is empty or lacks a column, or the ranking has no place.
    MissingPackageError
        When matplotlib or pandas is not installed.
    """
    if most < 1:
        raise UsageError(
            f"a ranking of {most!r} has no place",
            where="plots.household_ranking",
            hint="give 1 or more",
        )
    ready = power_frame(frame, "household_ranking", also=("household_id",))
    energy = (
        _energy(ready).groupby("household")["kwh"].sum().sort_values(ascending=False, kind="stable")
    )
    shown = energy.head(most)
    ax = axes(ax, size=(7.5, 1.8 + 0.32 * len(shown)))
    ax.barh(range(len(shown)), shown.to_numpy(), height=0.7, color=BLUE, label="energy")
    for row, kwh in enumerate(shown):
        note(ax, max(kwh, 0.0), row, f" {_kwh(kwh)}", va="center")
    ax.set_yticks(range(len(shown)), [plain(str(name)) for name in shown.index])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.margins(x=0.16)
    some = f", {len(shown)} of {len(energy)} households" if len(shown) < len(energy) else ""
    dress(ax, title=f"Energy per household{some}", x="energy [kWh]", y="household", grid="x")
    describe(ax, _ranking_sentence(energy))
    return ax


def _ranking_sentence(energy: pd.Series[Any]) -> str:
    """Say what the ranking shows."""
    first = f"{energy.index[0]} with {_kwh(energy.iloc[0])}"
    if len(energy) == 1:
        return f"Energy of 1 household: {first}."
    return (
        f"Energy of {count(len(energy), 'household')}, highest first: {first}, lowest"
        f" {energy.index[-1]} with {_kwh(energy.iloc[-1])}; {_kwh(energy.sum())} in all, median"
        f" {_kwh(energy.median())}."
    )
