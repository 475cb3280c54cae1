"""Clean readings of the households scenario."""

import hashlib
import os
import subprocess
import sys
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energykit.errors import ParameterError
from services.energy_generator.appliances import (
    APPLIANCES,
    BASE_W,
    FRIDGE_W,
    H0_SHARE_W,
    REFERENCE_W,
    VEHICLE,
)
from services.energy_generator.draws import Draws, Stream
from services.energy_generator.events import Segments, interval_means
from services.energy_generator.h0 import H0_W_PER_MWH, day_class, day_factor, relative_load
from services.energy_generator.households import generate
from services.energy_generator.noise import autoregressive

COLUMNS = ["timestamp", "household_id", "power_consumption", "voltage", "current"]
EXACT = {"power_resolution_w": 0, "voltage_resolution_v": 0, "current_resolution_a": 0}


def readings(**parameters) -> pl.DataFrame:
    return pl.concat(generate(**parameters).readings)


def csv_digest(frame: pl.DataFrame) -> str:
    return hashlib.sha256(frame.write_csv().encode()).hexdigest()


parameters = st.fixed_dictionaries(
    {
        "households": st.integers(1, 4),
        "start": st.datetimes(
            datetime.fromisoformat("1971-01-01"), datetime.fromisoformat("2100-01-01")
        ).map(lambda t: t.replace(microsecond=0)),
        "days": st.integers(1, 3),
        "step_s": st.sampled_from([60, 300, 900, 1800, 3600, 7200, 86400]),
        "seed": st.integers(0, 2**63 - 1),
        "annual_kwh": st.floats(100, 20_000),
        "ev_share": st.floats(0, 1),
        "time_zone": st.sampled_from(
            ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]
        ),
        "nominal_v": st.sampled_from([120.0, 230.0, 240.0]),
        "feeder_households": st.integers(1, 60),
        "first_household": st.integers(0, 1000),
    }
)


@settings(max_examples=40, deadline=None)
@given(parameters)
def test_any_valid_parameters_give_possible_readings(given_parameters):
    frame = readings(**given_parameters, **EXACT)
    power, voltage, current = (frame[name].to_numpy() for name in COLUMNS[2:])
    assert frame.columns == COLUMNS
    assert frame.height == generate(**given_parameters).rows
    assert all(np.isfinite(values).all() for values in (power, voltage, current))
    assert (power > 0).all()
    assert (current > 0).all()
    factor = power / (voltage * current)
    assert factor.min() >= 0.85 - 1e-9
    assert factor.max() <= 1 + 1e-9
    nominal = given_parameters["nominal_v"]
    assert voltage.min() >= 0.9 * nominal - 1e-9
    assert voltage.max() <= 1.1 * nominal + 1e-9
    for _, one in frame.group_by("household_id"):
        times = one["timestamp"].str.to_datetime("%Y-%m-%dT%H:%M:%SZ")
        steps = times.diff().drop_nulls().dt.total_seconds()
        assert (steps == given_parameters["step_s"]).all()
        assert times[0] == given_parameters["start"]


@settings(max_examples=25, deadline=None)
@given(parameters, st.integers(1, 40_000))
def test_the_size_of_batches_changes_no_byte(given_parameters, batch_rows):
    whole = readings(**given_parameters, **EXACT, anomalies=2.0)
    parts = readings(**given_parameters, **EXACT, anomalies=2.0, batch_rows=batch_rows)
    assert whole.equals(parts)


@settings(max_examples=25, deadline=None)
@given(parameters, st.integers(0, 3))
def test_a_household_does_not_depend_on_how_many_others_there_are(given_parameters, offset):
    many = readings(**{**given_parameters, "households": 6}, **EXACT)
    first = given_parameters["first_household"] + offset
    alone = readings(**{**given_parameters, "households": 1, "first_household": first}, **EXACT)
    assert alone.equals(many.filter(pl.col("household_id") == f"HH-{first}"))


def test_a_household_does_not_depend_on_where_the_period_starts_or_ends():
    week = readings(households=2, start="2025-03-03", days=7, **EXACT)
    day = readings(households=2, start="2025-03-06T06:00:00Z", days=1, **EXACT)
    inside = week.filter(
        pl.col("timestamp").is_between(
            pl.lit("2025-03-06T06:00:00Z"), pl.lit("2025-03-07T05:59:00Z")
        )
    )
    assert day.equals(inside)


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    code = (
        "import hashlib, polars as pl; "
        "from services.energy_generator.households import generate as g; "
        "f = pl.concat(g(households=3, days=2, seed=7, anomalies=1).readings); "
        "print(hashlib.sha256(f.write_csv().encode()).hexdigest())"
    )
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "PYTHONHASHSEED": "5"}
    there = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    here = csv_digest(readings(households=3, days=2, seed=7, anomalies=1))
    assert there.stdout.strip() == here
    assert here != csv_digest(readings(households=3, days=2, seed=8, anomalies=1))


def test_two_seeds_share_no_noise():
    first, second = (readings(households=1, days=7, seed=seed, **EXACT) for seed in (0, 1))
    change = [frame["voltage"].diff().drop_nulls().to_numpy() for frame in (first, second)]
    assert abs(np.corrcoef(change)[0, 1]) < 0.05


def test_households_share_no_noise_of_their_own_but_the_voltage_of_their_feeder():
    frame = readings(households=3, days=7, feeder_households=2, **EXACT)
    power, voltage = (
        [one[name].to_numpy() for _, one in frame.group_by("household_id", maintain_order=True)]
        for name in ("power_consumption", "voltage")
    )
    assert abs(np.corrcoef(np.diff(power[0]), np.diff(power[1]))[0, 1]) < 0.05
    assert np.corrcoef(voltage[0], voltage[1])[0, 1] > 0.7
    assert np.corrcoef(voltage[0], voltage[2])[0, 1] < 0.6


