"""How long a reading stands: the rule by known answers, and the same however readings are cut."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energykit.readings import Timeline, intervals
from energykit.readings.interval import NOT_SAID

MINUTE = 60_000_000
HOUR = 60 * MINUTE


def times(*lags, unit=MINUTE):
    return np.concatenate([[0], np.cumsum(np.array(lags, dtype=np.int64) * unit)]).astype(np.int64)


def stands(*lags, unit=MINUTE, **options):
    return (intervals(times(*lags, unit=unit), **options).stands_us / unit).tolist()


def gaps(*lags):
    return np.flatnonzero(intervals(times(*lags)).is_gap).tolist()


def test_even_readings_stand_until_the_next_and_the_last_as_long_as_the_one_before():
    assert stands(15, 15, 15) == [15, 15, 15, 15]


def test_a_meter_that_goes_from_10_to_30_minutes_and_back_has_no_gap():
    for few in (2, 3, 20):
        lags = [10] * few + [30] * few + [10] * few
        assert gaps(*lags[: 2 * few]) == []
        assert stands(*lags[: 2 * few]) == [*lags[: 2 * few], 30]
    assert gaps(*lags) == []


def test_a_logger_that_jitters_has_no_gap_and_its_last_reading_stands_as_most_do():
    lags = [6, 7, 8, 6, 6, 7, 8, 6, 6, 7, 8, 6, 6, 7, 8]
    assert stands(*lags) == [*lags, 6]


def test_a_reading_before_a_gap_stands_as_most_of_the_eight_before_it():
    lags = [7, 7, 7, 7, 7, 6, 6, 8, 8, 8, 7, 8]
    assert stands(*lags, 90, 7, 6, 7)[12] == 8
    assert stands(*lags, 6, 90, 7, 6, 7)[13] == 8
    assert stands(*lags, 6, 6, 6, 6, 90, 7, 6, 7)[16] == 6


def test_the_shortest_of_several_as_frequent_steps_counts():
    assert stands(8, 7, 6)[-1] == 6
    assert stands(8, 7, 8, 7)[-1] == 7


def test_of_a_new_step_those_before_the_change_have_no_say():
    assert stands(*[10] * 6, 30, 30, 30)[-1] == 30
    assert stands(*[60] * 7, 1, 1)[-1] == 1


def test_where_the_last_two_steps_differ_all_eight_have_a_say():
    assert stands(10800, 60, 60, 10680)[-1] == 60
    assert stands(1439, 1, 1439)[-1] == 1439
    assert stands(1439, 1, 1439, 1)[-1] == 1


def test_a_time_that_was_filled_has_a_say_in_the_ones_behind_it():
    lags = [6, 8, 8, 6, 90, 6, 90, 8, 90, 8, 8]
    assert gaps(*lags) == [4, 6, 8]
    assert stands(*lags) == [6, 8, 8, 6, 6, 6, 6, 8, 6, 8, 8, 6]


def test_a_correction_travels_through_all_times_that_were_filled():
    lags = [7, 8, 18, 6, 6, 8, 18, 6, 7, 8, 8]
    assert gaps(*lags) == [2, 6]
    assert stands(*lags) == [7, 8, 7, 6, 6, 8, 6, 6, 7, 8, 8, 6]


def test_twelve_hours_of_nothing_is_a_gap():
    assert gaps(*[1] * 30, 720, *[1] * 30) == [30]
    assert stands(*[1] * 30, 720, *[1] * 30) == [1] * 62


def test_one_missing_reading_is_a_gap():
    assert gaps(5, 5, 5, 10, 5, 5, 5) == [3]
    assert stands(5, 5, 5, 10, 5, 5, 5) == [5] * 8


def test_a_meter_that_reads_twice_a_day_has_no_gap():
    lags = [1439, 1] * 3
    assert stands(*lags) == [*lags, 1]


def test_a_lone_reading_between_two_holes_bridges_neither():
    assert gaps(*[1] * 10, 60, 60, *[1] * 10) == [10, 11]


def test_a_first_reading_before_a_hole_stands_as_long_as_the_next():
    assert stands(600, 5, 5, 5, 5) == [5] * 6


def test_a_hole_at_the_change_of_the_step_counts_for_neither():
    assert stands(*[10] * 9, 300, *[30] * 9) == [10] * 10 + [30] * 10


def test_two_readings_stand_for_the_time_between_them_and_one_for_none():
    assert stands(720) == [720, 720]
    assert intervals(times()).stands_us.tolist() == [NOT_SAID]


def test_of_equal_timestamps_the_last_counts():
    result = intervals(times(5, 0, 5, 0, 0, 5))
    assert (result.stands_us / MINUTE).tolist() == [5, 0, 5, 0, 0, 5, 5]


def test_what_a_reading_says_holds_but_not_beyond_the_next():
    said = np.array([15, 15, 60, NOT_SAID, 15]) * np.array([MINUTE, MINUTE, MINUTE, 1, MINUTE])
    result = intervals(times(15, 60, 30, 15), said)
    assert (result.stands_us / MINUTE).tolist() == [15, 15, 30, 15, 15]
    assert np.flatnonzero(result.is_gap).tolist() == [1]


def test_a_state_holds_until_the_next_and_the_last_for_no_time():
    assert stands(180, 1, 1, 178, holds_until_next=True) == [180, 1, 1, 178, 0]


def expected(frame):
    """The rule over whole households at once."""
    parts = []
    for _, rows in frame.group_by("household_id", maintain_order=True):
        said = (rows["interval_s"] * 1e6).cast(pl.Int64).fill_null(NOT_SAID).to_numpy()
        result = intervals(rows["moment"].to_physical().to_numpy(), said)
        parts.append(
            rows.with_columns(
                pl.Series("stands_us", result.stands_us).replace(NOT_SAID, None),
                pl.Series("is_gap", result.is_gap),
            )
        )
    return pl.concat(parts).sort("number").select("number", "stands_us", "is_gap")


@given(
    lags=st.lists(
        st.lists(st.sampled_from([0, 6, 6, 6, 7, 7, 8, 12, 18, 60, 60, 360]), max_size=90),
        min_size=1,
        max_size=4,
    ),
    cuts=st.lists(st.integers(0, 300), max_size=12),
    said=st.sampled_from([0.0, 0.3, 1.0]),
    seed=st.integers(0, 99),
)
@settings(max_examples=300, deadline=None)
def test_where_batches_end_changes_nothing(lags, cuts, said, seed):
    pick = np.random.default_rng(seed)
    frame = (
        pl.concat(
            pl.DataFrame(
                {
                    "household_id": [f"HH-{number}"] * (len(steps) + 1),
                    "moment": pl.Series(times(*steps)).cast(pl.Datetime("us")),
                    "interval_s": [
                        60.0 if pick.random() < said else None for _ in range(len(steps) + 1)
                    ],
                },
                schema_overrides={"interval_s": pl.Float64},
            )
            for number, steps in enumerate(lags)
        )
        .sort("moment", maintain_order=True)
        .with_row_index("number")
    )
    timeline, parts, begin = Timeline(), [], 0
    for end in sorted({*(cut for cut in cuts if cut < frame.height), frame.height}):
        parts.append(timeline.add(frame[begin:end]))
        begin = end
    result = pl.concat([*parts, timeline.end()]).sort("number")
    assert timeline.out_of_order == {}
    assert result.select("number", "stands_us", "is_gap").equals(expected(frame))


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_readings_out_of_order_are_counted_once(size):
    moments = [5, 6, 7, 1, 2, 3, 0, 8, 9]
    frame = pl.DataFrame(
        {"household_id": "HH-0", "moment": pl.Series(moments).cast(pl.Datetime("us"))}
    )
    timeline = Timeline()
    for part in frame.iter_slices(size):
        timeline.add(part)
    timeline.end()
    assert timeline.out_of_order == {"HH-0": 2}
