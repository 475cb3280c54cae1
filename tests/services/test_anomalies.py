"""Anomalies of the households scenario: what each does, and that the labels say so."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energykit.errors import ParameterError
from services.energy_generator.anomalies import KINDS
from services.energy_generator.households import generate

BASE = {"households": 2, "start": "2025-05-05", "days": 4, "step_s": 60, "seed": 11}
LABELS = {"household_id": pl.String, "start": pl.String, "end": pl.String, "kind": pl.String}
VALUES = ["power_consumption", "voltage", "current"]


def run(anomalies, **parameters):
    population = generate(**{**BASE, **parameters}, anomalies=anomalies)
    return pl.concat(population.readings), population.labels


def cut(frame: pl.DataFrame, label: dict) -> pl.DataFrame:
    """Rows of a label's household from its start to just before its end."""
    mine = pl.col("household_id") == label["household_id"]
    return frame.filter(
        mine & (pl.col("timestamp") >= label["start"]) & (pl.col("timestamp") < label["end"])
    )


def values(frame: pl.DataFrame) -> np.ndarray:
    return frame.select(VALUES).to_numpy().T


def effect_is_seen(
    kind: str, clean: pl.DataFrame, dirty: pl.DataFrame, day_before: pl.DataFrame
) -> bool:
    (p, v, i), times = values(clean), clean["timestamp"]
    if kind == "gap":
        return dirty.is_empty()
    if kind == "duplicate":
        return dirty.equals(clean[np.repeat(np.arange(clean.height), 2)])
    p2, v2, i2 = values(dirty)
    same_voltage = np.array_equal(v, v2)
    checks = {
        "spike": lambda: same_voltage and (p2 - p > 9990).all() and (i2 > i + 30).all(),
        "stuck": lambda: (p2 == p[0]).all() and (v2 == v[0]).all() and (i2 == i[0]).all(),
        "day_copy": lambda: np.array_equal(values(dirty), values(day_before)),
        "step_down": lambda: (
            same_voltage
            and (np.abs(p2 / p - np.median(p2 / p)) < 0.6 / p + 0.01).all()
            and (p2 <= 0.72 * p + 1).all()
            and (i2 <= 0.72 * i + 0.01).all()
        ),
        "reverse_flow": lambda: (p2 < 0).all() and p2.min() < -850 and (i2 >= 0).all(),
        "voltage_sag": lambda: np.array_equal(p, p2) and (v2 < 207).all() and (i2 >= i).all(),
        "unit_error": lambda: np.allclose(p2, p / 1000) and same_voltage and np.array_equal(i, i2),
        "clock_drift": lambda: (
            np.array_equal(values(clean), values(dirty))
            and (dirty["timestamp"][1:] < times[1:]).all()
            and dirty["timestamp"].is_sorted()
        ),
    }
    return bool(checks[kind]())


@pytest.mark.parametrize("kind", list(KINDS))
@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**40),
    step_s=st.sampled_from([60, 300, 900]),
    batch_rows=st.sampled_from([1, 65_536]),
)
def test_the_effect_of_a_kind_is_found_where_the_labels_say_and_nowhere_else(
    kind, seed, step_s, batch_rows
):
    parameters = {"seed": seed, "step_s": step_s, "days": 6, "batch_rows": batch_rows}
    clean, none = run(None, **parameters)
    dirty, labels = run({kind: 0.6}, **parameters)
    assert none.is_empty()
    for label in labels.iter_rows(named=True):
        before = {**label, **{key: day_earlier(label[key]) for key in ("start", "end")}}
        assert label["kind"] == kind
        hit = cut(dirty, label)
        assert effect_is_seen(kind, cut(clean, label), hit, cut(clean, before))
    assert outside(clean, labels).equals(outside(dirty, labels))


def day_earlier(stamp: str) -> str:
    moment = np.datetime64(stamp.removesuffix("Z"), "s") - np.timedelta64(1, "D")
    return f"{moment}Z"


