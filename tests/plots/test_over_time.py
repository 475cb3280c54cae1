import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.dates import date2num

from energykit import plots
from energykit.errors import UsageError
from energykit.plots.theme import LINES, MARKERS


def markers(ax):
    return {collection.get_label(): collection for collection in ax.collections}


def test_the_line_goes_through_every_reading(house, ax):
    plots.power(house, ax=ax)
    (line,) = ax.get_lines()
    times = line.get_xdata(orig=True)
    real = ~np.isnan(line.get_ydata())
    assert real.all()
    assert len(times) <= 20_160
    assert line.get_ydata().max() == house.power_consumption.max() == 6126.0
    assert line.get_ydata().min() == 104.0
    assert times[0] == np.datetime64("2007-04-23T00:00")
    assert times[-1] == np.datetime64("2007-05-06T23:59")
    assert line.get_label() == "sceaux"


def test_title_and_units(house, ax):
    plots.power(house, ax=ax)
    assert ax.get_title(loc="left") == "Power over time"
    when = "time (zone unknown), 2007-04-23 to 2007-05-06"
    assert (ax.get_xlabel(), ax.get_ylabel()) == (when, "power [W]")


def test_an_axis_names_the_dates_that_are_drawn_and_no_other(house, ax):
    three = house[house.timestamp < "2007-04-26"]
    plots.power(three, ax=ax)
    ax.figure.canvas.draw()
    assert ax.get_xlabel() == "time (zone unknown), 2007-04-23 to 2007-04-25"
    assert ax.xaxis.get_offset_text().get_text() == ""
    plots.power(three[three.timestamp < "2007-04-24"], ax=ax)
    assert ax.get_xlabel() == "time (zone unknown), 2007-04-23"


def test_an_axis_names_the_dates_of_its_own_zone(flat, ax):
    frame = flat(100.0, 120, start="2025-01-01 22:30")
    plots.power(frame.assign(timestamp=frame.timestamp.dt.tz_convert("Asia/Tokyo")), ax=ax)
    assert ax.get_xlabel() == "time (Asia/Tokyo), 2025-01-02"


def test_a_gap_is_not_bridged_and_is_explained(holed, ax):
    plots.power(holed, ax=ax)
    line = ax.get_lines()[0]
    missing = np.flatnonzero(np.isnan(line.get_ydata()))
    assert missing.size == 1
    times = line.get_xdata(orig=True)
    assert times[missing[0] - 1] == np.datetime64("2007-04-28T00:20")
    assert times[missing[0] + 1] == np.datetime64("2007-04-30T14:24")
    assert "no readings" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_each_kind_of_anomaly_has_its_own_shape_and_colour(report, ax):
    plots.power(report, ax=ax)
    found = markers(ax)
    copy = found["day_copy: 3,723 readings in 1 event (shaded)"]
    low = found["power_factor_range: 62 readings in 61 events"]
    for collection, (colour, _) in zip((copy, low), MARKERS, strict=False):
        assert to_hex(collection.get_edgecolor()[0]) == colour.lower()
    shapes = [collection.get_paths()[0].vertices.shape for collection in (copy, low)]
    assert shapes[0] != shapes[1]


def test_few_anomalies_are_marked_one_by_one_and_many_by_event(report, ax):
    plots.power(report, ax=ax)
    found = markers(ax)
    assert len(found["power_factor_range: 62 readings in 61 events"].get_offsets()) == 62
    ((time, watts),) = found["day_copy: 3,723 readings in 1 event (shaded)"].get_offsets()
    copied = report[report.reasons.str.contains("day_copy")]
    assert watts == copied.power.max()
    assert time == pytest.approx(date2num(copied.timestamp[copied.power.idxmax()]))


def test_a_long_event_is_shaded_from_its_first_to_its_last_reading(report, ax):
    plots.power(report, ax=ax)
    (span,) = [patch for patch in ax.patches if patch.get_label() == "_event"]
    assert span.get_x() == pytest.approx(date2num(pd.Timestamp("2007-04-28 00:21")))
    assert span.get_x() + span.get_width() == pytest.approx(
        date2num(pd.Timestamp("2007-04-30 14:23"))
    )


def test_a_shaded_event_carries_its_name_where_there_is_room(report, ax):
    plots.power(report, ax=ax)
    (name,) = ax.texts
    assert name.get_text() == "day_copy"
    assert date2num(pd.Timestamp("2007-04-28 00:21")) < ax.convert_xunits(name.get_position()[0])


