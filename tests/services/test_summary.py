"""The summary: known answers, gaps that are not bridged, and the same sums however the file is cut."""

import random
from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.report_generator.report import summary_name
from services.report_generator.summary import Summary

START = datetime(2025, 1, 1)  # noqa: DTZ001 - a wall clock


def analysis(powers, *, step_s=60, household="HH-0", start=START, suffix="Z"):
    """Readings at even steps; None for a reading that is missing."""
    rows = [
        (
            (start + timedelta(seconds=n * step_s)).isoformat() + suffix,
            household,
            float(power),
            0.5,
            False,
            "",
        )
        for n, power in enumerate(powers)
        if power is not None
    ]
    columns = ["timestamp", "household_id", "power", "efficiency", "anomaly_detected", "reasons"]
    schema = dict(
        zip(
            columns,
            [pl.String, pl.String, pl.Float64, pl.Float64, pl.Boolean, pl.String],
            strict=True,
        )
    )
    return pl.DataFrame(rows, schema=schema, orient="row")


def summed(*batches, **options):
    summary = Summary()
    for batch in batches:
        summary.add(batch)
    return {metric: (value, unit) for metric, value, unit in summary.lines(**options).iter_rows()}


def value(lines, metric):
    return float(lines[metric][0])


def test_a_kilowatt_for_a_day_is_24_kwh():
    lines = summed(analysis([1000] * 1440))
    assert lines["energy"][1] == "kWh"
    assert value(lines, "energy") == pytest.approx(24, rel=1e-12)
    assert value(lines, "energy[household=HH-0]") == pytest.approx(24, rel=1e-12)
    assert value(lines, "energy[household=HH-0 day=2025-01-01]") == pytest.approx(24, rel=1e-12)
    assert value(lines, "load_factor[household=HH-0]") == pytest.approx(1)
    assert value(lines, "base_load[household=HH-0]") == 1000
    assert value(lines, "measured[household=HH-0]") == pytest.approx(24)
    assert lines["gaps[household=HH-0]"] == ("0", "")


def test_a_hole_of_six_hours_is_reported_and_not_bridged():
    lines = summed(analysis([1000] * 600 + [None] * 360 + [1000] * 480))
    assert value(lines, "energy") == pytest.approx(18, rel=1e-12)
    assert value(lines, "measured[household=HH-0]") == pytest.approx(18)
    assert lines["gaps[household=HH-0]"][0] == "1"
    assert lines["missing_readings[household=HH-0]"][0] == "360"
    assert value(lines, "longest_gap[household=HH-0]") == pytest.approx(361 / 60)
    assert value(lines, "load_factor[household=HH-0]") == pytest.approx(1)


def test_a_single_spike_makes_the_peak_demand():
    powers = [1000.0] * 1440
    powers[700] = 2000.0
    lines = summed(analysis(powers))
    assert value(lines, "peak_demand[household=HH-0]") == pytest.approx((14 * 1000 + 2000) / 15)
    assert lines["peak_demand_start[household=HH-0]"][0] == "2025-01-01T11:30:00"
    assert value(lines, "peak_power[household=HH-0]") == 2000


def test_a_quarter_with_a_missing_reading_is_no_peak():
    lines = summed(analysis([1000.0] * 15 + [None, *[3000.0] * 14] + [1000.0] * 15))
    assert value(lines, "peak_demand[household=HH-0]") == 1000


def test_hourly_readings_stand_for_hours():
    lines = summed(analysis([1000, 2000, 3000], step_s=3600))
    assert value(lines, "energy") == pytest.approx(6)
    assert value(lines, "peak_demand[household=HH-0]") == 3000
    assert value(lines, "step[household=HH-0]") == 3600


def test_readings_of_one_timestamp_count_once():
    once = analysis([1000] * 60)
    twice = pl.concat([once, once]).sort("timestamp", maintain_order=True)
    lines = summed(twice)
    assert value(lines, "energy") == pytest.approx(1)
    assert lines["duplicate_timestamps[household=HH-0]"][0] == "60"


def test_readings_out_of_order_are_counted():
    frame = analysis([1000] * 60)
    lines = summed(pl.concat([frame.tail(30), frame.head(30)]))
    assert lines["out_of_order[household=HH-0]"][0] == "1"
    assert value(lines, "energy") == pytest.approx(1)


def test_base_load_is_the_fifth_percentile():
    lines = summed(analysis(range(1, 101)))
    assert value(lines, "base_load[household=HH-0]") == 5


