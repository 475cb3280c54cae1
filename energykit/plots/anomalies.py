"""Anomalies in a figure: events of each kind, each kind with its own shape and colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.plots.alt import count
from energykit.plots.columns import flags
from energykit.plots.frames import instants
from energykit.plots.theme import MARKERS, background, note, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["FlaggedKind", "flagged", "kinds", "mark"]

_EACH = 300
"""Up to so many flagged readings of a kind are marked one by one; of more, each event is."""
_AREA = 38
"""Of a marker, in square points; a third of it where very many are drawn."""
_WIDE = 1 / 150
"""An event that is marked once and is longer than this share of the figure is shaded as well."""
_NAMED = 1 / 8
"""A shaded event that is longer than this share of the figure has room for its name."""
_BEHIND: dict[str, Any] = {"boxstyle": "round,pad=0.15", "lw": 0, "alpha": 0.8}
"""What lies between a name and the curve."""


@dataclass(frozen=True)
class FlaggedKind:
    """Events of one kind of anomaly: runs of successive flagged readings of one household."""

    name: str
    """Name of the detector, or ``"anomaly"`` when the frame does not say."""
    times: NDArray[np.datetime64]
    """Flagged readings: when."""
    powers: NDArray[np.float64]
    """Flagged readings [W]."""
    starts: NDArray[np.intp]
    """Position of the first reading of each event among the flagged ones."""
    peaks: NDArray[np.intp]
    """Position of the highest reading of each event among the flagged ones."""

    @property
    def label(self) -> str:
        """Name and numbers, for a legend."""
        return (
            f"{self.name}: {count(self.times.size, 'reading')} in"
            f" {count(self.starts.size, 'event')}"
        )

    @property
    def marks(self) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
        """Where its markers are: on each reading if there are few, else on each event's highest."""
        if self.times.size <= _EACH:
            return self.times, self.powers
        return self.times[self.peaks], self.powers[self.peaks]

    def wide_events(self, days: float) -> list[tuple[Any, Any]]:
        """Return start and end of events longer than some days, where each is marked once."""
        if self.times.size <= _EACH:
            return []
        ends = np.append(self.starts[1:], self.times.size) - 1
        starts = self.times[self.starts]
        is_wide = (self.times[ends] - starts) / np.timedelta64(1, "D") > days
        return list(zip(starts[is_wide], self.times[ends][is_wide], strict=True))


def kinds(frame: pd.DataFrame) -> list[FlaggedKind]:
    """Return the kinds of anomaly of a report, the most frequent first.

    Parameters
    ----------
    frame
        As `energykit.plots.frames.power_frame` returns it, with ``reasons`` or
        ``anomaly_detected``, or neither.
    """
    ordered = frame.sort_values("household_id", kind="stable")
    households = ordered["household_id"].astype("category").cat.codes.to_numpy()
    times, powers = instants(ordered["timestamp"]), ordered["power"].to_numpy()
    found = [
        _kind(name, np.flatnonzero(rows), households, times, powers)
        for name, rows in flagged(ordered).items()
        if rows.any()
    ]
    return sorted(found, key=lambda kind: -kind.times.size)


def _name_event(ax: Axes, middle: Any, name: str) -> None:
    """Write a name at the top of a shaded event, legible over the curve."""
    place: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "ha": "center", "va": "top"}
    note(ax, middle, 0.985, plain(name), zorder=5, bbox=_BEHIND | {"fc": background()}, **place)


def flagged(frame: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Return which rows are flagged, by reason; rows flagged without a reason are an ``"anomaly"``.

    Parameters
    ----------
    frame
        Perhaps with ``reasons`` (names joined by ``;``) and ``anomaly_detected``.
    """
    columns: dict[str, NDArray[np.bool_]] = {}
    has_reason = np.zeros(len(frame), dtype=bool)
    if "reasons" in frame.columns:
        reasons = frame["reasons"].fillna("").astype(str)
        has_reason = (reasons != "").to_numpy()
        listed = ";" + reasons + ";"
        names = {name for text in reasons[has_reason].unique() for name in text.split(";")}
        columns = {
            name: listed.str.contains(f";{name};", regex=False).to_numpy() for name in sorted(names)
        }
    if "anomaly_detected" in frame.columns:
        columns["anomaly"] = flags(frame["anomaly_detected"]) & ~has_reason
    return columns


def _kind(
    name: str,
    rows: NDArray[np.intp],
    households: NDArray[Any],
    times: NDArray[np.datetime64],
    powers: NDArray[np.float64],
) -> FlaggedKind:
    """Gather flagged rows that follow one another in one household into events."""
    is_new = (np.diff(rows) > 1) | (np.diff(households[rows]) != 0)
    starts = np.flatnonzero(np.append(True, is_new))
    event = np.cumsum(np.append(False, is_new))
    falling = np.lexsort((-np.nan_to_num(powers[rows], nan=-np.inf), event))
    return FlaggedKind(name, times[rows], powers[rows], starts, falling[starts])


def mark(ax: Axes, found: list[FlaggedKind]) -> None:
    """Mark anomalies: each reading where few, else each event at its highest, long ones shaded.

    Parameters
    ----------
    ax
        Axes with time on x and power [W] on y.
    found
        Kinds of anomaly; more than there are markers repeat the markers. An event that is wide
        enough carries its name.
    """
    low, high = ax.get_xlim()
    for number, kind in enumerate(found):
        colour, marker = MARKERS[number % len(MARKERS)]
        wide = kind.wide_events((high - low) * _WIDE)
        label = plain(f"{kind.label} (shaded)" if wide else kind.label)
        look: dict[str, Any] = {"marker": marker, "edgecolor": colour, "label": label}
        times, powers = kind.marks
        area = _AREA if times.size <= _EACH else _AREA / 3
        ax.scatter(times, powers, s=area, facecolor="none", linewidth=1.2, zorder=4, **look)
        for start, end in wide:
            ax.axvspan(
                start,
                end,
                facecolor=(colour, 0.15),
                edgecolor=colour,
                linewidth=0.8,
                label="_event",
            )
            if (end - start) / np.timedelta64(1, "D") > (high - low) * _NAMED:
                _name_event(ax, start + (end - start) / 2, kind.name)
