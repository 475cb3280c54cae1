"""Check of notebook 03: a stage that makes the readings of a home with the required properties."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING

from energykit.executor import run
from energykit.exercises.chain import chain
from energykit.exercises.silence import silence_stderr
from energykit.exercises.verdict import Verdict, right, wrong
from energykit.serving import Stage, serve
from energykit.temporary_folder import temporary_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from energykit.results import StageResult

__all__ = ["check_home"]

_START = "2026-01-01T00:00:00+00:00"
_A_DAY = 96
_STEP_S = 900
_COLUMNS = ["timestamp", "household_id", "power_consumption", "voltage", "current"]
_POWER_W = (50.0, 5000.0)
_VOLTAGE_V = (207.0, 253.0)
"""230 V ± 10 % (EN 50160)."""
_DAY_KWH = (5.0, 15.0)
_TIMES = 2.0
_LEAST_FACTOR = 0.5
_ROUNDING = 1e-6
"""Of numbers that went through a file."""


@silence_stderr()
def check_home(stage: object, *, seed: int = 0) -> Verdict:
    """Check a stage that makes the readings of one home.

    It is served and called with days and seeds that it has not seen; its files are read.

    Parameters
    ----------
    stage
        The learner's: parameters ``days`` and ``seed``; a reading each 15 minutes from 2026-01-01
        00:00 UTC.
    seed
        Decides the days and seeds of the calls.
    """
    if not isinstance(stage, Stage):
        return wrong(f"the stage is {stage!r}", 'write @ek.stage("home") above the function')
    rng = random.Random(seed)  # of made-up homes
    days, (first, other) = rng.randint(3, 6), rng.sample(range(10_000), 2)
    with (
        temporary_folder("exercise") as folder,
        serve(stage, data_root=folder, block=False) as server,
    ):
        asked = [{"days": 1, "seed": 0}, {}]
        asked += [{"days": days, "seed": one} for one in (first, first, other)]
        calls = [_called(stage.name, server.address, folder, one) for one in asked]
        failed = next((call for call in calls if call.error is not None), None)
        if failed is not None and failed.error is not None:
            return wrong(
                f"the call failed: {failed.error.message}",
                failed.error.hint or "try it as a function first",
            )
        return _check_calls(calls, days)


def _called(name: str, address: str, folder: Path, parameters: dict[str, int]) -> StageResult:
    asked = {
        "output_file": "/data/home.csv",
        "timeout_seconds": 30,
        "parameters": parameters,
    }
    return run(chain({name: asked}), data_root=folder, addresses={name: address})[name]


def _check_calls(calls: list[StageResult], days: int) -> Verdict:
    named, usual, first, again, other = (
        call.metrics.output_sha256 if call.metrics else "" for call in calls
    )
    if first != again:
        return wrong(
            "the same seed gave two different files",
            "all chance comes from the seed, and from no clock",
        )
    if first == other:
        return wrong(
            "another seed gave the same file",
            "is anything drawn from the generator that the seed made?",
        )
    if named != usual:
        text = "a call without parameters is another home than days=1, seed=0"
        return wrong(text, "which defaults were asked for?")
    verdict = _table(calls[-1].frame(), days)  # each call replaced the file of the one before
    if verdict is not None:
        return verdict
    return right(
        f"{days} days of a home, five calls: bounds, evenings, days and seeds are as asked."
    )


def _table(frame: pd.DataFrame, days: int) -> Verdict | None:
    """Return what is wrong with a file's rows, None where nothing is."""
    if list(frame.columns) != _COLUMNS:
        return wrong(
            f"the columns are {', '.join(frame.columns)}", f"the contract has {', '.join(_COLUMNS)}"
        )
    for name in _COLUMNS:
        if lacking := int(frame[name].isna().sum()):
            text = f"{lacking} of {len(frame)} readings have no {name}"
            return wrong(text, f"this home measures it; the contract calls the column {name!r}")
    stamps = [stamp.isoformat() for stamp in frame["timestamp"]]
    steps_s = frame["timestamp"].diff().dt.total_seconds().dropna()
    if len(frame) != _A_DAY * days or stamps[0] != _START or (steps_s != _STEP_S).any():
        text = (
            f"{len(frame)} rows for {days} days, the first at {stamps[0] if stamps else 'no time'}"
        )
        return wrong(text, f"{_A_DAY} readings a day, each 15 minutes, from {_START}")
    for judge in (_bounds, _factor, _evenings, _days):
        verdict = judge(frame)
        if verdict is not None:
            return verdict
    return None


def _bounds(frame: pd.DataFrame) -> Verdict | None:
    for column, unit, (low, high) in (
        ("power_consumption", "W", _POWER_W),
        ("voltage", "V", _VOLTAGE_V),
    ):
        if not frame[column].between(low, high).all():
            text = (
                f"{column} goes from {frame[column].min():.4g} to {frame[column].max():.4g} {unit}"
            )
            return wrong(text, f"{low:,.0f} to {high:,.0f} {unit} were asked for")
    return None


def _factor(frame: pd.DataFrame) -> Verdict | None:
    power_factor = frame["power_consumption"] / (frame["voltage"] * frame["current"])
    if power_factor.max() > 1 + _ROUNDING:
        text = f"the power factor goes up to {power_factor.max():.4g}"
        return wrong(text, "more work than flows: power is at most voltage times current")
    if power_factor.min() < _LEAST_FACTOR:
        text = f"the power factor goes down to {power_factor.min():.4g}"
        return wrong(text, "power is at least half of voltage times current in this home")
    return None


def _evenings(frame: pd.DataFrame) -> Verdict | None:
    hour = frame["timestamp"].dt.hour
    evening, night = (
        frame["power_consumption"][hour.between(*hours)].mean() for hours in ((18, 21), (0, 3))
    )
    if evening >= _TIMES * night:
        return None
    text = f"18 to 22 h has a mean of {evening:.0f} W, 0 to 4 h of {night:.0f} W"
    return wrong(text, f"people cook in the evening: at least {_TIMES:g} times the night")


def _days(frame: pd.DataFrame) -> Verdict | None:
    by_day = frame["power_consumption"].to_numpy().reshape(-1, _A_DAY)
    kwh = by_day.sum(axis=1) * 0.25 / 1000
    if kwh.min() < _DAY_KWH[0] or kwh.max() > _DAY_KWH[1]:
        text = f"a day has {kwh.min():.3g} to {kwh.max():.3g} kWh"
        return wrong(
            text,
            f"{_DAY_KWH[0]:g} to {_DAY_KWH[1]:g} kWh; a reading stands for a quarter of an hour",
        )
    if any((day == before).all() for before, day in pairwise(by_day)):
        return wrong(
            "a day equals the day before, to the watt",
            "no home repeats itself like that: draw for each reading",
        )
    return None
