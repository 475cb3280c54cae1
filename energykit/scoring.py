"""Events of an analysis, and how well they find what was injected.

Nothing here adjusts points: an event does not become found to its whole length because one moment
of it was flagged. Such scores flatter detectors that flag at random (Kim, Choi, Choi, Lee and Yoon:
Towards a Rigorous Evaluation of Time-Series Anomaly Detection, AAAI 2022, DOI
10.1609/aaai.v36i7.20680).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from energykit.artifacts import frame as read_frame
from energykit.errors import MissingPackageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import ModuleType

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["FOUND_BY", "events", "score"]

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

_HOLE_STEPS = 1.5
_US_PER_DAY = 86_400_000_000
_EVENT_COLUMNS = ("household_id", "start", "end", "kind")


def events(
    report: pd.DataFrame | str | os.PathLike[str], *, explanations: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return what an analysis flagged as events: flagged readings of one reason that follow one another.

    Two flagged readings belong to one event if no more than 1.5 usual steps lie between them; the
    usual step is the one that the household's readings have most often.

    Parameters
    ----------
    report
        A report with reasons, or its file: ``timestamp``, ``household_id``, ``reasons`` (joined by
        ``;``).
    explanations
        Reason → the sentence that explains it.

    Returns
    -------
    pandas.DataFrame
        ``household_id`` str; ``start``, ``end`` datetime64 (UTC where the report has a zone): the
        first moment, and the first moment after it; ``kind`` str, the reason; ``rows`` int, flagged
        readings; ``explanation`` str. Sorted by household and start. An event of the kind ``gap``
        spans the hole before the flagged reading.

    Raises
    ------
    UsageError
        The report has no column ``reasons``.
    MissingPackageError
        pandas is not installed.
    """
    pandas = _pandas()
    table: pd.DataFrame = read_frame(report) if isinstance(report, (str, os.PathLike)) else report
    _check(table, ("timestamp", "household_id", "reasons"), "ek.events")
    rows = _in_time(pandas, table)
    found = [_of_kind(rows, kind) for kind in _kinds(rows["reasons"])]
    columns = [*_EVENT_COLUMNS, "rows"]
    none = rows.iloc[:0]
    none = none.assign(start=none["time"], end=none["time"], kind="", rows=0)
    result: pd.DataFrame = pandas.concat(found or [none])[columns].sort_values(
        ["household_id", "start", "kind"], ignore_index=True
    )
    result["explanation"] = [(explanations or {}).get(kind, "") for kind in result["kind"]]
    return result


def _in_time(pandas: ModuleType, table: pd.DataFrame) -> pd.DataFrame:
    """Return the readings by household and time, with the time before and the usual step of the household."""
    rows: pd.DataFrame = pandas.DataFrame(
        {
            "household_id": table["household_id"].astype(str).to_numpy(),
            "time": _times(pandas, table["timestamp"]),
            "reasons": table["reasons"].fillna("").astype(str).to_numpy(),
        }
    ).sort_values(["household_id", "time"], kind="stable", ignore_index=True)
    rows["before"] = rows.groupby("household_id", sort=False)["time"].shift()
    steps = (rows["time"] - rows["before"]).where(lambda step: step > pandas.Timedelta(0))
    usual = {
        name: part.mode().min() for name, part in steps.groupby(rows["household_id"], sort=False)
    }
    rows["step"] = (
        rows["household_id"].map(usual).astype("timedelta64[us]").fillna(pandas.Timedelta(0))
    )
    return rows


def _kinds(reasons: pd.Series[str]) -> list[str]:
    return sorted({kind for text in reasons.unique() for kind in text.split(";") if kind})


