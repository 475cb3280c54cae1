"""Check of notebook 08: a limit, chosen on one week, that finds the spikes of another week."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from energykit.errors import StageFailedError
from energykit.executor import run
from energykit.exercises.chain import chain
from energykit.exercises.silence import silence_stderr
from energykit.exercises.verdict import Verdict, answer_of, right, wrong
from energykit.launcher import local_services
from energykit.scoring import events, score
from energykit.temporary_folder import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from energykit.executor import Services
    from energykit.results import StageResult

__all__ = ["check_limit"]

_HOUSEHOLDS = 5
_DAYS = 7
_SLOT_MINUTES = 20
_SLOTS = _DAYS * 24 * 60 // _SLOT_MINUTES
"""Stretches of time of one household, each with room for one spike."""
_MONDAY = datetime(2025, 3, 3, tzinfo=UTC)
_READINGS, _REPORT = "/data/readings.parquet", "/data/report.csv"
_GENERATOR, _ANALYZER = "energy-generator", "energy-analyzer"


@dataclass(frozen=True)
class _People:
    """Households of one kind, and how high the faults of their meters are."""

    annual_kwh: float
    """Mean annual energy [kWh]."""
    ev_share: float
    """Share of households with an electric vehicle."""
    lowest_w: float
    """Smallest spike [W]."""
    highest_w: float
    """Largest spike [W]."""
    spikes: int
    """How many in a week."""
    longest_min: int
    """Longest spike [min]."""


@dataclass(frozen=True)
class _Homes:
    """Some households of a kind: the same from week to week."""

    people: _People
    """What kind."""
    seed: int
    """Decides who they are."""


@dataclass(frozen=True, kw_only=True)
class _Fortnight:
    """Two weeks of some households: one to choose a limit on, one to try it on."""

    report: pd.DataFrame
    """Of the first week."""
    labels: pd.DataFrame
    """Of the first week."""
    next_readings: bytes
    """Of the second week, in Parquet."""
    next_labels: pd.DataFrame
    """Of the second week."""


_PEOPLE = (
    _People(1_500, 0.0, 6_500, 9_500, spikes=12, longest_min=1),
    _People(9_000, 1.0, 16_000, 26_000, spikes=90, longest_min=5),
)
"""Small flats and large houses: no limit suits both, and no share of the readings does, for their
meters break rarely and shortly, or often and for long: 12 and some 270 of 50,400 readings."""


@silence_stderr()
def check_limit(
    choose_limit: object, *, precision: float = 0.8, recall: float = 0.8, seed: int = 0
) -> Verdict:
    """Check a function that chooses the limit of the detector ``power_high`` for some households.

    For each kind of households the generator makes some and two of their weeks, once for a seed in
    a session, and the analyzer judges them. The function sees the first week with its labels; the
    limit is scored on the second.

    Parameters
    ----------
    choose_limit
        The learner's: ``choose_limit(report, labels)`` returns a power [W].
    precision, recall
        What is to be reached by events, on the second week.
    seed
        Of the households and of the spikes.
    """
    if not callable(choose_limit):
        return wrong(
            f"choose_limit is {choose_limit!r}, not a function",
            "write def choose_limit(report, labels): …",
        )
    fortnights = _make_fortnights(seed)
    with (
        temporary_folder("exercise") as folder,
        local_services((_ANALYZER,), data_root=folder) as services,
    ):
        for fortnight in fortnights:
            chosen = _chosen(choose_limit, fortnight.report, fortnight.labels)
            if isinstance(chosen, Verdict):
                return chosen
            (folder / "readings.parquet").write_bytes(fortnight.next_readings)
            report = _analyze(services, limit_w=chosen)
            verdict = _scored(chosen, report, fortnight.next_labels, (precision, recall))
            if verdict is not None:
                return verdict
    reached = f"precision {precision:g} and recall {recall:g}"
    return right(
        f"{reached} are reached on weeks that the function did not see, for flats and for large"
        " houses."
    )


def _chosen(
    choose: Callable[..., object], report: pd.DataFrame, labels: pd.DataFrame
) -> float | Verdict:
    """Return the learner's limit, or what is wrong with it."""
    said, hint = "choose_limit(report, labels)", "try it on a report and labels of your own first"
    limit = answer_of(choose, report.copy(), labels.copy(), said=said, hint=hint)
    if isinstance(limit, Verdict):
        return limit
    try:
        number = float(limit)
    except (TypeError, ValueError):
        return wrong(
            f"choose_limit returned {limit!r}, which is not a number", "return one limit, in watts"
        )
    if not math.isfinite(number) or number <= 0:
        return wrong(
            f"choose_limit returned {number:g} W", "a limit is a finite number of watts above 0"
        )
    return number