def outside(frame: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    for label in labels.iter_rows(named=True):
        mine = pl.col("household_id") == label["household_id"]
        frame = frame.filter(
            ~(mine & (pl.col("timestamp") >= label["start"]) & (pl.col("timestamp") < label["end"]))
        )
    return frame


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**40),
    rate=st.floats(0, 20),
    step_s=st.sampled_from([60, 900, 3600]),
    days=st.integers(1, 20),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Auckland"]),
)
def test_labels_lie_in_the_period_and_do_not_overlap_at_any_rate(seed, rate, step_s, days, zone):
    parameters = {"seed": seed, "step_s": step_s, "days": days, "time_zone": zone}
    population = generate(**{**BASE, **parameters}, anomalies=rate)
    labels = population.labels
    frame = pl.concat(population.readings)
    end = str(np.datetime64("2025-05-05T00:00:00") + np.timedelta64(days, "D")) + "Z"
    assert dict(labels.schema) == LABELS
    assert (labels["start"] >= "2025-05-05T00:00:00Z").all()
    assert (labels["end"] <= end).all()
    assert (labels["start"] < labels["end"]).all()
    for _, one in labels.group_by("household_id"):
        assert one["start"].is_sorted()
        assert (one["start"][1:] >= one["end"][:-1]).all()
    for _, one in frame.group_by("household_id"):
        assert one["timestamp"].is_sorted()
    assert frame.select(pl.col(VALUES).is_finite().all()).row(0) == (True, True, True)


def test_the_rate_is_about_how_many_there_are_per_household_and_day():
    labels = generate(households=300, days=28, anomalies=0.05, seed=5).labels
    assert labels.height / (300 * 28) == pytest.approx(0.05, rel=0.2)
    assert set(labels["kind"]) == set(KINDS)
    assert labels.equals(
        generate(households=300, days=28, anomalies=0.05, seed=5, batch_rows=7).labels
    )


def test_anomalies_of_a_household_do_not_depend_on_the_others():
    few, many = (generate(households=n, days=28, anomalies=0.5).labels for n in (3, 9))
    assert few.equals(many.head(few.height))


def test_a_list_says_exactly_what_happens():
    _, labels = run(
        [
            {
                "household": "HH-1",
                "kind": "gap",
                "start": "2025-05-06T10:00:00Z",
                "duration_s": 1800,
            },
            {
                "household": 0,
                "kind": "spike",
                "start": "2025-05-05T10:00:30Z",
                "duration_s": 60,
                "magnitude": 12_000,
            },
        ]
    )
    assert labels.rows() == [
        ("HH-0", "2025-05-05T10:00:00Z", "2025-05-05T10:01:00Z", "spike"),
        ("HH-1", "2025-05-06T10:00:00Z", "2025-05-06T10:30:00Z", "gap"),
    ]


@pytest.mark.parametrize("batch_rows", [1440, 65_536])
def test_a_copy_of_more_than_a_day_repeats_the_last_good_day(batch_rows):
    given_list = [
        {
            "household": 0,
            "kind": "day_copy",
            "start": "2025-05-06T06:00:00Z",
            "duration_s": 2 * 86400,
        }
    ]
    dirty, labels = run(given_list, batch_rows=batch_rows)
    copied = cut(dirty, labels.row(0, named=True)).select(VALUES)
    clean, _ = run(None)
    good = cut(
        clean,
        {"household_id": "HH-0", "start": "2025-05-05T06:00:00Z", "end": "2025-05-06T06:00:00Z"},
    )
    assert copied.equals(pl.concat([good.select(VALUES)] * 2))


@pytest.mark.parametrize(
    ("anomalies", "parameter", "words"),
    [
        (-1, "anomalies", "a number from 0 to 100"),
        ("gap", "anomalies", "a number"),
        ({"gaps": 1}, "anomalies", "did you mean 'gap'?"),
        ({"gap": "often"}, "anomalies.gap", "a number"),
        ([5], "anomalies[0]", "an object with the keys"),
        ([{"kind": "spyke"}], "anomalies[0].kind", "did you mean 'spike'?"),
        (
            [{"kind": "gap", "household": 7, "start": "2025-05-05"}],
            "anomalies[0].household",
            "0 to 1",
        ),
        ([{"kind": "gap", "household": 0}], "anomalies[0].start", "ISO 8601"),
        (
            [{"kind": "gap", "household": 0, "start": "2026-01-01"}],
            "anomalies[0].start",
            "2025-05-05T00:00:00Z",
        ),
        (
            [{"kind": "day_copy", "household": 0, "start": "2025-05-05"}],
            "anomalies[0].start",
            "2025-05-06T00:00:00Z",
        ),
        (
            [{"kind": "gap", "household": 0, "start": "2025-05-05", "size": 1}],
            "anomalies[0]",
            "duration_s",
        ),
        (
            [{"kind": "gap", "household": 0, "start": "2025-05-05"}] * 2,
            "anomalies[1].start",
            "after the end",
        ),
    ],
)
def test_an_impossible_anomaly_is_named_with_what_is_possible(anomalies, parameter, words):
    with pytest.raises(ParameterError) as caught:
        generate(**BASE, anomalies=anomalies)
    assert caught.value.parameter == parameter
    assert words in str(caught.value)