def test_mean_annual_energy_is_what_was_asked_for():
    frame = readings(households=600, days=364, step_s=86400, ev_share=0.0, seed=4)
    annual = frame.group_by("household_id").agg(pl.col("power_consumption").mean() * 8.76)[
        "power_consumption"
    ]
    assert annual.mean() == pytest.approx(3500, rel=0.06)
    assert np.log(annual.to_numpy()).std() == pytest.approx(0.5, abs=0.08)


def test_voltage_falls_with_the_feeder_load_and_the_own_load():
    frame = readings(households=20, days=7, **EXACT)
    kilowatts = frame["power_consumption"].to_numpy() / 1000
    assert np.polyfit(kilowatts, frame["voltage"].to_numpy(), 1)[0] < -0.3


def test_people_follow_the_local_clock():
    parameters = {
        "households": 60,
        "start": "2025-06-02",
        "days": 5,
        "step_s": 3600,
        "seed": 2,
        "ev_share": 0,
    }
    hour = pl.col("timestamp").str.slice(11, 2).cast(pl.Int32)

    def morning(zone: str) -> int:
        frame = readings(**parameters, time_zone=zone)
        profile = frame.group_by(hour).agg(pl.col("power_consumption").mean()).sort("timestamp")
        return int(profile["power_consumption"].arg_min())

    assert (morning("UTC") - morning("Asia/Tokyo")) % 24 in {8, 9, 10}


def test_interval_means_hold_the_energy_of_what_runs():
    segments = Segments(
        row=np.array([0, 0, 1]),
        start_s=np.array([30, 90, -50]),
        end_s=np.array([90, 400, 60]),
        power_w=np.array([1000.0, 500.0, 60.0]),
        tan=np.array([0.0, 0.5, 0.0]),
    )
    power, reactive = interval_means(segments, 2, np.arange(5) * 60, 60)
    np.testing.assert_allclose(power, [[500, 750, 500, 500, 500], [60, 0, 0, 0, 0]])
    np.testing.assert_allclose(reactive[0], [0, 125, 250, 250, 250])


def test_noise_is_stationary_and_continuous_across_blocks():
    noise = autoregressive(
        Draws(1), Stream.LOAD_NOISE, range(400), range(5, 8), 200, correlation=0.9
    )
    path = noise.reshape(400, 600).astype(float)
    assert path.var() == pytest.approx(1, abs=0.03)
    lagged = (path[:, :-1] * path[:, 1:]).mean(axis=0)
    assert lagged[199] == pytest.approx(0.9, abs=0.15)
    assert lagged.mean() == pytest.approx(0.9, abs=0.03)


def test_the_standard_load_profile_has_the_published_values():
    assert H0_W_PER_MWH.shape == (3, 3, 24)
    assert H0_W_PER_MWH[0, 1, 0] == pytest.approx((70.84 + 68.16 + 65.92 + 63.24) / 4, abs=0.06)
    year = np.arange(20089, 20089 + 365) * 86400
    quarter_hours = (year[:, None] + np.arange(96) * 900).ravel()
    assert relative_load(quarter_hours).mean() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("day", "factor"), [(1, 1.242), (182, 0.8), (365, 1.24)])
def test_dynamisation_is_high_in_winter_and_low_in_summer(day, factor):
    assert day_factor(np.array([day]))[0] == pytest.approx(factor, abs=0.05)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2025-03-20", 0),
        ("2025-03-21", 3),
        ("2025-03-22", 4),
        ("2025-05-15", 6),
        ("2025-09-14", 8),
        ("2025-11-01", 1),
    ],
)
def test_seasons_and_kinds_of_day_are_those_of_the_procedure(date, expected):
    days = np.array([date], dtype="datetime64[D]").astype(np.int64)
    assert day_class(days)[0][0] == expected


def test_appliances_add_up_to_the_reference_energy():
    uses = sum(a.per_day * a.energy_wh * a.ownership / 24 for a in APPLIANCES if a.name != VEHICLE)
    assert uses + BASE_W + FRIDGE_W + H0_SHARE_W == pytest.approx(REFERENCE_W)
    assert all(a.per_day > 0 for a in APPLIANCES)


def test_a_coarse_meter_shows_multiples_of_its_resolution():
    frame = readings(
        households=1,
        days=1,
        power_resolution_w=2,
        voltage_resolution_v=0.01,
        current_resolution_a=0.2,
    )
    assert (frame["power_consumption"].to_numpy() % 2 == 0).all()
    np.testing.assert_allclose(
        frame["current"].to_numpy() * 5, np.rint(frame["current"].to_numpy() * 5), atol=1e-9
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("households", 0, "a whole number from 1 to"),
        ("households", True, "a whole number"),
        ("days", -1, "a number from 0"),
        ("days", 0, "a period > 0"),
        ("days", float("nan"), "a number from 0"),
        ("step_s", 7, "the nearest is 6"),
        ("step_s", 61.5, "a whole number"),
        ("start", "yesterday", "an ISO 8601 moment"),
        ("seed", -1, "a whole number from 0"),
        ("ev_share", 1.5, "a number from 0 to 1"),
        ("time_zone", "Europe/Atlantis", "a name of the tz database"),
        ("batch_rows", 0, "a whole number from 1"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_what_can(name, value, words):
    with pytest.raises(ParameterError) as caught:
        generate(**{name: value})
    assert caught.value.parameter == name
    assert repr(value) in str(caught.value)
    assert words in str(caught.value)


def test_whole_numbers_may_come_as_json_readers_give_them():
    assert readings(households=2.0, days=1, step_s=900.0, seed=3.0).height == 192