def _scored(
    limit_w: float, report: pd.DataFrame, labels: pd.DataFrame, wanted: tuple[float, float]
) -> Verdict | None:
    """Return which goal is missed on a week, None where both are reached."""
    table = score(events(report), labels)
    row = table[table["kind"] == "spike"].iloc[0]
    if row["event_recall"] < wanted[1]:
        text = f"on an unseen week, {limit_w:,.0f} W finds {row['found']} of {row['labels']} spikes"
        text = f"{text}: recall {row['event_recall']:.2f}, {wanted[1]:g} was asked for"
        return wrong(
            text,
            "a spike is found only above the limit: score several limits with the labels you get",
        )
    if row["event_precision"] < wanted[0]:
        text = (
            f"on an unseen week, {limit_w:,.0f} W gives {row['false_alarms']} false alarms in"
            f" {row['events']} alarms"
        )
        text = f"{text}: precision {row['event_precision']:.2f}, {wanted[0]:g} was asked for"
        return wrong(
            text, "households and their meters differ: score several limits with the labels you get"
        )
    return None


@lru_cache(maxsize=1)
def _make_fortnights(seed: int) -> tuple[_Fortnight, ...]:
    """Make two weeks of each kind of households; who tries again does not wait for them again."""
    rng = random.Random(seed)  # made-up faults
    with (
        temporary_folder("exercise") as folder,
        local_services((_GENERATOR, _ANALYZER), data_root=folder) as services,
    ):
        kinds = rng.sample(_PEOPLE, len(_PEOPLE))
        return tuple(_make_fortnight(people, rng, services) for people in kinds)


def _make_fortnight(people: _People, rng: random.Random, services: Services) -> _Fortnight:
    homes = _Homes(people, rng.randrange(2**31))
    labels = _generate(_households(homes, 0, rng), services)
    report = _analyze(services, limit_w=150.0)
    next_labels = _generate(_households(homes, 1, rng), services)
    return _Fortnight(
        report=report,
        labels=labels,
        next_readings=(services.data_root / "readings.parquet").read_bytes(),
        next_labels=next_labels,
    )


def _generate(parameters: dict[str, Any], services: Services) -> pd.DataFrame:
    """Have readings written, and return their labels."""
    import pandas as pd  # optional and heavy

    _run_stage(_GENERATOR, {"output_file": _READINGS, "parameters": parameters}, services)
    return pd.read_csv(services.data_root / "readings.labels.csv", dtype=str)


def _analyze(services: Services, *, limit_w: float) -> pd.DataFrame:
    """Have the readings analyzed with a limit, and return the report."""
    parameters = {"detectors": [{"name": "power_high", "limit_w": limit_w}]}
    stage = {"input_file": _READINGS, "output_file": _REPORT, "parameters": parameters}
    return _run_stage(_ANALYZER, stage, services).frame()


def _run_stage(name: str, stage: dict[str, Any], services: Services) -> StageResult:
    """Run one stage, which must succeed."""
    result = run(chain({name: stage}), services)
    if not result.ok:
        raise StageFailedError(
            "the check could not make a week", hint=f"see the logs in {services.data_root}"
        )
    return result[name]


def _households(homes: _Homes, number: int, rng: random.Random) -> dict[str, Any]:
    """Return the generator's parameters for a week with spikes."""
    start = _MONDAY + timedelta(days=_DAYS * number)
    slots = rng.sample(range(_SLOTS * _HOUSEHOLDS), homes.people.spikes)
    return {
        "scenario": "households",
        "households": _HOUSEHOLDS,
        "days": _DAYS,
        "start": start.isoformat(),
        "seed": homes.seed,
        "annual_kwh": homes.people.annual_kwh,
        "ev_share": homes.people.ev_share,
        "anomalies": [_spike(homes.people, rng, slot, start) for slot in slots],
    }


def _spike(people: _People, rng: random.Random, slot: int, monday: datetime) -> dict[str, Any]:
    """Return a spike in a stretch of time without another: the generator refuses overlaps."""
    household, number = divmod(slot, _SLOTS)
    start = monday + timedelta(minutes=number * _SLOT_MINUTES + rng.randrange(_SLOT_MINUTES // 2))
    return {
        "household": household,
        "kind": "spike",
        "start": start.isoformat(),
        "duration_s": 60 * rng.randint(1, people.longest_min),
        "magnitude": rng.uniform(people.lowest_w, people.highest_w),
    }
