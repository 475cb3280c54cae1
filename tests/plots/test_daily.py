import numpy as np
import pandas as pd
import pytest

from energykit import plots
from energykit.errors import UsageError


def test_the_profile_is_the_median_of_each_quarter_of_an_hour(house, ax):
    plots.daily_profile(house, ax=ax)
    hours, median = ax.get_lines()[0].get_data()
    assert len(hours) == 96
    assert hours[0] == 0.125
    times = house.timestamp.dt
    for index in (0, 20, 83):
        inside = house[(times.hour * 4 + times.minute // 15) == index]
        assert median[index] == inside.power_consumption.median()


def test_the_band_holds_the_readings_between_its_quantiles(house, ax):
    plots.daily_profile(house, ax=ax, band=(0.25, 0.75), step_min=60)
    vertices = ax.collections[0].get_paths()[0].vertices
    eight = house[house.timestamp.dt.hour == 20].power_consumption
    at_half_past = vertices[vertices[:, 0] == 20.5][:, 1]
    assert sorted(set(at_half_past.tolist())) == pytest.approx(sorted(eight.quantile([0.25, 0.75])))
    assert ax.collections[0].get_label() == "25 % to 75 % of the readings"


def test_profile_labels(house, ax):
    plots.daily_profile(house, ax=ax)
    assert ax.get_title(loc="left") == "Daily profile of 14 days"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time of day (zone unknown)", "power [W]")
    assert ax.get_xlim() == (0, 24)
    assert ax.xaxis.get_major_formatter()(3, 0) == "03:00"


def test_a_time_of_day_without_readings_is_a_hole_in_the_profile(flat, ax):
    plots.daily_profile(flat(100.0, 60), ax=ax, step_min=60)
    assert np.isfinite(ax.get_lines()[0].get_ydata()).tolist() == [True] + [False] * 23


def test_the_hour_is_that_of_the_frames_own_zone(flat, ax):
    frame = flat(100.0, 60)
    frame["timestamp"] = frame["timestamp"].dt.tz_convert("Europe/Paris")
    plots.daily_profile(frame, ax=ax, step_min=60)
    assert np.flatnonzero(np.isfinite(ax.get_lines()[0].get_ydata())).tolist() == [1]


@pytest.mark.parametrize("band", [(0.9, 0.1), (0.1, 1.1), (-0.1, 0.5), (0.5, 0.5)])
def test_a_band_that_is_none_is_refused(house, ax, band):
    with pytest.raises(UsageError, match="is not a range of quantiles"):
        plots.daily_profile(house, ax=ax, band=band)


@pytest.mark.parametrize("step", [0, -15, 7, 1000])
def test_a_step_that_does_not_divide_the_day_is_refused(house, ax, step):
    with pytest.raises(
        UsageError, match=r"no whole number of steps of -?\d+ min(?s:.)*divisor of 1440"
    ):
        plots.daily_profile(house, ax=ax, step_min=step)


def test_the_profile_sentence_tells_lowest_and_highest(house, ax):
    assert (
        plots.alt_text(plots.daily_profile(house, ax=ax))
        == "Daily profile of 20,160 readings on 14 days: the median is lowest around 05:37 (182 W)"
        " and highest around 20:52 (2,593 W); there, 10 % to 90 % of the readings lie between"
        " 1,513 and 4,318 W."
    )


def test_each_cell_of_the_heat_map_is_the_mean_of_its_hour(house, ax):
    plots.heatmap(house, ax=ax)
    values = ax.collections[0].get_array()
    assert values.shape == (24, 14)
    assert not np.ma.is_masked(values)
    day = house[(house.timestamp >= "2007-05-01 21:00") & (house.timestamp < "2007-05-01 22:00")]
    assert values[21, 8] == pytest.approx(day.power_consumption.mean()) == values.max()
    assert values.mean() == pytest.approx(house.power_consumption.mean())


def test_hours_without_readings_are_empty_and_hatched(holed, ax):
    plots.heatmap(holed, ax=ax)
    values = ax.collections[0].get_array()
    assert int(values.mask.sum()) == 61
    assert values.mask[1:, 5].all()
    assert not values.mask[0, 5]
    assert ax.patch.get_hatch()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["no readings: 61 hours"]
    assert "61 hours without readings" in plots.alt_text(ax)


def test_heat_map_labels(house, ax):
    plots.heatmap(house, ax=ax)
    assert ax.get_xlabel() == "day, 2007-04-23 to 2007-05-06"
    assert ax.get_ylabel() == "time of day (zone unknown)"
    bar = ax.figure.axes[1]
    assert bar.get_ylabel() == "mean power [W]"


def test_a_cell_stands_over_its_day(house, ax):
    plots.heatmap(house, ax=ax)
    ax.figure.canvas.draw()
    ticks = ax.get_xticks()
    low, high = ax.get_xlim()
    assert len(ticks) == 14
    assert ticks[0] - low == pytest.approx(0.5) == high - ticks[-1]


def test_the_heat_map_sentence_tells_the_highest_hours(house, ax):
    assert (
        plots.alt_text(plots.heatmap(house, ax=ax))
        == "Heat-map of mean power by hour and day, 2007-04-23 to 2007-05-06: the hour from 21:00"
        " is the highest on average (2,382 W), the one from 05:00 the lowest (269 W); the single"
        " highest hour is 2007-05-01 21:00 with 3,452 W."
    )


def test_a_day_whose_midnight_the_clock_jumps_over_counts(flat, ax):
    table = flat(100.0, 3 * 24 * 60)
    stamps = pd.date_range("2018-11-03T03:00", periods=len(table), freq="min", tz="UTC")
    local = table.assign(timestamp=stamps.tz_convert("America/Sao_Paulo"))
    plots.daily_profile(local, ax=ax)
    assert ax.get_title(loc="left") == "Daily profile of 4 days"
