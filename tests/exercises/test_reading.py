"""The check of notebook 01: right answers pass on every seed; invented energy is refused."""

import math

import numpy as np
import pytest

from energykit.exercises import check_reading


def factor(power, voltage, current):
    apparent = voltage * current
    return power / apparent if apparent else float("nan")


def durations(readings, at_most_min):
    minutes = -readings["timestamp"].diff(-1).dt.total_seconds() / 60
    return minutes.fillna(at_most_min).clip(upper=at_most_min)


def energy(readings, at_most_min):
    return (readings["power_consumption"] * durations(readings, at_most_min) / 60).sum() / 1000


def energy_by_loop(readings, at_most_min):
    rows = list(zip(readings["timestamp"], readings["power_consumption"], strict=True))
    total = 0.0
    for at, (when, power) in enumerate(rows):
        minutes = (
            (rows[at + 1][0] - when).total_seconds() / 60 if at + 1 < len(rows) else at_most_min
        )
        total += power * min(minutes, at_most_min)
    return np.float64(total / 60_000)


@pytest.mark.parametrize("answer", [energy, energy_by_loop])
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 20260131])
def test_right_answers(answer, seed):
    verdict = check_reading(factor, answer, seed=seed)
    assert verdict, verdict


def bridged(readings, at_most_min):
    return (readings["power_consumption"] * durations(readings, 10_000) / 60).sum() / 1000


def every_reading_the_same(readings, at_most_min):
    return readings["power_consumption"].sum() * at_most_min / 60_000


def without_the_last(readings, at_most_min):
    return (
        energy(readings, at_most_min)
        - readings["power_consumption"].iloc[-1] * at_most_min / 60_000
    )


@pytest.mark.parametrize(
    ("power_factor", "energy_kwh", "text", "hint"),
    [
        (lambda p, v, i: p / (v * i), energy, "raised ZeroDivisionError", "no current"),
        (lambda p, v, i: p / (v * i) if i else 0.0, energy, "gave 0.0", "no current"),
        (lambda p, v, i: p / (v * i) if i else 1.0, energy, "gave 1.0", "no current"),
        (
            lambda p, v, i: v * i / p if i else math.nan,
            energy,
            "power_factor(",
            "units and the order",
        ),
        (lambda p, v, i: None if i else math.nan, energy, "gave None", "print only shows it"),
        (factor, lambda readings, at_most_min: None, "gave None", "print only shows it"),
        (lambda p, v, i: round(factor(p, v, i), 2), energy, "power_factor(", "is it rounded?"),
        (0.5, energy, "power_factor is 0.5, not a function", "write def"),
        (factor, None, "energy_kwh is None, not a function", "write def"),
        (
            factor,
            lambda readings, at_most_min: 1000 * energy(readings, at_most_min),
            "1000 times",
            "kilowatt-hours",
        ),
        (factor, without_the_last, "even readings gave", "the last reading"),
        (factor, every_reading_the_same, "uneven readings gave", "duration of its own"),
        (factor, lambda readings: 1, "raised TypeError", "in kWh"),
        (factor, lambda readings, at_most_min: "much", "gave 'much'", "in kWh"),
    ],
)
@pytest.mark.parametrize("seed", [0, 7])
def test_what_is_wrong_is_reported(power_factor, energy_kwh, text, hint, seed):
    verdict = check_reading(power_factor, energy_kwh, seed=seed)
    assert not verdict
    assert text in verdict.text
    assert hint in verdict.hint


def test_a_bridged_hole_is_reported():
    verdict = check_reading(factor, bridged)
    assert not verdict
    assert "times what was measured" in verdict.text
    assert (
        "in the hole" in verdict.hint or "at most" in verdict.hint or "last reading" in verdict.hint
    )


def test_one_hour_of_a_kilowatt_is_a_kilowatt_hour():
    assert factor(1150, 230, 10) == 0.5
    assert "right" in check_reading(factor, energy).text