def test_shares_of_the_power_factor_and_anomalies_by_reason():
    factors = [0.1, 0.99, 1.0, 1.2, float("nan"), -0.5, 0.05, 0.95]
    reasons = ["", "", "", "power_factor_range;stuck", "undefined", "stuck", "stuck", ""]
    frame = analysis([1000] * 8).with_columns(
        efficiency=pl.Series(factors, dtype=pl.Float32),
        reasons=pl.Series(reasons),
        anomaly_detected=pl.Series([bool(reason) for reason in reasons]),
    )
    lines = summed(frame)
    shares = {
        metric: float(entry[0])
        for metric, entry in lines.items()
        if metric.startswith("power_factor_share")
    }
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["power_factor_share[0.1 to 0.2]"] == 0.125
    assert shares["power_factor_share[0.9 to 1]"] == 0.25
    assert shares["power_factor_share[1 to 1.1]"] == 0.125
    assert shares["power_factor_share[undefined]"] == 0.125
    assert lines["anomalies"][0] == "4"
    assert lines["anomalies[reason=stuck]"][0] == "3"


def test_energy_of_flagged_readings_is_told_and_part_of_the_whole():
    copied = pl.int_range(pl.len()).is_between(60, 149)
    home = analysis([1000] * 1440).with_columns(anomaly_detected=copied)
    other = analysis([2000] * 1440, household="HH-1")
    lines = summed(*home.iter_slices(100), other)
    assert value(lines, "energy") == pytest.approx(72, rel=1e-12)
    assert lines["energy_flagged"][1] == "kWh"
    assert value(lines, "energy_flagged") == pytest.approx(1.5, rel=1e-12)
    assert value(lines, "energy_flagged[household=HH-0]") == pytest.approx(1.5, rel=1e-12)
    assert value(lines, "energy_flagged[household=HH-1]") == 0


def test_what_was_left_out_is_told():
    assert summed(analysis([1]), rows_skipped=7)["rows_skipped"] == ("7", "")


def test_an_empty_report_has_a_summary():
    assert summed(analysis([])) == {"rows": ("0", ""), "rows_skipped": ("0", "")}


def test_a_single_reading_has_no_duration():
    lines = summed(analysis([1000]))
    assert value(lines, "energy") == 0
    assert lines["load_factor[household=HH-0]"][0] == ""


def test_a_lone_reading_stands_for_the_step_of_the_others():
    lines = summed(analysis([1000] * 60), analysis([600], household="HH-1"))
    assert value(lines, "energy[household=HH-1]") == pytest.approx(0.01)


@given(st.integers(0, 10_000), st.lists(st.integers(1, 400), max_size=6))
@settings(max_examples=60, deadline=None)
def test_energy_adds_up_under_any_partition(seed, cuts):
    pick = random.Random(seed)
    series = [
        analysis(
            [None if pick.random() < 0.05 else pick.uniform(-500, 9000) for _ in range(400)],
            step_s=300,
            household=f"HH-{n}",
            start=START + timedelta(hours=7 * n),
        )
        for n in range(3)
    ]
    frame = pl.concat(series)
    if pick.random() < 0.5:
        frame = frame.sort("timestamp", maintain_order=True)
    whole = summed(frame)
    places = sorted({0, frame.height, *(cut * 3 for cut in cuts)})
    parts = summed(*(frame[low:high] for low, high in pairwise(places)))
    assert parts.keys() == whole.keys()
    for metric in whole:
        if (
            metric not in {"period_start", "period_end"}
            and "start" not in metric
            and whole[metric][0]
        ):
            assert value(parts, metric) == pytest.approx(value(whole, metric), rel=1e-9, abs=1e-12)
    total = value(whole, "energy")
    for key in ("energy[household=HH-", "energy[day="):
        shares = [
            value(whole, m)
            for m in whole
            if m.startswith(key) and not (key[7] == "h" and " day=" in m)
        ]
        assert sum(shares) == pytest.approx(total, rel=1e-9)
    each = [
        value(whole, metric)
        for metric in whole
        if metric.startswith("energy[household") and " day=" in metric
    ]
    assert sum(each) == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize(
    ("report", "summary"),
    [
        ("energy_report.csv", "energy_summary.csv"),
        ("out.parquet", "out_summary.csv"),
        ("report", "summary.csv"),
    ],
)
def test_the_summary_is_named_after_the_report(report, summary):
    assert summary_name(report) == summary
