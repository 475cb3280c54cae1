import numpy as np
import pandas as pd
import pytest

from energykit import plots


def test_the_curve_falls_from_the_peak_over_the_whole_time(house, ax):
    plots.load_duration(house, ax=ax)
    curve, mean, base = ax.get_lines()
    assert curve.get_ydata()[0] == 6126.0
    assert curve.get_ydata()[-1] == 104.0
    assert (np.diff(curve.get_ydata()) <= 0).all()
    assert (curve.get_xdata()[0], curve.get_xdata()[-1]) == (0.0, pytest.approx(100.0))
    assert mean.get_ydata()[0] == pytest.approx(852.364, abs=1e-3)
    assert base.get_ydata()[0] == 124.0
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("share of time [%]", "power [W]")


def test_a_point_of_the_curve_is_the_share_of_readings_that_reach_it(house, ax):
    plots.load_duration(house, ax=ax)
    share, power = ax.get_lines()[0].get_data()
    for index in (200, 1000, 1900):
        expected = (house.power_consumption >= power[index]).mean() * 100
        assert share[index] == pytest.approx(expected, abs=0.2)


def test_a_constant_load_is_its_mean(flat, ax):
    plots.load_duration(flat(1000.0, 1440), ax=ax)
    assert "mean: 1,000 W" in [line.get_label() for line in ax.get_lines()]


def test_a_reading_counts_for_the_time_it_stands(ax):
    times = pd.to_datetime(
        ["2025-01-01T00:00", "2025-01-01T00:10", "2025-01-01T00:20", "2025-01-01T00:25"], utc=True
    )
    frame = pd.DataFrame({"timestamp": times, "power": [100.0, 200.0, 300.0, 400.0]})
    plots.load_duration(frame, ax=ax)
    share, power = ax.get_lines()[0].get_data()
    # 10, 10 and 5 minutes until the next reading, and for the last the 10 minutes of most before it
    assert dict(zip(power[1:], share[1:], strict=True)) == pytest.approx(
        {400.0: 1000 / 35, 300.0: 1500 / 35, 200.0: 2500 / 35, 100.0: 100.0}
    )


def test_the_sentence_tells_peak_mean_and_base_load(house, ax):
    assert plots.alt_text(plots.load_duration(house, ax=ax)) == (
        "Load duration curve of 20,160 readings from a peak of 6,126 W down to 104 W; mean: 852 W; "
        "base load, exceeded 95 % of the time: 124 W."
    )


def test_a_single_reading_is_a_curve(flat, ax):
    plots.load_duration(flat(5.0, 1), ax=ax)
    assert ax.get_lines()[0].get_data()[0].tolist() == [0.0, 100.0]
