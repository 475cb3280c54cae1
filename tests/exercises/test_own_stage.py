"""The check of notebook 09: an unseen meter's file through the learner's adapter and stage."""

import random
import subprocess
import sys

import pandas as pd
import pytest

import energykit as ek
from energykit.exercises import check_own_stage, meter_file

ADAPTER = {
    "scenario": "import",
    "columns": {
        "timestamp": ["Date", "Time"],
        "household_id": "Meter",
        "power_consumption": "P [kW]",
        "voltage": "U [V]",
        "current": "I [A]",
    },
    "units": {"power_consumption": "kW"},
    "separator": ";",
    "decimal": ",",
    "missing": ["n/a"],
    "timestamp_format": "%d/%m/%Y %H:%M:%S",
    "time_zone": "Europe/Berlin",
}
QUANTITIES = ["power_consumption", "voltage", "current"]


def means(readings, least):
    groups = readings.groupby(["household_id", readings["timestamp"].dt.floor("h")])
    return groups[QUANTITIES].mean()[groups.size() >= least].reset_index()


@ek.stage("hourly")
def hourly(readings: pd.DataFrame, *, least: int = 60) -> pd.DataFrame:
    return means(readings, least)


@ek.stage("all-hours")
def all_hours(readings: pd.DataFrame, *, least: int = 60) -> pd.DataFrame:
    return means(readings, 0)


@ek.stage("no-parameter")
def no_parameter(readings: pd.DataFrame) -> pd.DataFrame:
    return means(readings, 60)


@ek.stage("sums")
def sums(readings: pd.DataFrame, *, least: int = 60) -> pd.DataFrame:
    hours = means(readings, least)
    return hours.assign(power_consumption=hours["power_consumption"] * 2)


@ek.stage("noisy")
def noisy(readings: pd.DataFrame, *, least: int = 60) -> pd.DataFrame:
    return readings.assign(power_consumption=readings["power_consumption"] + random.random())


@ek.stage("as-they-are")
def as_they_are(readings: pd.DataFrame, *, least: int = 60) -> pd.DataFrame:
    return readings


@ek.stage("breaks")
def breaks(readings: pd.DataFrame, *, least: int = 60) -> pd.DataFrame:
    return readings["no such column"]


@pytest.mark.parametrize("seed", range(6))
def test_an_adapter_and_a_stage_are_right_for_any_file(seed):
    verdict = check_own_stage(ADAPTER, hourly, seed=seed)
    assert verdict, verdict
    assert "hourly keeps the contract" in verdict.text


def without(name):
    return {key: value for key, value in ADAPTER.items() if key != name}


@pytest.mark.parametrize("name", ["units", "separator"])
def test_an_adapter_may_leave_out_what_the_file_says_itself(name):
    assert check_own_stage(without(name), hourly, seed=3)


@pytest.mark.parametrize(
    ("adapter", "part"),
    [
        ("my file", "the adapter is 'my file'"),
        ({}, "came through"),
        ({"scenario": "import"}, "the generator refuses the adapter: "),
        (ADAPTER | {"units": {"power_consumption": "W"}}, "the column 'P [kW]' says kW"),
        (without("time_zone"), "the first reading of M-"),
        (ADAPTER | {"time_zone": "UTC"}, "the first reading of M-"),
        (without("decimal"), "all 600 rows are left out: P [kW] is not a number"),
        (ADAPTER | {"separator": "|"}, "the generator refuses the adapter: "),
        (without("timestamp_format"), "all 600 rows are left out: timestamp is not"),
        (
            ADAPTER | {"columns": ADAPTER["columns"] | {"voltage": "I [A]", "current": "U [V]"}},
            "has voltage = ",
        ),
        (ADAPTER | {"sperator": ";"}, "sperator"),
    ],
)
def test_an_adapter_that_does_not_fit_is_refused_with_what_came_through(adapter, part):
    verdict = check_own_stage(adapter, hourly, seed=3)
    assert not verdict
    assert part in verdict.text
    assert verdict.hint


@pytest.mark.parametrize(
    ("stage", "part"),
    [
        (means, "the stage is <function means"),
        (all_hours, " hours have that many readings"),
        (as_they_are, " hours have that many readings"),
        (no_parameter, "the stage failed: "),
        (sums, "has power_consumption = "),
        (noisy, "the stage breaks the contract: the same request gives the same bytes"),
        (breaks, "the stage breaks the contract: Execute runs a stage"),
    ],
)
def test_a_stage_that_is_not_right_is_refused_with_what_it_does(stage, part):
    verdict = check_own_stage(ADAPTER, stage, seed=3)
    assert not verdict
    assert part in verdict.text
    assert verdict.hint


def test_a_meter_file_is_the_same_for_the_same_seed(tmp_path):
    first, again, other = (
        meter_file(tmp_path / f"{at}.csv", seed=seed) for at, seed in enumerate((1, 1, 2))
    )
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    assert first.read_text(encoding="utf-8").startswith("Date;Time;Meter;P [kW];U [V];I [A]\n")


def test_it_writes_nothing_to_stderr_for_which_nbgrader_would_give_no_points():
    source = (
        "import pandas as pd, energykit as ek\n"
        "@ek.stage('hourly')\n"
        "def hourly(readings: pd.DataFrame, *, least: int = 60) -> pd.DataFrame:\n"
        "    return readings\n"
        f"print(ek.exercises.check_own_stage({ADAPTER!r}, hourly))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=True
    )
    assert "hourly" in done.stdout or "rows" in done.stdout
    assert done.stderr == ""