def _of_kind(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the events of one reason."""
    texts = [text for text in rows["reasons"].unique() if kind in text.split(";")]
    flagged = rows[rows["reasons"].isin(texts)]
    if kind == "gap":
        return flagged.assign(
            start=flagged["before"] + flagged["step"], end=flagged["time"], kind=kind, rows=1
        )
    apart = flagged["time"] - flagged["time"].shift() > _HOLE_STEPS * flagged["step"]
    begins = apart | (flagged["household_id"] != flagged["household_id"].shift())
    groups = flagged.groupby(begins.cumsum().to_numpy())
    result = groups.agg(
        household_id=("household_id", "first"), start=("time", "first"), rows=("time", "size")
    )
    return result.assign(end=groups["time"].last() + groups["step"].last(), kind=kind)


def score(
    events: pd.DataFrame,
    labels: pd.DataFrame | str | os.PathLike[str],
    *,
    found_by: Mapping[str, Sequence[str]] | None = None,
    days: float | None = None,
) -> pd.DataFrame:
    """Compare events with the ground truth, kind by kind, by moments and by events.

    For a kind of label let E be the time covered by the events that can find it (`FOUND_BY`), L the
    time covered by its labels and A the time covered by any label, each within its household. Time
    in which something else was injected counts neither for nor against:

    - by moments: TP is the time in both E and L, FP the time in E and not in A, FN the time in L
      and not in E; with evenly spaced readings this is counting readings;
    - by events: a label is found if an event overlaps it; an event is right if it overlaps a label
      of the kind, and a false alarm if it overlaps no label at all;
    - precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2 TP / (2 TP + FP + FN); NaN where
      nothing was flagged, or nothing was to be found. By events, precision = right / (right + false
      alarms), recall = found / labels, and F1 is their harmonic mean.

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

    Returns
    -------
    pandas.DataFrame
        A row for each kind of label, for each kind of event that can find none of these, and
        ``any`` for all together. ``kind``; ``precision``, ``recall``, ``f1`` [1] by moments;
        ``event_precision``, ``event_recall``, ``event_f1`` [1]; ``labels``, ``found``, ``events``,
        ``false_alarms`` counts; ``false_alarms_per_day`` [1/d].

    Raises
    ------
    UsageError
        A column is missing, or `days` is not above 0.
    MissingPackageError
        pandas is not installed.
    """
    pandas = _pandas()
    truth: pd.DataFrame = (
        pandas.read_csv(labels, dtype=str) if isinstance(labels, (str, os.PathLike)) else labels
    )
    axis = _Axis(pandas, [_checked(events, "events"), _checked(truth, "labels")])
    flagged, injected = axis.tables
    watched = axis.days if days is None else days
    if not watched > 0 and days is not None:
        raise UsageError(
            f"days = {days!r} is not possible", where="ek.score", hint="a number above 0"
        )
    pairs = {**FOUND_BY, **(found_by or {})}
    kinds = list(dict.fromkeys(injected.kinds))
    finders = {kind: set(pairs.get(kind, (kind,))) for kind in kinds}
    known = set().union(*finders.values()) if finders else set()
    finders |= {kind: {kind} for kind in sorted(set(flagged.kinds) - known)}
    rows = [
        _row(kind, flagged.only(names), injected.only({kind}), injected, watched)
        for kind, names in finders.items()
    ]
    result: pd.DataFrame = pandas.DataFrame(
        [*rows, _row("any", flagged, injected, injected, watched)]
    )
    return result


def _row(kind: str, flagged: _Spans, labels: _Spans, every: _Spans, days: float) -> dict[str, Any]:
    """Return the scores of one kind."""
    covered, wanted, injected = flagged.union(), labels.union(), every.union()
    hit = _both(covered, wanted)
    false, missed = _length(covered) - _both(covered, injected), _length(wanted) - hit
    found, right = int(labels.touch(covered).sum()), int(flagged.touch(wanted).sum())
    alarms = int((~flagged.touch(injected)).sum())
    precision, recall = _share(right, right + alarms), _share(found, labels.begin.size)
    return {
        "kind": kind,
        "precision": _share(hit, hit + false),
        "recall": _share(hit, hit + missed),
        "f1": _share(2 * hit, 2 * hit + false + missed),
        "event_precision": precision,
        "event_recall": recall,
        "event_f1": _share(2 * precision * recall, precision + recall)
        if precision + recall
        else precision + recall,
        "labels": labels.begin.size,
        "found": found,
        "events": flagged.begin.size,
        "false_alarms": alarms,
        "false_alarms_per_day": _share(alarms, days),
    }


class _Spans:
    """Spans of time on one axis, half-open, with their kinds."""

    def __init__(
        self, begin: NDArray[np.int64], end: NDArray[np.int64], kinds: Sequence[str]
    ) -> None:
        self.begin, self.end, self.kinds = begin, np.maximum(end, begin + 1), kinds

    def only(self, kinds: Iterable[str]) -> _Spans:
        wanted = (
            np.isin(np.asarray(self.kinds, dtype=object).astype(str), sorted(kinds))
            if self.kinds
            else self.begin < 0
        )
        return _Spans(
            self.begin[wanted],
            self.end[wanted],
            [k for k, w in zip(self.kinds, wanted, strict=True) if w],
        )

    def union(self) -> NDArray[np.int64]:
        """Return disjoint spans that cover the same time, ascending: begins and ends, shape (2, n)."""
        order = np.argsort(self.begin, kind="stable")
        begin, end = (
            self.begin[order],
            np.maximum.accumulate(self.end[order]) if order.size else self.end,
        )
        opens = np.ones(begin.size, dtype=bool)
        opens[1:] = begin[1:] > end[:-1]
        closes = np.append(opens[1:], True)[: begin.size]
        return np.stack([begin[opens], end[closes]])

    def touch(self, union: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each span overlaps disjoint ones."""
        return np.searchsorted(union[1], self.begin, side="right") < np.searchsorted(
            union[0], self.end, side="left"
        )


class _Axis:
    """Puts households one after another on one axis of time, in microseconds."""

    def __init__(self, pandas: ModuleType, tables: list[pd.DataFrame]) -> None:
        begins, ends = (
            [_micros(pandas, table[name]) for table in tables] for name in ("start", "end")
        )
        names = [table["household_id"].astype(str).to_numpy(dtype=object) for table in tables]
        moments = np.concatenate([*begins, *ends])
        first, last = (int(moments.min()), int(moments.max())) if moments.size else (0, 0)
        households, codes = np.unique(np.concatenate(names).astype(str), return_inverse=True)
        self.days = (last - first) / _US_PER_DAY * households.size
        shifts = np.split(codes.astype(np.int64) * (last - first + 2) - first, [names[0].size])
        self.tables = [
            _Spans(begin + shift, end + shift, [str(kind) for kind in table["kind"]])
            for begin, end, shift, table in zip(begins, ends, shifts, tables, strict=True)
        ]


def _length(union: NDArray[np.int64]) -> int:
    return int((union[1] - union[0]).sum())


def _both(one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    """Return the time that two unions share: the sum of both less their union."""
    begin, end = np.concatenate([one, other], axis=1)
    return _length(one) + _length(other) - _length(_Spans(begin, end, []).union())


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _checked(table: pd.DataFrame, name: str) -> pd.DataFrame:
    _check(table, _EVENT_COLUMNS, f"ek.score, {name}")
    return table


def _check(table: pd.DataFrame, columns: Sequence[str], where: str) -> None:
    missing = [name for name in columns if name not in table.columns]
    if missing:
        hint = f"columns are {', '.join(map(repr, table.columns))}"
        raise UsageError(
            f"there is no column {', '.join(map(repr, missing))}", where=where, hint=hint
        )


def _times(pandas: ModuleType, column: pd.Series[Any]) -> Any:
    """Return a column as datetime64[us], UTC where it has a zone."""
    times = (
        column
        if pandas.api.types.is_datetime64_any_dtype(column.dtype)
        else pandas.to_datetime(column, format="ISO8601")
    )
    return pandas.DatetimeIndex(times).as_unit("us")


def _micros(pandas: ModuleType, column: pd.Series[Any]) -> NDArray[np.int64]:
    index = _times(pandas, column)
    values: NDArray[np.int64] = (
        index if index.tz is None else index.tz_convert("UTC").tz_localize(None)
    ).asi8
    return values


def _pandas() -> ModuleType:
    try:
        import pandas  # noqa: ICN001  optional
    except ImportError as exc:
        raise MissingPackageError("pandas", extra="notebooks", needed_for="scoring") from exc
    return pandas
