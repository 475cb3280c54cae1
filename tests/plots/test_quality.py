import numpy as np
import pandas as pd
import pytest

from energykit import plots


def test_each_day_has_its_share_of_good_readings(report, ax):
    plots.quality_calendar(report, ax=ax)
    values = ax.collections[0].get_array()
    assert values.shape == (7, 2)
    good = report.groupby(report.timestamp.dt.date).anomaly_detected.agg(
        lambda flags: (~flags).mean() * 100
    )
    # 2007-04-23 is a Monday: the days run down the weeks
    assert values.T.ravel().tolist() == pytest.approx(good.tolist())


def test_low_days_carry_the_marker_of_their_main_cause(report, ax):
    plots.quality_calendar(report, ax=ax)
    labels = {marked.get_label(): len(marked.get_offsets()) for marked in ax.collections[1:]}
    assert labels == {"day_copy: 3 days": 3, "power_factor_range: 1 day": 1}


def test_missing_readings_are_a_cause(holed, ax):
    plots.quality_calendar(holed, ax=ax)
    assert [marked.get_label() for marked in ax.collections[1:]] == ["missing: 3 days"]
    assert "the worst is 2007-04-29 with 0.0 % (missing)" in plots.alt_text(ax)


def test_days_outside_the_period_are_empty(flat, ax):
    plots.quality_calendar(flat(1.0, 3 * 1440, start="2025-01-01"), ax=ax)
    values = ax.collections[0].get_array()
    assert values.mask[:, 0].tolist() == [True, True, False, False, False, True, True]


def test_a_period_that_starts_in_the_day_expects_only_the_rest(flat, ax):
    plots.quality_calendar(flat(1.0, 600, start="2025-01-01T14:00"), ax=ax)
    assert ax.collections[0].get_array().compressed().tolist() == [100.0]


def test_a_repeated_reading_does_not_make_up_for_a_missing_one(flat, ax):
    frame = flat(1.0, 100)
    plots.quality_calendar(pd.concat([frame.iloc[:50], frame.iloc[49:50], frame.iloc[51:]]), ax=ax)
    assert ax.collections[0].get_array().compressed().tolist() == pytest.approx([99.0])


def test_short_calendars_have_date_and_share_in_each_day(holed, ax):
    plots.quality_calendar(holed, ax=ax)
    texts = [text.get_text() for text in ax.texts]
    assert texts[0] == "04-23   100 %"
    assert texts[6] == "04-29   0 %"


def test_a_share_is_never_rounded_up_to_all(flat, ax):
    frame = flat(1.0, 1440).assign(reasons="")
    frame.loc[7, "reasons"] = "spike"
    plots.quality_calendar(frame, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["01-01   99.9 %"]


def test_calendar_labels(report, ax):
    plots.quality_calendar(report, ax=ax)
    assert ax.get_xlabel() == "week, from Monday (zone unknown)"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2007-04-23", "2007-04-30"]
    assert next(label.get_text() for label in ax.get_yticklabels()) == "Mon"
    assert ax.figure.axes[1].get_ylabel() == "good readings [%]"


def test_staggered_households_are_not_missing_readings(legacy, ax):
    plots.quality_calendar(legacy.drop(columns="anomaly_detected"), ax=ax)
    assert np.asarray(ax.collections[0].get_array().compressed()).tolist() == [100.0]


def test_a_reading_without_a_value_is_not_good(flat, ax):
    frame = flat(1.0, 100)
    frame.loc[:9, "power"] = float("nan")
    plots.quality_calendar(frame, ax=ax)
    assert ax.collections[0].get_array().compressed().tolist() == pytest.approx([90.0])
    assert ax.collections[1].get_label() == "no value: 1 day"


def test_the_sentence_tells_the_worst_day_or_that_there_is_none(report, house, ax):
    assert (
        plots.alt_text(plots.quality_calendar(report, ax=ax))
        == "Calendar of data quality of 14 days from 2007-04-23: on average 81.3 % of the time has"
        " good readings; 4 days under 99 %; the worst is 2007-04-29 with 0.0 % (day_copy)."
    )
    assert plots.alt_text(plots.quality_calendar(house, ax=ax)).endswith(
        "none is flagged, 100 % on every day."
    )


def test_a_meter_that_changes_its_step_misses_nothing(ax):
    stamps = [*range(0, 720, 10), *range(720, 2880, 30)]
    times = pd.to_datetime("2025-01-01") + pd.to_timedelta(stamps, unit="min")
    plots.quality_calendar(pd.DataFrame({"timestamp": times, "power": 1.0}), ax=ax)
    assert ax.collections[0].get_array().compressed().tolist() == [100.0, 100.0]


def test_days_of_23_and_25_hours_are_whole(ax):
    for start in ("2025-03-30", "2025-10-26"):
        times = pd.date_range(start, periods=2, freq="D", tz="Europe/Berlin")
        quarters = pd.date_range(*times, freq="15min", inclusive="left")
        plots.quality_calendar(pd.DataFrame({"timestamp": quarters, "power": 1.0}), ax=ax)
        assert ax.collections[-1].get_array().compressed().tolist() == [100.0]


def test_a_household_that_begins_a_day_later_lacks_that_day(flat, ax):
    late = flat(1.0, 1440, household="B", start="2025-01-02")
    plots.quality_calendar(pd.concat([flat(1.0, 2880, household="A"), late]), ax=ax)
    assert ax.collections[0].get_array().compressed().tolist() == [50.0, 100.0]
