"""The threshold explorer: what a detector flags at a threshold, and how well it finds faults."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from energykit import html
from energykit.errors import UsageError, nearest
from energykit.plots import figure_html, power
from energykit.plots.frames import power_frame
from energykit.plots.theme import package
from energykit.scoring import events, score
from energykit.widgets.drawing import sheet
from energykit.widgets.panel import Panel, toolkit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["RULES", "Rule", "ThresholdExplorer", "threshold_explorer"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A detector with one threshold, on a column of a report."""

    column: str
    """What is compared."""
    is_below: bool
    """Whether readings below the threshold are flagged, else those above it."""
    unit: str
    """Of the threshold."""
    default: float
    """The detector's own threshold."""

    def reasons(self, name: str, frame: pd.DataFrame, threshold: float) -> Any:
        """Return, for each reading, the detector's name where it flags it, else an empty text."""
        values = frame[self.column].to_numpy(dtype=float)
        return np.where(values < threshold if self.is_below else values > threshold, name, "")


RULES: Mapping[str, Rule] = {
    "efficiency_below": Rule(column="efficiency", is_below=True, unit="1", default=0.1),
    "power_high": Rule(column="power", is_below=False, unit="W", default=150.0),
}
"""Detectors that can be run again on an analysed report, by name."""


class ThresholdExplorer(Panel):
    """A slider over a detector's threshold; made by `threshold_explorer`."""

    def __init__(
        self,
        frame: pd.DataFrame,
        labels: pd.DataFrame | None,
        detector: str,
        threshold: float | None,
    ) -> None:
        self._frame, self._labels, self._detector = _analysed(frame), labels, detector
        self._rule = RULES[detector]
        low, high = self._range()
        start = self._rule.default if threshold is None else threshold
        self.threshold = toolkit().FloatSlider(
            value=min(max(start, low), high),
            min=low,
            max=high,
            step=(high - low) / 200,
            description=f"Threshold [{self._rule.unit}]",
            tooltip=f"Threshold of {detector}",
            continuous_update=False,
            style={"description_width": "9em"},
            layout={"width": "38em", "max_width": "100%"},
            readout_format=".3f" if high <= 2 else ".0f",  # a factor, or watts
        )
        self.threshold.add_class("ek-threshold")
        super().__init__(self.threshold, name="threshold-explorer")
        self.threshold.observe(lambda _: self.refresh(), names="value")

    def _range(self) -> tuple[float, float]:
        if self._rule.unit == "1":
            return 0.0, 1.0
        values = self._frame[self._rule.column].to_numpy(dtype=float)
        top = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
        return 0.0, max(top * 1.02, 1.0)

    @property
    def report(self) -> pd.DataFrame:
        """The report, flagged at the present threshold: column ``reasons``."""
        reasons = self._rule.reasons(self._detector, self._frame, self.threshold.value)
        return self._frame.assign(reasons=reasons).drop(columns="anomaly_detected", errors="ignore")

    def scores(self) -> pd.DataFrame | None:
        """Return precision and recall of each kind at the threshold; None without labels."""
        return None if self._labels is None else score(events(self.report), self._labels)

    def to_figure(self) -> Figure:
        """Return power over time, with what is flagged marked."""
        axes = power(self.report, ax=sheet())
        return axes.get_figure(root=True)  # type: ignore[return-value]  # a sheet has one

    def to_html(self) -> html.Html:
        """Return what is flagged as a number and a figure, with scores where there are labels."""
        count, of = int((self.report["reasons"] != "").sum()), len(self._frame)
        sign = "<" if self._rule.is_below else ">"
        rule = (
            f"{self._rule.column} {sign} {self.threshold.value:.4g} {self._rule.unit}".removesuffix(
                " 1"
            )
        )
        title = f"{self._detector}, {rule}: {count:,} of {of:,} readings flagged"
        return html.card(title, figure_html(self.to_figure()), self._scores_html())

    def _scores_html(self) -> html.Html:
        found = self.scores()
        if found is None:
            return html.element(
                "small", "Precision and recall need labels: threshold_explorer(frame, labels=...)."
            )
        rows = [
            (kind, _share(precision), _share(recall), _share(f1), int(alarms))
            for kind, precision, recall, f1, alarms in found[
                ["kind", "precision", "recall", "f1", "false_alarms"]
            ].itertuples(index=False)
        ]
        return html.table(
            ("kind", "precision", "recall", "F1", "false alarms"), rows, caption="By moments"
        )


def _share(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.2f}"


def _analysed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a report in time order; readings get their power factor, active over apparent."""
    ready = power_frame(frame, "threshold_explorer")
    if "efficiency" not in ready.columns and {"voltage", "current"} <= set(ready.columns):
        apparent = ready["voltage"].astype(float) * ready["current"].astype(float)
        ready["efficiency"] = ready["power"] / apparent.where(apparent > 0)
    return ready


def threshold_explorer(
    frame: pd.DataFrame,
    *,
    labels: pd.DataFrame | str | PathLike[str] | None = None,
    detector: str = "efficiency_below",
    threshold: float | None = None,
) -> ThresholdExplorer:
    """Return a widget that shows what a detector flags at each threshold.

    Parameters
    ----------
    frame
        A report (``timestamp``, ``household_id``, ``power`` [W], ``efficiency`` [1]), or readings
        with voltage and current.
    labels
        What was injected, or its file: ``household_id``, ``start``, ``end``, ``kind``.
    detector
        One of `RULES`.
    threshold
        Where the slider starts, in the unit of the detector; None: at the detector's own default.

    Raises
    ------
    energykit.errors.UsageError
        The detector is unknown, or the frame lacks a column.
    energykit.errors.MissingPackageError
        ipywidgets, pandas or matplotlib is not installed.
    """
    where = "threshold_explorer"
    if detector not in RULES:
        raise UsageError(
            f"no detector {detector!r} with one threshold",
            where=where,
            hint=nearest(detector, RULES),
        )
    made_of = _analysed(frame)
    if RULES[detector].column not in made_of.columns:
        hint = "give the report of an analysis, or readings with voltage and current"
        raise UsageError(
            f"the frame has no column {RULES[detector].column!r}", where=where, hint=hint
        )
    return ThresholdExplorer(made_of, _table(labels), detector, threshold)


def _table(labels: pd.DataFrame | str | PathLike[str] | None) -> Any:
    if labels is None or hasattr(labels, "columns"):
        return labels
    return package("pandas").read_csv(labels, dtype=str)