def test_a_report_without_reasons_shows_its_anomalies(legacy, ax):
    plots.power(legacy, ax=ax)
    (marked,) = ax.collections
    assert marked.get_label() == "anomaly: 7 readings in 3 events"
    assert marked.get_offsets()[:, 1].tolist() == pytest.approx(
        [123.5, 126.5, 129.5, 124.5, 127.5, 125.5, 128.5]
    )


def test_anomalies_can_be_left_out(report, ax):
    plots.power(report, ax=ax, anomalies=False)
    assert not ax.collections


def test_anomaly_flags_written_as_text_are_understood(legacy, ax):
    plots.power(
        legacy.assign(anomaly_detected=legacy.anomaly_detected.map({True: "True", False: "False"})),
        ax=ax,
    )
    assert ax.collections[0].get_label() == "anomaly: 7 readings in 3 events"


def test_each_household_has_its_own_line_colour_and_style(legacy, ax):
    plots.power(legacy, ax=ax)
    lines = ax.get_lines()
    assert [line.get_label() for line in lines] == ["HH-0", "HH-1", "HH-2"]
    assert lines[0].get_ydata().tolist() == [120.5, 123.5, 126.5, 129.5]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 3
    assert ax.get_xlabel() == "time (UTC), 2025-01-01"


def test_of_many_households_the_highest_are_drawn_and_the_title_says_so(flat, ax):
    frame = pd.concat([flat(100.0 * number, 5, household=f"H{number}") for number in range(1, 10)])
    plots.power(frame, ax=ax)
    assert [line.get_label() for line in ax.get_lines()] == [
        f"H{number}" for number in range(4, 10)
    ]
    assert ax.get_title(loc="left") == "Power over time, 6 of 9 households"
    assert len(ax.get_lines()) == len(LINES)


def test_households_can_be_chosen_and_an_unknown_one_suggests_the_nearest(legacy, ax):
    plots.power(legacy, ax=ax, households=["HH-2"])
    assert [line.get_label() for line in ax.get_lines()] == ["HH-2"]
    with pytest.raises(UsageError, match=r"no household 'HH-5'(?s:.)*did you mean 'HH-"):
        plots.power(legacy, ax=ax, households=["HH-5"])
    with pytest.raises(UsageError, match="0 households cannot be told apart"):
        plots.power(legacy, ax=ax, households=[])


def test_a_reading_between_two_gaps_is_drawn_as_a_dot(flat, ax):
    frame = flat(100.0, 600)
    minute = np.arange(600)
    frame = frame[(minute < 250) | (minute == 300) | (minute > 350)]
    plots.power(frame, ax=ax)
    alone = next(line for line in ax.get_lines() if line.get_label() == "_alone")
    assert alone.get_xdata(orig=True).tolist() == [
        np.datetime64("2025-01-01T05:00", "ns").astype(int)
    ]
    assert alone.get_marker() == "."


def test_rows_out_of_order_are_drawn_in_order(legacy, ax):
    plots.power(legacy.iloc[::-1], ax=ax)
    assert ax.get_lines()[0].get_ydata().tolist() == [120.5, 123.5, 126.5, 129.5]


def test_the_sentence_tells_period_range_gaps_and_anomalies(report, holed, ax):
    sentence = plots.alt_text(plots.power(report, ax=ax))
    assert (
        sentence
        == "Power over time from 2007-04-23 00:00 to 2007-05-06 23:59: 20,160 readings of 1"
        " household, 104 to 6,126 W, mean 852 W; no gap. Marked as anomalies: day_copy: 3,723"
        " readings in 1 event; power_factor_range: 62 readings in 61 events."
    )
    assert "; 1 gap." in plots.alt_text(plots.power(holed, ax=ax))


def test_a_zone_is_named_and_shown_in_its_own_time(flat, ax):
    frame = flat(100.0, 10)
    frame["timestamp"] = frame["timestamp"].dt.tz_convert("Europe/Paris")
    plots.power(frame, ax=ax)
    assert ax.get_xlabel() == "time (Europe/Paris), 2025-01-01"
    assert ax.get_lines()[0].get_xdata(orig=True)[0] == np.datetime64("2025-01-01T00:00")
    formatter = ax.xaxis.get_major_formatter()
    assert formatter.format_ticks([date2num(pd.Timestamp("2025-01-01T00:03"))])[0].startswith(
        "01:03"
    )


def test_a_name_is_shown_as_it_is_written(flat, ax):
    frame = pd.concat([flat(1.0, 5, household=name) for name in (r"$\frac$", "_hidden")])
    plots.power(frame, ax=ax)
    ax.figure.canvas.draw()
    assert [text.get_text().strip() for text in ax.get_legend().get_texts()] == [
        r"\$\frac\$",
        "_hidden",
    ]
