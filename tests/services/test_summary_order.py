"""The summary of a report in any order, with repeated readings: the same numbers."""

import random
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energykit.readings import Timeline, moment, order
from tests.services.summaries import START, analysis, summed, value


def known_answers(frame):
    """Every line but those that say what was wrong with the order and with timestamps."""
    lines = summed(*frame.iter_slices(7))
    names = ("duplicate", "out_of_order", "rows", "anomalies")
    return {metric: line for metric, line in lines.items() if not metric.startswith(names)}


def same_numbers(left, right):
    assert left.keys() == right.keys()
    for metric, (text, unit) in left.items():
        other, unit_too = right[metric]
        assert unit == unit_too
        try:
            assert float(other) == pytest.approx(float(text), rel=1e-9, abs=1e-9), metric
        except ValueError:
            assert text == other, metric


def test_newest_first_gives_the_energy_and_is_counted():
    frame = analysis([500] * 4, step_s=3600).reverse()
    lines = summed(frame)
    assert value(lines, "energy") == pytest.approx(2)
    assert value(lines, "measured[household=HH-0]") == pytest.approx(4)
    assert value(lines, "mean_power[household=HH-0]") == pytest.approx(500)
    assert lines["out_of_order[household=HH-0]"][0] == "3"
    assert lines["period_start"][0] == "2025-01-01T00:00:00Z"
    assert value(lines, "step[household=HH-0]") == 3600


def test_overlapping_downloads_count_no_time_twice():
    hours = analysis([1000] * 6, step_s=3600)
    lines = summed(hours.head(4), hours.tail(4))
    assert value(lines, "energy") == pytest.approx(6)
    assert value(lines, "measured[household=HH-0]") == pytest.approx(6)
    assert lines["duplicate_timestamps[household=HH-0]"][0] == "2"


def test_a_logger_that_jitters_loses_nothing():
    lags = [0, 6, 7, 8, 6, 6, 7, 8, 6, 6, 7, 8, 6, 6, 7, 8]
    seconds = [sum(lags[: n + 1]) for n in range(16)]
    frame = pl.concat(
        analysis([3000], start=START + timedelta(seconds=second)) for second in seconds
    )
    lines = summed(frame)
    assert value(lines, "measured[household=HH-0]") == pytest.approx((102 + 6) / 3600)
    assert value(lines, "energy") == pytest.approx(3 * 108 / 3600)
    assert lines["gaps[household=HH-0]"][0] == "0"


def test_what_a_reading_says_of_its_time_counts():
    frame = analysis([1000] * 3, step_s=3600).with_columns(interval_s=pl.lit(900.0))
    lines = summed(frame)
    assert value(lines, "energy") == pytest.approx(0.75)
    assert (lines["gaps[household=HH-0]"][0], lines["missing_readings[household=HH-0]"][0]) == (
        "2",
        "6",
    )
    assert value(lines, "step[household=HH-0]") == 900
    longer = analysis([1000] * 3, step_s=3600).with_columns(interval_s=pl.lit(7200.0))
    assert value(summed(longer), "measured[household=HH-0]") == pytest.approx(4)


@given(st.integers(0, 10_000), st.sampled_from(["order", "twice", "said", "both"]))
@settings(max_examples=40, deadline=None)
def test_order_duplication_and_said_intervals_change_no_number(seed, change):
    pick = random.Random(seed)
    steps = [pick.choice([300, 300, 300, 900, 21_600]) for _ in range(2)]
    frame = pl.concat(
        analysis(
            [None if pick.random() < 0.08 else pick.uniform(-500, 9000) for _ in range(90)],
            step_s=step,
            household=f"HH-{n}",
        )
        for n, step in enumerate(steps)
    )
    expected = known_answers(frame)
    if change in {"twice", "both"}:
        frame = pl.concat([frame, frame.slice(20, 60)])
    if change in {"order", "both"}:
        frame = frame.sample(fraction=1, shuffle=True, seed=seed)
    if change == "said":
        frame = with_said_intervals(frame)
    same_numbers(expected, known_answers(frame))


def with_said_intervals(frame):
    """The same readings, saying themselves what the rule infers."""
    timeline = Timeline()
    moments = frame.with_columns(moment().alias("moment"))
    rows = pl.concat([timeline.add(moments), timeline.end()])
    said = rows.with_columns(interval_s=pl.col("stands_us") / 1e6)
    return said.select(*frame.columns, "interval_s")


def test_a_large_file_out_of_order_is_sorted_part_by_part(monkeypatch):
    frame = analysis([100 + n % 50 for n in range(4000)], step_s=900)
    expected = known_answers(frame)
    monkeypatch.setattr(order, "_PART_ROWS", 500)
    parts = list(
        order.sort_by_time(
            lambda: [frame.reverse().select("household_id", moment().alias("moment"), "power")],
            part_rows=500,
        )
    )
    assert max(part.height for part in parts) <= 500
    assert pl.concat(parts)["moment"].is_sorted()
    same_numbers(expected, known_answers(frame.reverse()))
