"""The summary: known answers, gaps not bridged, the same sums however the file is cut."""

import random
from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.report_generator.report import summary_name
from tests.services.summaries import START, analysis, summed, value


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


def test_drawn_and_fed_in_are_two_numbers():
    lines = summed(analysis([1000, -400, 500, -100], step_s=3600))
    assert value(lines, "energy_import") == pytest.approx(1.5)
    assert value(lines, "energy_export") == pytest.approx(0.5)
    assert value(lines, "energy") == pytest.approx(1.0)
    for group in ("household=HH-0", "day=2025-01-01", "household=HH-0 day=2025-01-01"):
        assert value(lines, f"energy_export[{group}]") == pytest.approx(0.5)
        assert value(lines, f"energy_import[{group}]") == pytest.approx(1.5)


def test_a_reading_that_stands_past_midnight_counts_in_both_days():
    frame = analysis([1000, 1000], step_s=43200, start=START + timedelta(hours=18))
    lines = summed(frame)
    assert value(lines, "energy[day=2025-01-01]") == pytest.approx(6)
    assert value(lines, "energy[day=2025-01-02]") == pytest.approx(18)


@pytest.mark.parametrize(
    ("zone", "first", "day", "hours"),
    [
        ("Europe/Berlin", datetime(2025, 3, 29, 23), "2025-03-30", 23),
        ("Europe/Berlin", datetime(2025, 10, 25, 22), "2025-10-26", 25),
        ("+10:00", datetime(2025, 10, 4, 14), "2025-10-05", 24),
    ],
)
@pytest.mark.parametrize("step_s", [900, 7200])
def test_days_of_a_zone_have_its_hours(zone, first, day, hours, step_s):
    rows = 3 * 86400 // step_s
    frame = analysis([1000] * rows, step_s=step_s, start=first - timedelta(days=1))
    lines = summed(*frame.iter_slices(31), time_zone=zone)
    assert value(lines, f"energy[day={day}]") == pytest.approx(hours)
    assert value(lines, "energy") == pytest.approx(72)
    assert lines["time_zone"] == (zone, "")


def test_the_peak_starts_by_the_clock_of_the_zone():
    powers = [1000.0] * 96
    powers[40] = 2000.0
    lines = summed(analysis(powers, step_s=900), time_zone="Europe/Berlin")
    assert lines["peak_demand_start[household=HH-0]"][0] == "2025-01-01T11:00:00"
    plain = summed(analysis(powers, step_s=900, suffix=""), time_zone="Europe/Berlin")
    assert plain["peak_demand_start[household=HH-0]"][0] == "2025-01-01T10:00:00"
    assert "time_zone" not in plain


def test_the_load_factor_does_not_depend_on_the_step():
    minutes = [1000.0 + 500 * (n % 15 == 0) for n in range(1440)]
    quarters = [sum(minutes[n : n + 15]) / 15 for n in range(0, 1440, 15)]
    fine, coarse = summed(analysis(minutes)), summed(analysis(quarters, step_s=900))
    for metric in ("load_factor[household=HH-0]", "peak_demand[household=HH-0]", "energy"):
        assert value(fine, metric) == pytest.approx(value(coarse, metric))
    assert value(fine, "load_factor[household=HH-0]") == pytest.approx(1)


def test_shares_and_base_load_go_by_time():
    day = analysis([100] * 12, step_s=7200)
    minutes = analysis([1000] * 120, step_s=60, start=START + timedelta(days=1))
    frame = pl.concat(
        [
            day.with_columns(efficiency=0.95),
            minutes.with_columns(efficiency=pl.lit(None, pl.Float64)),
        ]
    )
    lines = summed(frame)
    assert value(lines, "power_factor_share[0.9 to 1]") == pytest.approx(24 / 26)
    assert value(lines, "power_factor_share[none]") == pytest.approx(2 / 26)
    assert value(lines, "base_load[household=HH-0]") == 100
