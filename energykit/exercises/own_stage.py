"""Check of notebook 09: a meter's own file becomes readings, and the learner's stage hours."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from energykit.contract import conformance
from energykit.executor import run
from energykit.exercises.chain import chain
from energykit.exercises.silence import silence_stderr
from energykit.exercises.verdict import Verdict, right, wrong
from energykit.launcher import local_services
from energykit.serving import Stage, serve
from energykit.temporary_folder import temporary_folder

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from energykit.executor import Services
    from energykit.results import RunResult, StageResult

__all__ = ["check_own_stage", "meter_file"]

_CLOCK = "Europe/Berlin"
_HEAD = "Date;Time;Meter;P [kW];U [V];I [A]"
_HOURS = 5
_MONTHS = (1, 2, 5, 6, 7, 8, 11, 12)
"""Summer and winter, without the months in which clocks change."""
_SHARES_MISSING = (0.15, 0.0)
"""Of the values of power, by meter: full hours of 60 readings exist, and hours that have fewer."""
_QUANTITIES = ("power_consumption", "voltage", "current")
_OWN, _USUAL = "own-stage", "own-stage-without-parameters"
_FULL = 60
"""Readings of a full hour, the stage's default."""


@dataclass(frozen=True)
class _Reading:
    """One line of the meter's file that has all values."""

    moment: datetime
    """In UTC."""
    meter: str
    """Which."""
    values: tuple[float, float, float]
    """Power [W], voltage [V], current [A]."""


def meter_file(path: str | PathLike[str], *, seed: int = 0) -> Path:
    """Write a made-up meter's table: own columns, kW, decimal commas, Berlin's clock, ``n/a``.

    Parameters
    ----------
    path
        The CSV file; its folder is made.
    seed
        Decides meters, days and values.

    Returns
    -------
    Path
        The file.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(target, random.Random(seed))  # made-up readings
    return target


@silence_stderr()
def check_own_stage(adapter: object, stage: object, *, seed: int = 0) -> Verdict:
    """Check parameters that read a file of `meter_file`, and a stage that makes hours of readings.

    A file of another seed is imported by the generator, the stage is served and asked for its
    conformance, and its rows are compared.

    Parameters
    ----------
    adapter
        The learner's parameters of the generator, ``{"scenario": "import", …}``.
    stage
        The learner's: a row for each household and full hour with at least ``least`` readings, with
        the means of ``power_consumption``, ``voltage`` and ``current``.
    seed
        Of the file, and of ``least``.
    """
    if not isinstance(adapter, Mapping):
        return wrong(
            f"the adapter is {adapter!r}", 'the generator\'s parameters: {"scenario": "import", …}'
        )
    if not isinstance(stage, Stage):
        return wrong(f"the stage is {stage!r}", 'write @ek.stage("a-name") above the function')
    with (
        temporary_folder("exercise") as folder,
        local_services(["energy-generator"], data_root=folder) as services,
        serve(stage, data_root=folder, block=False) as server,
    ):
        rng = random.Random(f"unseen {seed}")  # made-up readings
        truth = _write(folder / "meter.csv", rng)
        least = rng.choice(sorted(set(_sizes(truth)))[1:-1])
        result = _run(dict(adapter), least, services, server.address)
        verdict = _imported(result, truth)
        verdict = _conforming(server.address, folder) if verdict is None else verdict
        for name, number in ((_OWN, least), (_USUAL, _FULL)):
            hours = _hours(truth, number)
            verdict = _by_hours(result[name], hours, number) if verdict is None else verdict
    if verdict is not None:
        return verdict
    return right(
        f"{len(truth)} readings of an unseen file imported, {stage.name} keeps the contract, hours"
        " right."
    )


def _write(path: Path, rng: random.Random) -> list[_Reading]:
    """Write a meter's file; return its lines that have all values."""
    month, day, hour, minute = (
        rng.choice(_MONTHS),
        rng.randint(2, 27),
        rng.randint(0, 18),
        rng.randint(25, 40),
    )
    first = datetime(2024, month, day, hour, minute, tzinfo=ZoneInfo(_CLOCK)).astimezone(UTC)
    lines, kept = [_HEAD], []
    meters = rng.sample([f"M-{number}" for number in range(10, 100)], len(_SHARES_MISSING))
    for meter, share in zip(meters, _SHARES_MISSING, strict=True):
        for minute in range(_HOURS * 60):
            moment = first + timedelta(minutes=minute)
            power, voltage = rng.randint(60, 3000), rng.randint(2240, 2380) / 10
            current = round(power / voltage / rng.uniform(0.85, 0.99), 2)
            is_missing = rng.random() < share
            lines.append(
                _line(
                    moment, meter, "n/a" if is_missing else f"{power / 1000:.3f}", voltage, current
                )
            )
            kept += [] if is_missing else [_Reading(moment, meter, (power, voltage, current))]
    path.write_text("\n".join([*lines, ""]).replace(".", ","), encoding="utf-8", newline="\n")
    return kept


def _line(moment: datetime, meter: str, power: str, voltage: float, current: float) -> str:
    local = moment.astimezone(ZoneInfo(_CLOCK))
    return f"{local:%d/%m/%Y;%H:%M:%S};{meter};{power};{voltage:.1f};{current:.2f}"


def _sizes(readings: list[_Reading]) -> list[int]:
    """Return how many readings the hours have."""
    return list(Counter((one.meter, one.moment.replace(minute=0)) for one in readings).values())


