"""Readings flagged by detectors: a reason for each, and errors that say what is possible."""

import math

import numpy as np
import polars as pl
import pytest

from energykit.errors import ParameterError
from services.energy_analyzer.analysis import analyse
from services.energy_analyzer.detectors import DETECTORS, choices
from services.energy_analyzer.detectors.batch import Numbering
from services.energy_analyzer.detectors.power_factor import Resolution

SCHEMA = {"timestamp": pl.String, "household_id": pl.String} | dict.fromkeys(
    ("power_consumption", "voltage", "current"), pl.Float64
)


def readings(*rows: tuple[float, float, float]) -> pl.LazyFrame:
    power, voltage, current = zip(*rows, strict=True) if rows else ((), (), ())
    return pl.LazyFrame(
        {
            "timestamp": [
                f"2025-01-01T{at // 60 % 24:02d}:{at % 60:02d}:00Z" for at in range(len(rows))
            ],
            "household_id": ["HH-0"] * len(rows),
            "power_consumption": power,
            "voltage": voltage,
            "current": current,
        },
        schema=SCHEMA,
    )


def report(frame: pl.LazyFrame, *detectors: object) -> pl.DataFrame:
    return pl.concat(analyse(frame, list(detectors)))


def test_half_the_apparent_power_is_a_power_factor_of_one_half():
    (row,) = report(readings((1150.0, 230.0, 10.0))).iter_rows(named=True)
    assert (row["efficiency"], row["status"], row["anomaly_detected"], row["reasons"]) == (
        0.5,
        "OK",
        False,
        "",
    )


def test_no_current_is_undefined_and_flagged_as_such():
    (row,) = report(readings((10.0, 230.0, 0.0))).iter_rows(named=True)
    assert math.isnan(row["efficiency"])
    assert (row["status"], row["anomaly_detected"], row["reasons"]) == (
        "undefined",
        True,
        "undefined",
    )


@pytest.mark.parametrize(("power", "is_flagged"), [(22.885, False), (22.8827, True)])
def test_the_boundary_of_the_original_rule(power, is_flagged):
    flags = report(readings((power, 230.0, 1.0)), "efficiency_below")["anomaly_detected"]
    assert flags.to_list() == [is_flagged]


@pytest.mark.parametrize(
    ("power", "current", "is_flagged"),
    [
        (230.0, 1.0, False),  # exactly 1
        (280.0, 1.0, False),  # 1.217, but a meter that cuts off may have had 1.199 A
        (285.0, 1.0, True),  # 1.033 even at 1.2 A
        (130.0, 1.0, False),  # 0.565, but the current may have been 0.8 A
        (128.0, 1.0, True),  # 0.696 even at 0.8 A
        (-50.0, 1.0, True),  # power flows back: no load's power factor
    ],
)
def test_a_power_factor_is_flagged_only_if_the_meters_steps_cannot_explain_it(
    power, current, is_flagged
):
    flags = report(
        readings((power, 230.0, current)),
        {"name": "power_factor_range", "current_resolution_a": 0.2},
    )
    assert flags["anomaly_detected"].to_list() == [is_flagged]


def resolution(currents: list[float]) -> float:
    seen, numbering = Resolution(), Numbering()
    for part in readings(*[(1.0, 230.0, current) for current in currents]).collect().iter_slices(7):
        seen.fit(numbering.batch(part))
    return seen.step


def test_the_resolution_is_the_smallest_step_of_the_readings():
    assert resolution([step * 0.2 for step in (1, 2, 5, 9, 3, 30, 31, 1, 2, 60)]) == pytest.approx(
        0.2
    )


def test_current_without_steps_has_no_resolution():
    assert resolution(np.random.default_rng(0).random(6000).tolist()) == 0.0


def test_several_reasons_are_joined_and_the_worst_is_the_status():
    (row,) = report(
        readings((1.0, 230.0, 1.0)), "power_factor_range", "efficiency_below"
    ).iter_rows(named=True)
    assert (row["status"], row["reasons"]) == (
        "power_factor_range",
        "power_factor_range;efficiency_below",
    )


def test_no_readings_give_an_empty_report_with_its_columns():
    empty = report(readings(), "efficiency_below")
    assert empty.height == 0
    assert empty.columns[-3:] == ["status", "anomaly_detected", "reasons"]


@pytest.mark.parametrize(
    ("named", "where", "valid"),
    [
        (["eficiency_below"], "detectors[0]", "efficiency_below"),
        ([{"name": "efficiency_below", "treshold": 1}], "detectors[0].treshold", "threshold"),
        (
            [{"name": "efficiency_below", "threshold": "x"}],
            "detectors[0].threshold",
            "a finite number",
        ),
        (
            [{"name": "efficiency_below", "threshold": True}],
            "detectors[0].threshold",
            "a finite number",
        ),
        (["efficiency_below", "efficiency_below"], "detectors[1]", "each detector once"),
        ([3], "detectors[0]", "a name, or an object"),
        ({"efficiency_blow": {}}, "detectors.efficiency_blow", "efficiency_below"),
        ({"efficiency_below": {"treshold": 1}}, "detectors.efficiency_below.treshold", "threshold"),
        ({"efficiency_below": 0.1}, "detectors.efficiency_below", "an object of its parameters"),
        ({"efficiency_below": {"name": "stuck"}}, "detectors.efficiency_below.name", "threshold"),
    ],
)
def test_what_is_not_possible_is_refused_before_anything_is_read(named, where, valid):
    with pytest.raises(ParameterError) as caught:
        analyse(readings(), named)
    assert caught.value.parameter == where
    assert valid in caught.value.valid


def test_every_detector_explains_itself_in_a_sentence():
    for detector in DETECTORS.values():
        assert (detector.__doc__ or "").splitlines()[0].startswith("Flag ")


@pytest.mark.parametrize(
    "named",
    [[{"name": "efficiency_below", "threshold": 0.3}], {"efficiency_below": {"threshold": 0.3}}],
)
def test_a_choice_keeps_its_parameters(named):
    (one,) = choices(named)
    assert (one.name, one.parameters) == ("efficiency_below", {"threshold": 0.3})
