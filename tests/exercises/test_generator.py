"""The check of notebook 03: stages are served for real; each missing property is named."""

import itertools

import numpy as np
import pandas as pd
import pytest

from energykit.exercises import check_home
from energykit.serving import stage

COUNTER = itertools.count()


def made(
    days,
    seed,
    *,
    evening_w=900,
    scale=1.0,
    factor=0.95,
    start="2026-01-01",
    freq="15min",
    same_days=False,
):
    rng = np.random.default_rng(seed)
    stamps = pd.date_range(start, periods=96 * days, freq=freq, tz="UTC")
    shaken = rng.uniform(0.8, 1.2, 96 * days)
    if same_days:
        shaken = np.tile(shaken[:96], days)
    power = scale * np.where((stamps.hour >= 18) & (stamps.hour < 22), evening_w, 250) * shaken
    voltage = np.full(96 * days, 230.0)
    columns = {
        "timestamp": stamps,
        "household_id": "mine",
        "power_consumption": power,
        "voltage": voltage,
    }
    return pd.DataFrame(columns | {"current": power / voltage / factor})


@stage("home")
def home(*, days: int = 1, seed: int = 0) -> pd.DataFrame:
    return made(days, seed)


@pytest.mark.parametrize("seed", [0, 1, 20260131])
def test_a_right_one(seed):
    verdict = check_home(home, seed=seed)
    assert verdict, verdict
    assert "five calls" in verdict.text


@stage("clock")
def clock(*, days: int = 1, seed: int = 0) -> pd.DataFrame:
    return made(days, seed + next(COUNTER))


@stage("deaf")
def deaf(*, days: int = 1, seed: int = 0) -> pd.DataFrame:
    return made(days, 1)


@stage("night")
def night(*, days: int = 1, seed: int = 0) -> pd.DataFrame:
    return made(days, seed, evening_w=300)


@stage("factory")
def factory(*, days: int = 1, seed: int = 0) -> pd.DataFrame:
    return made(days, seed, scale=3)


@stage("heavy")
def heavy(*, days: int = 1, seed: int = 0) -> pd.DataFrame:
    return made(days, seed, scale=10)


@stage("magic")
def magic(*, days: int = 1, seed: int = 0) -> pd.DataFrame:
    return made(days, seed, factor=1.3)


@stage("copied")
def copied(*, days: int = 1, seed: int = 0) -> pd.DataFrame:
    return made(days, seed, same_days=True)


@stage("late")
def late(*, days: int = 1, seed: int = 0) -> pd.DataFrame:
    return made(days, seed, start="2026-01-02")


@stage("nameless")
def nameless(*, days: int = 1, seed: int = 0) -> pd.DataFrame:
    return made(days, seed).drop(columns="household_id")


@stage("broken")
def broken(*, days: int = 1, seed: int = 0) -> pd.DataFrame:
    raise ValueError("no tea today")


@pytest.mark.parametrize(
    ("answer", "text", "hint"),
    [
        (clock, "the same seed gave two different files", "no clock"),
        (deaf, "another seed gave the same file", "the seed made"),
        (night, "18 to 22 h has a mean", "people cook"),
        (factory, "a day has", "quarter of an hour"),
        (heavy, "power_consumption goes from", "were asked for"),
        (magic, "the power factor goes up to 1.3", "more work than flows"),
        (copied, "a day equals the day before", "repeats itself"),
        (late, "the first at 2026-01-02", "from 2026-01-01"),
        (nameless, "the columns are", "the contract has"),
        (broken, "no tea today", ""),
        (made, "the stage is <function", "@ek.stage"),
    ],
)
def test_what_is_missing_is_reported(answer, text, hint):
    verdict = check_home(answer)
    assert not verdict
    assert text in verdict.text, verdict
    assert hint in verdict.hint, verdict
