import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energykit.plots.frames import Series
from energykit.plots.thinning import drawn, isolated, thinned


def minutes(size: int) -> np.ndarray:
    return np.datetime64("2006-12-16T17:24", "ns") + np.arange(size) * np.timedelta64(1, "m")


def test_four_years_of_minutes_keep_their_extremes_and_ends():
    power = np.random.default_rng(3).gamma(1.0, 1000.0, 2_075_259)
    kept = thinned(minutes(power.size), power)
    assert kept.size <= 4 * 4000
    assert {0, power.size - 1, int(power.argmax()), int(power.argmin())} <= set(kept.tolist())


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(1, 20))
def test_every_interval_keeps_its_highest_and_lowest_reading(values, intervals):
    power, times = np.array(values), minutes(len(values))
    kept = thinned(times, power, intervals=intervals)
    assert (np.diff(kept) > 0).all()
    if power.size <= 4 * intervals:
        assert kept.size == power.size
        return
    ticks = (times - times[0]).astype(int)
    interval = ticks // (int(ticks[-1]) // intervals + 1)
    for number in np.unique(interval):
        inside = power[interval == number]
        left = power[kept[interval[kept] == number]]
        assert (left.max(), left.min(), left[0], left[-1]) == (
            inside.max(),
            inside.min(),
            inside[0],
            inside[-1],
        )
        assert left.size <= 4


def test_an_unknown_reading_stays_unknown():
    power = np.ones(100)
    power[50] = np.nan
    assert 50 in thinned(minutes(100), power, intervals=5)


def minutely(times) -> Series:
    """Readings of one household, each of a minute."""
    gaps = np.flatnonzero(np.diff(times) > np.timedelta64(60, "s")) + 1
    return Series("H", times, np.ones(times.size), np.full(times.size, 60_000_000), gaps)


@pytest.mark.parametrize("size", [300, 100_000])
def test_a_gap_breaks_the_line_at_any_length(size):
    times = np.delete(minutes(size), slice(100, 200))
    readings = minutely(times)
    shown, power = drawn(readings)
    (hole,) = np.flatnonzero(np.isnan(power))
    assert (shown[hole - 1], shown[hole + 1]) == (times[99], times[100])
    assert shown[hole - 1] < shown[hole] < shown[hole + 1]


def test_readings_that_stand_alone_are_found():
    times = minutes(10)[[0, 1, 4, 7, 8]]
    readings = minutely(times)
    assert isolated(readings).tolist() == [2]
    assert isolated(minutely(times[:1])).tolist() == [0]
