"""Widgets over frames: threshold, household, power triangle, timeline."""

import math

import pandas as pd
import pytest

from energykit.errors import UsageError
from energykit.plots.frames import power_frame
from energykit.widgets import household_explorer, power_triangle, run_timeline, threshold_explorer
from energykit.widgets.household import key_figures
from energykit.widgets.triangle import Triangle


def test_a_higher_threshold_flags_more(result):
    explorer = threshold_explorer(result["energy-analyzer"].frame())
    counts = []
    for value in (0.1, 0.7, 1.0):
        explorer.threshold.value = value
        counts.append(int((explorer.report["reasons"] != "").sum()))
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    assert f"{counts[-1]:,} of" in explorer.to_html()
    assert "need labels" in explorer.to_html()


def test_the_detectors_own_threshold_flags_what_its_service_flags(result):
    frame = result["energy-analyzer"].frame()
    explorer = threshold_explorer(frame)
    assert explorer.threshold.value == pytest.approx(0.1)
    own = frame[frame["reasons"].str.split(";").map(lambda names: "efficiency_below" in names)]
    judged = explorer.report[explorer.report["reasons"] != ""]
    assert sorted(judged["timestamp"]) == sorted(own["timestamp"])


def test_scores_are_shown_where_labels_are_known(result):
    report = result["energy-analyzer"].output_path
    labels = report.with_name("energy_data.labels.csv")
    explorer = threshold_explorer(
        result["energy-analyzer"].frame(), labels=labels, detector="power_high"
    )
    explorer.threshold.value = 500.0
    assert "any" in list(explorer.scores()["kind"])
    assert "false alarms" in explorer.to_html()


def test_readings_get_their_power_factor(result):
    explorer = threshold_explorer(result["energy-generator"].frame())
    assert explorer.report["efficiency"].between(0, 1.2).mean() > 0.9


def test_an_unknown_detector_suggests_the_nearest(result):
    with pytest.raises(UsageError, match="did you mean 'power_high'"):
        threshold_explorer(result["energy-analyzer"].frame(), detector="power_hihg")


def test_the_household_explorer_shows_one_day_of_one_household(result):
    explorer = household_explorer(result["energy-analyzer"].frame())
    explorer.household.value = "HH-1"
    explorer.after.click()
    assert explorer.day.value == explorer.day.options[1]
    shown = explorer.readings
    assert set(shown["household_id"]) == {"HH-1"}
    assert {f"{day:%Y-%m-%d}" for day in shown["timestamp"]} == {explorer.day.value}
    assert "kWh" in explorer.to_html()


def test_energy_is_integrated_and_a_hole_is_not_filled():
    times = pd.to_datetime(
        ["2025-01-01 00:00", "2025-01-01 00:30", "2025-01-01 01:00", "2025-01-01 12:00"]
    )
    day = power_frame(pd.DataFrame({"timestamp": times, "power": 1000.0}), "power")
    assert key_figures(day)["energy"] == "2.00 kWh"


def test_the_triangle_follows_its_sliders():
    widget = power_triangle(1000.0)
    widget.power_factor.value = 0.5
    assert widget.triangle.apparent_va == pytest.approx(2000)
    assert widget.triangle.reactive_var == pytest.approx(1000 * math.sqrt(3))
    assert widget.triangle.current_a == pytest.approx(2000 / 230)
    lines = {line.get_label(): line for line in widget.to_figure().axes[0].get_lines()}
    assert set(lines) == {"P, active: 1,000 W", "Q, reactive: 1,732 var", "S, apparent: 2,000 VA"}
    assert "8.70 A" in widget.to_html()


def test_a_power_factor_of_one_needs_no_reactive_power():
    assert Triangle(active_w=10, power_factor=1.0, voltage_v=230).reactive_var == 0


def test_an_impossible_power_factor_is_refused():
    with pytest.raises(UsageError, match=r"power_factor=1\.5"):
        power_triangle(power_factor=1.5)


def test_the_timeline_looks_into_a_stage(result):
    widget = run_timeline(result)
    assert "Timeline of a run of 3 stages" in widget.to_html()
    assert "sha256 of the output" not in widget.to_html()
    widget.stage.value = "energy-analyzer"
    assert "sha256 of the output" in widget.to_html()
