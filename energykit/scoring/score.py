"""How well events find what was injected, by time and by events."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.errors import UsageError
from energykit.scoring.span import Axis, Spans, intersect_us, length_us
from energykit.scoring.table import COLUMNS, check_columns, load_pandas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = ["FOUND_BY", "score"]

FOUND_BY: Mapping[str, tuple[str, ...]] = {
    "spike": ("power_high", "robust_z", "hampel", "rate_of_change"),
    "stuck": ("stuck",),
    "gap": ("gap",),
    "day_copy": ("day_copy",),
    "step_down": ("robust_z",),
    "reverse_flow": ("reverse_flow", "power_factor_range"),
    "voltage_sag": ("voltage_band",),
    "unit_error": ("power_factor_range", "efficiency_below", "robust_z"),
    "clock_drift": ("clock_drift", "unsorted"),
    "duplicate": ("duplicate",),
}
"""Kinds of labels, and the kinds of events that find them; any other kind is found by events of its
name.
"""

_US_PER_S = 1_000_000


def score(
    events: pd.DataFrame,
    labels: pd.DataFrame | str | os.PathLike[str],
    *,
    found_by: Mapping[str, Sequence[str]] | None = None,
    days: float | None = None,
    margin_s: float = 0.0,
) -> pd.DataFrame:
    """Compare events with the ground truth, kind by kind, by time and by events.

    For a kind of label let E be the time covered by the events that can find it (`FOUND_BY`), L the
    time covered by its labels and A the time covered by any label, each within its household. Time
    in which something else was injected counts neither for nor against:

    - by time: TP is the time in both E and L, FP the time in E and not in A, FN the time in L
      and not in E; with evenly spaced readings this is counting readings;
    - by events: a label is found if an event overlaps it; an event is a false alarm if more than
      half of it lies outside A, so an event over everything is one; it is right if it overlaps L
      and is not a false alarm;
    - precision = TP / (TP + FP), recall = TP / (TP + FN); by events right / (right + false alarms)
      and found / labels. Each is NaN where there is nothing to divide by: nothing was flagged, or
      nothing was to be found. F1 is 2 TP / (2 TP + FP + FN), by events the harmonic mean of the
      two; it is 0 where nothing is right, and NaN only where nothing was flagged and nothing was
      to be found.

    Parameters
    ----------
    events
        ``household_id``, ``start``, ``end``, ``kind``, as from `events`.
    labels
        The ground truth, or its file: the same columns; half-open like events.
    found_by
        Kinds of labels → kinds of events that find them; added to `FOUND_BY`.
    days
        Days that were watched, summed over households [d]; None: from the first moment to the last
        one that events or labels name, for each household that they name.
    margin_s
        Time before and after each label that is not held against an event [s]: a detector of
        15-minute means cannot place a minute better than to 900 s. Scores by time have no margin.

    Returns
    -------
    pandas.DataFrame
        A row for each kind of label, for each kind of event that can find none of these, and
        ``any`` for all together. ``kind``; ``precision``, ``recall``, ``f1`` [1] by time;
        ``event_precision``, ``event_recall``, ``event_f1`` [1]; ``labels``, ``found``, ``events``,
        ``false_alarms`` counts; ``false_alarms_per_day`` [1/d].

    Raises
    ------
    UsageError
        A column is missing, `days` is not above 0, or `margin_s` is below 0.
    MissingPackageError
        pandas is not installed.

    References
    ----------
    That an event counts by how much of it is right follows range-based precision: N. Tatbul et al.,
    "Precision and Recall for Time Series", NeurIPS 2018.
    """
    _check_options(days, margin_s)
    pandas = load_pandas()
    truth: pd.DataFrame = (
        pandas.read_csv(labels, dtype=str) if isinstance(labels, (str, os.PathLike)) else labels
    )
    for name, table in (("events", events), ("labels", truth)):
        check_columns(table, COLUMNS, f"ek.score, {name}")
    margin_us = round(margin_s * _US_PER_S)
    axis = Axis(pandas, [events, truth], apart_us=2 * margin_us)
    flagged, injected = axis.tables
    finders = _list_finders(flagged, injected, {**FOUND_BY, **(found_by or {})})
    scorer = _Scorer(injected, axis.days if days is None else days, margin_us)
    rows = [
        scorer.row(kind, flagged.only(names), injected.only({kind}))
        for kind, names in finders.items()
    ]
    result: pd.DataFrame = pandas.DataFrame([*rows, scorer.row("any", flagged, injected)])
    return result


def _check_options(days: float | None, margin_s: float) -> None:
    """Refuse numbers that cannot be."""
    if days is not None and not days > 0:
        raise UsageError(
            f"days = {days!r} is not possible", where="ek.score", hint="a number above 0"
        )
    if not margin_s >= 0:
        raise UsageError(
            f"margin_s = {margin_s!r} is not possible", where="ek.score", hint="0 or more seconds"
        )


def _list_finders(
    flagged: Spans, injected: Spans, pairs: Mapping[str, Sequence[str]]
) -> dict[str, set[str]]:
    """Return the kinds of events that find each kind of label; the others find themselves."""
    finders = {kind: set(pairs.get(kind, (kind,))) for kind in dict.fromkeys(injected.kinds)}
    useful: set[str] = set().union(*finders.values())
    return finders | {kind: {kind} for kind in sorted(set(flagged.kinds) - useful)}


@dataclass(frozen=True)
class _Scorer:
    """Scores one kind after another against the same labels."""

    injected: Spans
    """All labels."""
    days: float
    """Days that were watched [d]."""
    margin_us: int
    """Time around a label that is not held against an event [µs]."""

    def row(self, kind: str, flagged: Spans, labels: Spans) -> dict[str, Any]:
        """Return the scores of one kind."""
        by_event = self._score_events(flagged, labels)
        alarms = by_event["false_alarms"]
        return {
            "kind": kind,
            **self._score_time(flagged, labels),
            **by_event,
            "false_alarms_per_day": _ratio(alarms, self.days),
        }

    def _score_time(self, flagged: Spans, labels: Spans) -> dict[str, float]:
        covered, wanted = flagged.union(), labels.union()
        hit = intersect_us(covered, wanted)
        false = length_us(covered) - intersect_us(covered, self.injected.union())
        missed = length_us(wanted) - hit
        return {
            "precision": _ratio(hit, hit + false),
            "recall": _ratio(hit, hit + missed),
            "f1": _ratio(2 * hit, 2 * hit + false + missed),
        }

    def _score_events(self, flagged: Spans, labels: Spans) -> dict[str, Any]:
        near = Spans(
            self.injected.begin - self.margin_us, self.injected.end + self.margin_us, []
        ).union()
        outside = flagged.end - flagged.begin - flagged.covered_us(near)
        is_alarm = 2 * outside > flagged.end - flagged.begin
        right = int((~is_alarm & (flagged.covered_us(labels.union()) > 0)).sum())
        found, alarms = int((labels.covered_us(flagged.union()) > 0).sum()), int(is_alarm.sum())
        precision, recall = _ratio(right, right + alarms), _ratio(found, labels.begin.size)
        return {
            "event_precision": precision,
            "event_recall": recall,
            "event_f1": _harmonic_mean(precision, recall),
            "labels": labels.begin.size,
            "found": found,
            "events": flagged.begin.size,
            "false_alarms": alarms,
        }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _harmonic_mean(precision: float, recall: float) -> float:
    """Return F1; 0 where one of the two is 0 or undefined, NaN where both are undefined."""
    if np.isnan(precision) and np.isnan(recall):
        return float("nan")
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else 0.0
