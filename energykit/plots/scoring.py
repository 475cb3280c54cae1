"""How well detectors find what was injected: precision and recall per kind and over a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.plots.alt import count, describe
from energykit.plots.columns import checked, numbers
from energykit.plots.theme import BLUE, GREEN, VERMILLION, axes, dress, ink, legend, note, plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["precision_recall", "scores"]

_WHERE = "plots.scores"
_LOOKS: tuple[dict[str, Any], ...] = (
    {"facecolor": (BLUE, 0.75), "edgecolor": BLUE, "label": "precision"},
    {"facecolor": (GREEN, 0.3), "edgecolor": GREEN, "hatch": "//", "label": "recall"},
)
_NAMED = 6
"""Up to about so many points of a curve carry their threshold."""


def scores(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw precision, recall and F1 of each kind of anomaly, its false alarms per day beside them.

    Parameters
    ----------
    frame
        One row a kind: ``kind``, ``precision``, ``recall``, ``f1`` [1, NaN where undefined];
        perhaps ``false_alarms_per_day`` [1/d].
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        A container of bars each for precision and recall, from the top down; a line of markers for
        F1, without those kinds of which precision or recall is undefined.

    Raises
    ------
    UsageError
        When the frame is empty or lacks a column.
    MissingPackageError
        When matplotlib or pandas is not installed.
    """
    table = checked(frame, ("kind", "precision", "recall", "f1"), _WHERE)
    names = [str(name) for name in table["kind"]]
    precision, recall, f1 = (
        numbers(table[name], _WHERE).to_numpy() for name in ("precision", "recall", "f1")
    )
    rows = np.arange(len(names))
    ax = axes(ax, size=(8.0, 1.9 + 0.55 * len(names)))
    for values, offset, look in zip((precision, recall), (-0.19, 0.19), _LOOKS, strict=True):
        ax.barh(rows + offset, np.nan_to_num(values), 0.36, **look)
    f1 = np.where(np.isnan(precision) | np.isnan(recall), np.nan, f1)  # as its parts are undefined
    ax.plot(f1, rows, "D", color=VERMILLION, markersize=6, label="F1")
    ax.set_yticks(rows, [plain(name) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(0, 1.02)
    labels = {"x": "precision, recall, F1 [1]", "y": "kind of anomaly"}
    dress(ax, title="Found and falsely alarmed, by kind", **labels, grid="x")
    alarms = _alarms(table)
    right_of_axes: dict[str, Any] = {"va": "center", "transform": ax.get_yaxis_transform()}
    for row in range(len(names)):
        note(ax, 1.03, row, _remark(row, precision, recall, alarms), **right_of_axes)
    legend(ax)
    describe(ax, _sentence(names, precision, recall, alarms))
    return ax


def precision_recall(frame: pd.DataFrame, *, unit: str = "1", ax: Axes | None = None) -> Axes:
    """Draw precision against recall for the thresholds of one detector, joined in their order.

    Parameters
    ----------
    frame
        One row a threshold: ``threshold`` [`unit`], ``precision``, ``recall`` [1]; a threshold at
        which one of them is undefined has no point.
    unit
        Of the threshold.
    ax
        Axes to draw on; new ones when None.

    Returns
    -------
    matplotlib.axes.Axes
        One line: recall across, precision up, from the lowest threshold to the highest; some
        thresholds written beside their points.

    Raises
    ------
    UsageError
        When the frame is empty or lacks a column.
    MissingPackageError
        When matplotlib or pandas is not installed.
    """
    where = "plots.precision_recall"
    table = checked(frame, ("threshold", "precision", "recall"), where)
    points = table[["threshold", "precision", "recall"]].dropna().sort_values("threshold")
    threshold, precision, recall = (
        numbers(points[name], where).to_numpy() for name in points.columns
    )
    ax = axes(ax, size=(6.5, 4.6))
    ax.plot(recall, precision, color=BLUE, marker="o", markersize=6)
    unit_text = "" if unit == "1" else f" {unit}"
    for row in _few(recall, precision):
        name, place = f"{threshold[row]:,.6g}{unit_text}", (recall[row], precision[row])
        beside: dict[str, Any] = {
            "xytext": (-8, -10),
            "textcoords": "offset points",
            "ha": "right",
            "va": "center",
        }
        ax.annotate(name, place, color=ink(), fontsize=10, **beside)
    ax.set_xlim(-0.03, 1.03)
    ax.set_ylim(-0.03, 1.06)
    dress(ax, title="Precision and recall by threshold", x="recall [1]", y="precision [1]")
    describe(ax, _curve(threshold, precision, recall, unit_text))
    return ax


def _few(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> list[int]:
    """Return the points that carry their threshold: such that lie apart from each other."""
    chosen: list[int] = []
    for row in range(recall.size):
        apart = (
            abs(recall[row] - recall[one]) + abs(precision[row] - precision[one]) for one in chosen
        )
        if min(apart, default=1.0) >= 1 / _NAMED:
            chosen.append(row)
    return chosen


def _curve(
    threshold: NDArray[np.float64],
    precision: NDArray[np.float64],
    recall: NDArray[np.float64],
    unit: str,
) -> str:
    """Say what the curve is."""
    if not threshold.size:
        return "Precision against recall: no threshold has both."
    ends = [
        f"at {threshold[row]:,.6g}{unit} precision {precision[row]:.2f}, recall {recall[row]:.2f}"
        for row in (0, -1)
    ]
    return (
        f"Precision against recall for {count(threshold.size, 'threshold')}:"
        f" {', '.join(dict.fromkeys(ends))}."
    )


def _alarms(table: pd.DataFrame) -> NDArray[np.float64]:
    """Return the false alarms per day of each kind; none when the frame does not say."""
    if "false_alarms_per_day" not in table.columns:
        return np.empty(0)
    values: NDArray[np.float64] = numbers(table["false_alarms_per_day"], _WHERE).to_numpy()
    return values


def _remark(
    row: int,
    precision: NDArray[np.float64],
    recall: NDArray[np.float64],
    alarms: NDArray[np.float64],
) -> str:
    """Return the text beside the bars of a kind: its false alarms, and undefined scores."""
    parts = [f"{alarms[row]:.3g} false alarms a day"] if alarms.size else []
    if not np.isfinite(precision[row]):
        parts.append("precision undefined: nothing flagged")
    if not np.isfinite(recall[row]):
        parts.append("recall undefined: nothing to find")
    return "\n".join(parts)


def _sentence(
    names: list[str],
    precision: NDArray[np.float64],
    recall: NDArray[np.float64],
    alarms: NDArray[np.float64],
) -> str:
    """Say what the scores are."""
    parts = [
        f"{name} precision {_score(right)}, recall {_score(found)}"
        + (f", {alarms[row]:.3g} false alarms a day" if alarms.size else "")
        for row, (name, right, found) in enumerate(zip(names, precision, recall, strict=True))
    ]
    return f"Scores of {count(len(names), 'kind')} of anomaly: {'; '.join(parts)}."


def _score(value: float) -> str:
    """Return a score with two digits, or that it is undefined."""
    return f"{value:.2f}" if np.isfinite(value) else "undefined"