def _hours(readings: list[_Reading], least: int) -> dict[tuple[str, str], tuple[float, ...]]:
    """Return the means of each meter and hour that has enough readings."""
    groups: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for one in readings:
        groups.setdefault((one.meter, _text(one.moment.replace(minute=0))), []).append(one.values)
    return {
        key: tuple(math.fsum(column) / len(values) for column in zip(*values, strict=True))
        for key, values in groups.items()
        if len(values) >= least
    }


def _run(adapter: dict[str, Any], least: int, services: Services, address: str) -> RunResult:
    """Import the meter's file, and have the learner's stage work on the readings."""
    readings = "/data/readings.csv"
    stages: dict[str, dict[str, Any]] = {
        "energy-generator": {
            "input_file": "/data/meter.csv",
            "output_file": readings,
            "parameters": adapter,
        },
        _OWN: {
            "input_file": readings,
            "output_file": "/data/hours.csv",
            "parameters": {"least": least},
        },
        _USUAL: {"input_file": readings, "output_file": "/data/full-hours.csv"},
    }
    addresses = {**services.addresses, _OWN: address, _USUAL: address}
    return run(chain(stages), data_root=services.data_root, addresses=addresses)


def _imported(result: RunResult, truth: list[_Reading]) -> Verdict | None:
    """Return what is wrong with the readings that the generator made of the file, or None."""
    done = result["energy-generator"]
    if done.error is not None:
        hint = done.error.hint or "lesson 09 builds the import's parameters above the exercise"
        return wrong(
            f"the generator refuses the adapter: {done.error.message} ({done.error.where})", hint
        )
    table, skipped = done.frame(), done.metrics.skipped if done.metrics else ()
    if len(table) != len(truth):
        reasons = "; ".join(
            f"{one.rows} rows: {one.reason}, first in line {one.first_line}" for one in skipped
        )
        return wrong(
            f"{len(table)} readings of {len(truth)} came through: {reasons}",
            "look at that line of the file",
        )
    broken = next((one for one in skipped if not one.reason.endswith(" is missing")), None)
    if broken is not None:
        text = f"{broken.rows} rows: {broken.reason}, first in line {broken.first_line}"
        return wrong(text, "is that value broken, or is it this meter's word for no value?")
    found = _by_moment(table)
    first = truth[0]
    if (first.meter, _text(first.moment)) not in found:
        row = table.iloc[0]
        text = f"the first reading of {row['household_id']} is at {row['timestamp']}"
        return wrong(
            text, "which column says whose reading it is, and of which zone is the meter's clock?"
        )
    return _first_difference(
        found, {(one.meter, _text(one.moment)): one.values for one in truth}, "the reading"
    )


def _conforming(address: str, folder: Path) -> Verdict | None:
    """Return which part of the contract the learner's stage breaks, None where it keeps it."""
    asked = conformance(address, data_root=folder)
    broken = next((one for one in asked.findings if one.verdict == "failed"), None)
    return (
        None
        if broken is None
        else wrong(f"the stage breaks the contract: {broken.name}", broken.text)
    )


def _by_hours(
    stage: StageResult, hours: dict[tuple[str, str], tuple[float, ...]], least: int
) -> Verdict | None:
    """Return what is wrong with the stage's rows, None where nothing is."""
    if stage.error is not None:
        hint = stage.error.hint or "call it as a function first"
        return wrong(f"the stage failed: {stage.error.message}", hint)
    table = stage.frame()
    missing = [
        name for name in ("timestamp", "household_id", *_QUANTITIES) if name not in table.columns
    ]
    if missing:
        return wrong(
            f"the stage's rows have no {missing[0]}", "give the columns that readings have"
        )
    found = _by_moment(table)
    if len(table) != len(hours) or found.keys() != hours.keys():
        text = f"with least {least}, {len(table)} rows; {len(hours)} hours have that many readings"
        return wrong(
            text,
            "one row a household and hour, with the start of the hour as its time; none for other"
            " hours",
        )
    return _first_difference(found, hours, "the hour")


def _by_moment(table: pd.DataFrame) -> dict[tuple[str, str], tuple[float, ...]]:
    """Return power, voltage and current by household and moment."""
    rows = table[["household_id", "timestamp", *_QUANTITIES]].itertuples(index=False, name=None)
    return {
        (str(household), _text(moment)): tuple(map(float, values))
        for household, moment, *values in rows
    }


def _text(moment: datetime) -> str:
    """Return a moment as text; one whose zone is unknown is like none whose zone is known."""
    return moment.isoformat()


def _first_difference(
    found: Mapping[tuple[str, str], tuple[float, ...]],
    truth: Mapping[tuple[str, str], tuple[float, ...]],
    what: str,
) -> Verdict | None:
    """Return the first value that differs, with where it stands."""
    for (household, moment), values in truth.items():
        got = found.get((household, moment))
        if got is None:
            return wrong(
                f"{what} of {household} at {moment} is missing",
                "is the time right, and the household?",
            )
        for name, value, expected in zip(_QUANTITIES, got, values, strict=True):
            if not math.isclose(value, expected, rel_tol=1e-5):
                text = f"{what} of {household} at {moment} has {name} = {value:.6g}"
                return wrong(
                    text, "is it in W, V and A? Compute it by hand for one row, and compare"
                )
    return None
