import numpy as np
import pandas as pd
import pytest

from energykit import plots
from energykit.errors import UsageError


def share_by_left_edge(ax):
    return {
        round(bar.get_x(), 6): bar.get_height() for container in ax.containers for bar in container
    }


def test_half_the_apparent_power_is_a_factor_of_one_half(ax):
    times = pd.date_range("2025-01-01", periods=4, freq="min", tz="UTC")
    columns = {
        "power_consumption": [1150.0, 1150.0, 2300.0, 100.0],
        "voltage": 230.0,
        "current": [10.0, 10.0, 10.0, 0.0],
    }
    plots.power_factor_histogram(pd.DataFrame({"timestamp": times, **columns}), ax=ax)
    shares = {edge: share for edge, share in share_by_left_edge(ax).items() if share}
    assert shares == {0.48: pytest.approx(200 / 3), 0.98: pytest.approx(100 / 3)}
    assert (
        plots.alt_text(ax)
        == "Distribution of the power factor of 3 readings: median 0.500, 66.7 % below 0.8, 0 %"
        " above 1; 1 reading without one."
    )


def test_readings_and_report_give_the_same_bars(house, report, ax):
    plots.power_factor_histogram(house, ax=ax)
    bars = share_by_left_edge(ax)
    assert sum(bars.values()) == pytest.approx(100.0)
    ax.clear()
    plots.power_factor_histogram(report, ax=ax)
    assert share_by_left_edge(ax) == pytest.approx(bars)


def test_quotients_above_one_look_different_and_are_counted(report, ax):
    plots.power_factor_histogram(report, ax=ax)
    below, above = ax.containers
    assert above.get_label() == "above 1: 28.7 % of the readings"
    assert sum(bar.get_height() for bar in above) == pytest.approx(
        (report.efficiency > 1).mean() * 100
    )
    assert above[0].get_hatch() != below[0].get_hatch()
    assert ax.get_xlabel() == "power factor, active / apparent power [1]"
    assert ax.get_ylabel() == "share of readings [%]"
    assert ax.get_lines()[0].get_xdata()[0] == report.efficiency.median()


def test_outliers_are_counted_in_the_last_bar(ax):
    times = pd.date_range("2025-01-01", periods=3, freq="min", tz="UTC")
    plots.power_factor_histogram(
        pd.DataFrame({"timestamp": times, "power": 1.0, "efficiency": [0.5, 90.0, 99.0]}), ax=ax
    )
    assert max(share_by_left_edge(ax)) == pytest.approx(1.38)
    assert share_by_left_edge(ax)[1.38] == pytest.approx(200 / 3)


def test_no_power_factor_at_all_is_an_error(ax):
    times = pd.date_range("2025-01-01", periods=2, freq="min", tz="UTC")
    frame = pd.DataFrame({"timestamp": times, "power": 1.0, "voltage": 230.0, "current": 0.0})
    with pytest.raises(UsageError, match="no reading has a power factor"):
        plots.power_factor_histogram(frame, ax=ax)
    with pytest.raises(UsageError, match=r"no column 'voltage', 'current'(?s:.)*timestamp, power"):
        plots.power_factor_histogram(frame[["timestamp", "power"]], ax=ax)


def test_quotients_beyond_the_last_bar_are_reported(ax):
    times = pd.date_range("2025-01-01", periods=4, freq="min")
    frame = pd.DataFrame({"timestamp": times, "power": 1.0, "efficiency": [0.9, 0.9, 1.1, 3.25]})
    plots.power_factor_histogram(frame, ax=ax)
    assert "above 1: 50 % of the readings (up to 3.25, all in the last bar)" in [
        c.get_label() for c in ax.containers
    ]
    assert "50 % above 1 (up to 3.25, all in the last bar)." in plots.alt_text(ax)


def test_voltage_falls_with_the_load_of_the_real_house(house, ax):
    plots.voltage_vs_load(house, ax=ax)
    cells = ax.collections[0]
    assert int(cells.get_array().sum()) == 20_160
    load, volts = ax.get_lines()[0].get_data()
    step = 6.022 / 24
    inside = house[
        (house.power_consumption / 1000 >= load[0] - step / 2)
        & (house.power_consumption / 1000 < load[0] + step / 2)
    ]
    assert volts[0] == pytest.approx(inside.voltage.median(), abs=0.05)
    assert volts[0] - volts[-1] > 5
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("load of 1 household [kW]", "voltage [V]")
    assert "-1.38 V per kW" in plots.alt_text(ax)


def test_the_feeder_carries_all_households_at_once(flat, ax):
    parts = [
        flat(watts, 50, household=name).assign(voltage=volts)
        for name, watts, volts in (("A", 1000.0, 230.0), ("B", 2000.0, 232.0))
    ]
    plots.voltage_vs_load(pd.concat(parts), ax=ax)
    assert plots.alt_text(ax).startswith(
        "Voltage against the load of 2 households at 50 instants: load 3.00 to 3.00 kW, voltage"
        " 231.0 to 231.0 V"
    )


def test_the_limits_are_drawn_where_voltages_come_near(flat, ax):
    frame = flat(1000.0, 100).assign(voltage=np.linspace(240.0, 255.0, 100))
    plots.voltage_vs_load(frame, ax=ax)
    assert [line.get_label() for line in ax.get_lines()] == [
        "median by load",
        "EN 50160, for 10-minute means: 253 V",
    ]
