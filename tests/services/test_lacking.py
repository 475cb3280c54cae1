"""Readings without voltage or current, inverters at night, power fed in: sound, and said once."""

import math

import polars as pl
import pytest

from services.energy_analyzer.analysis import Measured, analyse, idle_detectors
from services.energy_analyzer.detectors import DETECTORS
from services.energy_analyzer.rule import Undefined, apply_rule


def readings(*rows, interval_s=None):
    """Readings a minute apart: power, voltage, current."""
    frame = pl.DataFrame(
        {
            "timestamp": [f"2025-01-01T{n // 60:02}:{n % 60:02}:00Z" for n in range(len(rows))],
            "household_id": ["HH-0"] * len(rows),
            "power_consumption": [row[0] for row in rows],
            "voltage": [row[1] for row in rows],
            "current": [row[2] for row in rows],
        },
        schema_overrides=dict.fromkeys(("power_consumption", "voltage", "current"), pl.Float64),
    )
    return frame if interval_s is None else frame.with_columns(interval_s=pl.lit(interval_s))


def by_rule(frame):
    undefined = Undefined()
    return pl.concat(apply_rule(frame.lazy(), undefined)), undefined


def flagged(frame, *detectors, **options):
    return pl.concat(analyse(frame.lazy(), list(detectors), **options))


SOUND = [(500.0, None, 3.0), (500.0, 230.0, None), (500.0, None, None), (0.0, 230.0, 0.0)]


@pytest.mark.parametrize("row", SOUND)
def test_the_original_rule_keeps_what_has_no_power_factor(row):
    report, undefined = by_rule(readings((1150.0, 230.0, 10.0), row))
    assert report["efficiency"].to_list() == [0.5, None]
    assert report["anomaly_detected"].to_list() == [False, False]
    assert undefined.rows == 0


@pytest.mark.parametrize("row", [(500.0, 230.0, 0.0), (500.0, 0.0, 3.0), (0.0, 0.0, 3.0)])
def test_power_without_apparent_power_stays_a_fault(row):
    report, undefined = by_rule(readings((1150.0, 230.0, 10.0), row))
    assert (report.height, undefined.rows, undefined.first) == (1, 1, 1)
    judged = flagged(readings(row), "power_factor_range")
    assert judged["reasons"][0].split(";")[-1] == "undefined" or "undefined" in judged["reasons"][0]
    assert math.isnan(judged["efficiency"][0])


@pytest.mark.parametrize("row", SOUND)
def test_no_detector_takes_what_is_lacking_for_a_fault(row):
    judged = flagged(readings(row), "power_factor_range", "efficiency_below", "voltage_band")
    assert judged.select("efficiency", "status", "reasons").rows() == [(None, "OK", "")]


@pytest.mark.parametrize("current", [4.0, -4.0])
def test_power_fed_in_is_no_fault_of_the_power_factor_whatever_the_currents_sign(current):
    judged = flagged(readings((-900.0, 230.0, current)), "power_factor_range")
    assert judged["status"].to_list() == ["OK"]
    poor = flagged(readings((-90.0, 230.0, current)), "power_factor_range")
    assert poor["status"].to_list() == ["power_factor_range"]


def test_a_detector_without_anything_to_look_at_is_named_once():
    measured = Measured()
    frame = readings(*[(500.0 + n, None, 3.0) for n in range(200)])
    flagged(frame, *DETECTORS, measured=measured, batch_rows=50)
    assert idle_detectors(list(DETECTORS), measured) == [
        f"{name} had nothing to look at: no reading has a voltage"
        for name in ("voltage_band", "power_factor_range", "efficiency_below")
    ]


def test_power_alone_is_not_enough_for_repetition():
    measured = Measured()
    frame = readings(*[(60.0, None, None)] * 50)
    judged = flagged(frame, "stuck", "day_copy", measured=measured)
    assert set(judged["status"]) == {"OK"}
    assert idle_detectors(["stuck", "day_copy"], measured) == [
        f"{name} had nothing to look at: no reading has a voltage or current"
        for name in ("stuck", "day_copy")
    ]


def test_a_stuck_meter_without_a_voltage_is_seen_by_its_current():
    judged = flagged(readings(*[(60.0, None, 0.3)] * 6), "stuck")
    assert judged["status"].to_list() == ["stuck"] * 6


def test_one_reading_with_a_voltage_is_enough_to_look_at():
    measured = Measured()
    flagged(readings((1.0, None, 1.0), (1.0, 230.0, 1.0)), "voltage_band", measured=measured)
    assert idle_detectors(["voltage_band"], measured) == []


def test_how_long_a_reading_stands_is_handed_on():
    frame = readings((1150.0, 230.0, 10.0), (500.0, None, None), interval_s=60.0)
    assert by_rule(frame)[0]["interval_s"].to_list() == [60.0, 60.0]
    assert flagged(frame, "stuck")["interval_s"].to_list() == [60.0, 60.0]
    assert "interval_s" not in by_rule(frame.drop("interval_s"))[0].columns


def test_hours_are_those_of_the_zone():
    """A load at noon UTC is at 13 h of winter and 14 h of summer: unusual on a clock that turns."""
    hours = [
        (
            f"2025-01-{day:02}T{hour:02}:{quarter:02}:00Z",
            3000.0 if hour == 12 else 100.0 + 5 * (day % 3),
        )
        for day in range(1, 15)
        for hour in range(24)
        for quarter in (0, 15, 30, 45)
    ]
    frame = pl.DataFrame(
        {
            "timestamp": [stamp for stamp, _ in hours],
            "household_id": ["HH-0"] * len(hours),
            "power_consumption": [power for _, power in hours],
            "voltage": [230.0] * len(hours),
            "current": [20.0] * len(hours),
        }
    )
    summer = frame.head(3 * 96).with_columns(pl.col("timestamp").str.replace("2025-01", "2025-07"))
    both = pl.concat([frame, summer])
    utc = flagged(both, "robust_z")
    local = flagged(both, "robust_z", time_zone="Europe/Berlin")
    assert not utc["anomaly_detected"].any()
    assert local["anomaly_detected"].any()
