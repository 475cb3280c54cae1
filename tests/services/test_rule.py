"""The original rule: Python's rounding, its boundary, and readings without a power factor."""

import math
import random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.energy_analyzer.rule import Undefined, apply_rule, power_factor, rounded


def judged(*readings):
    columns = ("power_consumption", "voltage", "current")
    frame = pl.DataFrame(
        [dict(zip(columns, map(float, reading), strict=True)) for reading in readings]
    )
    frame = frame.with_columns(
        timestamp=pl.lit("2025-01-01T00:00:00Z"), household_id=pl.lit("HH-0")
    )
    undefined = Undefined()
    return pl.concat(apply_rule(frame.lazy(), undefined)), undefined


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_is_pythons(value):
    assert rounded(np.array([value]))[0] == round(value, 3)


def test_rounding_is_pythons_at_and_beside_every_tie():
    ties = np.array([k / 2000 for k in range(1, 8001, 2)])
    values = np.concatenate([ties, np.nextafter(ties, 9), np.nextafter(ties, -9)])
    values = np.concatenate([values, -values, values * 1e6])
    assert rounded(values).tolist() == [round(value, 3) for value in values.tolist()]


def test_rounding_is_pythons_for_quotients_of_readings():
    pick = random.Random(3)
    power = np.array([round(pick.uniform(0, 9000), pick.randint(0, 3)) for _ in range(50_000)])
    voltage = np.array([round(pick.uniform(220, 250), 2) for _ in range(50_000)])
    current = np.array([round(pick.uniform(0.2, 40), 1) for _ in range(50_000)])
    expected = [
        round(p / (v * i), 3)
        for p, v, i in zip(power.tolist(), voltage.tolist(), current.tolist(), strict=True)
    ]
    assert rounded(power_factor(power, voltage, current)).tolist() == expected


@pytest.mark.parametrize(
    ("power", "efficiency", "flagged"), [(22.885, 0.1, False), (22.8827, 0.099, True)]
)
def test_the_boundary(power, efficiency, flagged):
    report, _ = judged((power, 230, 1))
    assert report["efficiency"][0] == pytest.approx(efficiency, abs=1e-7)
    assert report["anomaly_detected"][0] is flagged


def test_a_known_power_factor():
    report, _ = judged((1150, 230, 10))
    assert report["efficiency"][0] == 0.5


def test_negative_power_is_flagged():
    report, _ = judged((-500, 230, 5))
    assert report["anomaly_detected"][0] is True


@pytest.mark.parametrize(
    "reading", [(5, 230, 0), (5, 0, 3), (5, 1e-200, 1e-200), (1e30, 1e-300, 1)]
)
def test_a_reading_without_power_factor_is_left_out_and_counted(reading):
    report, undefined = judged((1150, 230, 10), reading, (1150, 230, 10), reading)
    assert report.height == 2
    assert (undefined.rows, undefined.first) == (2, 1)


def test_positions_go_on_from_batch_to_batch():
    good = pl.DataFrame(
        {"power_consumption": [1150.0], "voltage": [230.0], "current": [10.0]}
    ).sample(100_000, with_replacement=True)
    bad = good.head(1).with_columns(current=0.0)
    frame = pl.concat([good, bad]).with_columns(
        timestamp=pl.lit("2025-01-01T00:00:00Z"), household_id=pl.lit("HH-0")
    )
    undefined = Undefined()
    assert sum(part.height for part in apply_rule(frame.lazy(), undefined)) == 100_000
    assert undefined.first == 100_000


def test_no_readings_give_an_empty_report():
    report, undefined = judged((1150, 230, 10))
    empty = pl.concat(
        apply_rule(
            report.clear()
            .select("timestamp", "household_id")
            .with_columns(power_consumption=pl.lit(0.0), voltage=pl.lit(0.0), current=pl.lit(0.0))
            .lazy(),
            undefined,
        )
    )
    assert empty.schema == report.schema
    assert empty.is_empty()


def test_quantities_are_32_bit_floats():
    report, _ = judged((120.5, 230, 5.1))
    assert report.schema["power"] == pl.Float32
    assert float(report["efficiency"][0]) == 0.10300000011920929
    assert not math.isnan(report["power"][0])
