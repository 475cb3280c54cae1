import numpy as np
import pandas as pd
import pytest

from energykit import plots
from energykit.errors import UsageError


def heights(ax, label):
    container = next(container for container in ax.containers if container.get_label() == label)
    return [bar.get_height() for bar in container]


def test_a_kilowatt_for_a_day_is_24_kwh(flat, ax):
    plots.energy_per_day(flat(1000.0, 1440), ax=ax)
    assert heights(ax, "complete days") == [pytest.approx(24.0)]


def test_a_hole_is_not_bridged_and_its_day_looks_different(flat, ax):
    frame = flat(1000.0, 2 * 1440)
    minute = np.arange(2 * 1440)
    plots.energy_per_day(frame[(minute < 600) | (minute >= 960)], ax=ax)
    assert heights(ax, "incomplete days") == [pytest.approx(18.0)]
    assert heights(ax, "complete days") == [pytest.approx(24.0)]
    gap, whole = (
        next(c for c in ax.containers if c.get_label() == name)[0]
        for name in ("incomplete days", "complete days")
    )
    assert gap.get_hatch() != whole.get_hatch()
    assert "1 day incomplete" in plots.alt_text(ax)


def test_the_days_of_the_real_house_add_up(house, ax):
    plots.energy_per_day(house, ax=ax)
    bars = heights(ax, "complete days")
    assert len(bars) == 14
    assert sum(bars) == pytest.approx(286.39433, rel=1e-6)
    assert ax.get_title(loc="left") == "Energy per day, 286.4 kWh in all"
    assert ax.get_ylabel() == "energy [kWh]"
    assert ax.get_xlabel() == "day, 2007-04-23 to 2007-05-06 (zone unknown)"
    (mean,) = ax.get_lines()
    assert mean.get_ydata()[0] == pytest.approx(286.39433 / 14)


def test_what_stands_in_flagged_readings_is_seen(flat, ax):
    frame = flat(1000.0, 2 * 1440)
    frame["reasons"] = [
        "day_copy" if 1440 <= minute < 1440 + 90 else "" for minute in range(2 * 1440)
    ]
    plots.energy_per_day(frame, ax=ax)
    assert heights(ax, "of it in flagged readings: 1.5 kWh") == [pytest.approx(1.5)]
    assert "every day has all its readings; 1.5 kWh in flagged readings." in plots.alt_text(ax)


def test_a_day_without_any_reading_has_its_place(holed, ax):
    plots.energy_per_day(holed, ax=ax)
    assert len(heights(ax, "complete days")) == 11
    assert heights(ax, "incomplete days")[1] == 0.0


def test_households_are_added(flat, ax):
    frame = pd.concat([flat(1000.0, 1440, household="A"), flat(500.0, 1440, household="B")])
    plots.energy_per_day(frame, ax=ax)
    assert heights(ax, "complete days") == [pytest.approx(36.0)]


def test_the_day_is_that_of_the_frames_own_zone(flat, ax):
    frame = flat(1000.0, 60, start="2025-01-01T22:30")
    frame["timestamp"] = frame["timestamp"].dt.tz_convert("Europe/Paris")
    plots.energy_per_day(frame, ax=ax)
    assert heights(ax, "incomplete days") == [pytest.approx(0.5), pytest.approx(0.5)]


def test_households_stand_in_order_of_their_energy(flat, ax):
    frame = pd.concat([flat(watts, 60, household=f"H{watts:g}") for watts in (100.0, 300.0, 200.0)])
    plots.household_ranking(frame, ax=ax)
    (bars,) = ax.containers
    assert [bar.get_width() for bar in bars] == pytest.approx([0.3, 0.2, 0.1])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["H300", "H200", "H100"]
    assert ax.get_xlabel() == "energy [kWh]"
    assert (
        plots.alt_text(ax)
        == "Energy of 3 households, highest first: H300 with 0.3 kWh, lowest H100 with 0.1 kWh; 0.6"
        " kWh in all, median 0.2 kWh."
    )


def test_a_long_ranking_ends_and_says_so(flat, ax):
    frame = pd.concat(
        [flat(100.0 * number, 60, household=f"H{number:02d}") for number in range(1, 31)]
    )
    plots.household_ranking(frame, ax=ax, most=5)
    assert len(ax.containers[0]) == 5
    assert ax.get_title(loc="left") == "Energy per household, 5 of 30 households"
    with pytest.raises(UsageError, match="a ranking of 0 has no place"):
        plots.household_ranking(frame, ax=ax, most=0)


def test_a_ranking_needs_households(house, ax):
    with pytest.raises(UsageError, match="no column 'household_id'"):
        plots.household_ranking(house.drop(columns="household_id"), ax=ax)


def test_readings_without_a_value_are_a_gap(flat, ax):
    frame = flat(1000.0, 1440)
    frame.loc[:359, "power"] = float("nan")
    plots.energy_per_day(frame, ax=ax)
    assert heights(ax, "incomplete days") == [pytest.approx(18.0)]


@pytest.mark.parametrize(("day", "quarters"), [("2025-03-30", 92), ("2025-10-26", 100)])
def test_a_day_on_which_the_clock_changes_is_complete_with_all_its_quarters(day, quarters, ax):
    start = pd.Timestamp(day, tz="Europe/Berlin")
    times = pd.date_range(start, start + pd.DateOffset(days=1), freq="15min", inclusive="left")
    assert len(times) == quarters
    frame = pd.DataFrame({"timestamp": times, "power": 1000.0})
    plots.energy_per_day(frame, ax=ax)
    assert heights(ax, "complete days") == [pytest.approx(quarters / 4)]
    plots.energy_per_day(frame.drop(index=range(8, 12)), ax=ax)
    assert heights(ax, "incomplete days") == [pytest.approx(quarters / 4 - 1)]


def test_energy_that_is_fed_in_is_kept_apart_in_the_title(flat, ax):
    frame = pd.concat([flat(1000.0, 720), flat(-500.0, 720, start="2025-01-01T12:00")])
    plots.energy_per_day(frame, ax=ax)
    assert (
        ax.get_title(loc="left")
        == "Energy per day, 6.0 kWh in all (import 12.0 kWh, export 6.0 kWh)"
    )


def test_no_figure_depends_on_the_order_of_rows_or_on_copies(flat, ax):
    frame = flat(1000.0, 1440).assign(power=np.arange(1440.0))
    other = pd.concat([frame.iloc[::-1], frame.iloc[:100]])
    for table in (frame, other):
        plots.energy_per_day(table, ax=ax)
    first, second = (bars[0].get_height() for bars in ax.containers[:2])
    assert first == pytest.approx(second)
