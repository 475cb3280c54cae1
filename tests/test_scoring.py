"""Events and scores: against counting each moment, by known answers, no credit for luck."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import energykit as ek
from energykit.errors import UsageError
from energykit.scoring import FOUND_BY
from services.energy_generator.anomalies import KINDS

START = pd.Timestamp("2025-01-01T00:00:00Z")
MINUTES = 60


def at(minute: float) -> pd.Timestamp:
    return START + pd.Timedelta(minutes=minute)


def spans(*rows: tuple[str, float, float, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"household_id": house, "start": at(begin), "end": at(end), "kind": kind}
            for house, begin, end, kind in rows
        ],
        columns=["household_id", "start", "end", "kind"],
    )


def report(
    reasons: list[str], minutes: list[int] | None = None, household: str = "a"
) -> pd.DataFrame:
    times = [at(minute) for minute in (range(len(reasons)) if minutes is None else minutes)]
    return pd.DataFrame({"timestamp": times, "household_id": household, "reasons": reasons})


def row(frame: pd.DataFrame, kind: str) -> pd.Series:
    return frame.set_index("kind").loc[kind]


def test_readings_that_follow_one_another_are_one_event():
    found = ek.events(
        report(["", "stuck", "stuck", "", "stuck"]), explanations={"stuck": "It repeats."}
    )
    assert found[["start", "end", "rows"]].to_numpy().tolist() == [
        [at(1), at(3), 2],
        [at(4), at(5), 1],
    ]
    assert found["explanation"].tolist() == ["It repeats."] * 2


def test_each_reason_makes_its_own_events():
    found = ek.events(report(["stuck", "stuck;gap", "day_copy"], minutes=[0, 5, 6]))
    assert found["kind"].tolist() == ["stuck", "gap", "stuck", "day_copy"]


def test_the_event_of_a_gap_spans_the_hole():
    found = ek.events(report(["", "", "gap", ""], minutes=[0, 1, 30, 31]))
    assert found[["start", "end", "rows"]].to_numpy().tolist() == [[at(2), at(30), 1]]


def test_households_do_not_continue_each_other():
    both = pd.concat([report(["stuck"] * 3), report(["stuck"] * 2, minutes=[3, 4], household="b")])
    found = ek.events(both.sample(frac=1, random_state=0))
    assert found[["household_id", "rows"]].to_numpy().tolist() == [["a", 3], ["b", 2]]


def test_a_report_without_flags_has_no_events():
    found = ek.events(report(["", ""]))
    assert found.empty
    assert found.columns.tolist() == ["household_id", "start", "end", "kind", "rows", "explanation"]


def test_a_file_is_read(tmp_path):
    path = tmp_path / "report.csv"
    path.write_text(
        "timestamp,household_id,power,efficiency,anomaly_detected,status,reasons\n"
        "2025-01-01T00:00:00,a,1,1,True,stuck,stuck\n2025-01-01T00:01:00,a,1,1,True,stuck,stuck\n"
    )
    (found,) = ek.events(path).to_dict("records")
    assert (found["start"], found["end"]) == (
        pd.Timestamp("2025-01-01"),
        pd.Timestamp("2025-01-01T00:02"),
    )


def test_a_report_without_reasons_says_what_is_missing():
    with pytest.raises(UsageError, match="there is no column 'reasons'"):
        ek.events(report([""]).drop(columns="reasons"))


def test_half_found_is_half_recall():
    result = ek.score(spans(("a", 0, 10, "stuck")), spans(("a", 5, 15, "stuck")), days=1)
    one = row(result, "stuck")
    assert (one["precision"], one["recall"], one["f1"]) == (0.5, 0.5, 0.5)
    assert (one["event_precision"], one["event_recall"], one["false_alarms"]) == (1, 1, 0)


def test_no_point_is_adjusted():
    one = row(ek.score(spans(("a", 50, 51, "stuck")), spans(("a", 0, 100, "stuck"))), "stuck")
    assert one["recall"] == pytest.approx(0.01)
    assert one["event_recall"] == 1


def test_touching_is_not_overlapping():
    one = row(ek.score(spans(("a", 10, 20, "stuck")), spans(("a", 0, 10, "stuck"))), "stuck")
    assert (one["found"], one["false_alarms"]) == (0, 1)


def test_the_same_time_in_another_house_is_a_false_alarm():
    one = row(ek.score(spans(("b", 0, 10, "stuck")), spans(("a", 0, 10, "stuck")), days=2), "stuck")
    assert (one["recall"], one["precision"], one["false_alarms_per_day"]) == (0, 0, 0.5)


def test_what_was_injected_otherwise_counts_neither_for_nor_against():
    labels = spans(("a", 0, 10, "unit_error"), ("a", 20, 30, "reverse_flow"))
    found = spans(("a", 0, 10, "power_factor_range"), ("a", 20, 30, "power_factor_range"))
    result = ek.score(found, labels)
    assert result["precision"].tolist() == [1, 1, 1]
    assert result["false_alarms"].tolist() == [0, 0, 0]


def test_a_reason_that_can_find_nothing_has_its_own_row():
    result = ek.score(spans(("a", 0, 10, "undefined")), spans(("a", 20, 30, "stuck")))
    assert result["kind"].tolist() == ["stuck", "undefined", "any"]
    assert np.isnan(row(result, "undefined")["recall"])
    assert np.isnan(row(result, "stuck")["precision"])
    assert row(result, "any")["false_alarms"] == 1


def test_labels_are_read_from_their_file(tmp_path):
    path = tmp_path / "x.labels.csv"
    path.write_text(
        "household_id,start,end,kind\na,2025-01-01T00:00:00Z,2025-01-01T00:10:00Z,stuck\n"
    )
    assert row(ek.score(spans(("a", 0, 10, "stuck")), path), "stuck")["f1"] == 1


def test_nothing_and_nothing_is_undefined():
    result = ek.score(spans(), spans())
    assert result["kind"].tolist() == ["any"]
    assert result[["precision", "recall", "f1", "event_f1"]].isna().all(axis=None)


def test_an_event_over_everything_is_a_false_alarm():
    labels = spans(("a", 100, 160, "stuck"), ("a", 900, 905, "stuck"))
    scores = row(ek.score(spans(("a", 0, 1440, "stuck")), labels, days=1), "stuck")
    assert (scores["event_precision"], scores["event_recall"], scores["event_f1"]) == (0, 1, 0)
    assert (scores["events"], scores["false_alarms"], scores["false_alarms_per_day"]) == (1, 1, 1)


def test_an_event_is_right_up_to_as_much_outside_as_inside():
    label = spans(("a", 10, 20, "stuck"))
    outside = {
        end: row(ek.score(spans(("a", 10, end, "stuck")), label), "stuck")["false_alarms"]
        for end in (20, 30, 31)
    }
    assert outside == {20: 0, 30: 0, 31: 1}


def test_a_margin_is_not_held_against_an_event_and_stays_within_its_household():
    label = spans(("a", 10, 11, "stuck"))
    events = spans(("a", 0, 15, "stuck"), ("b", 0, 15, "stuck"))
    strict, fair = (
        row(ek.score(events, label, margin_s=margin), "stuck") for margin in (0, 15 * 60)
    )
    assert (strict["event_precision"], strict["false_alarms"]) == (0, 2)
    assert (fair["event_precision"], fair["false_alarms"]) == (0.5, 1)
    assert fair["precision"] == strict["precision"] == pytest.approx(1 / 30)


def test_a_silent_detector_scores_zero_by_time_and_by_events():
    scores = row(ek.score(spans(), spans(("a", 0, 10, "stuck"))), "stuck")
    assert (scores["f1"], scores["event_f1"]) == (0, 0)
    assert scores[["precision", "event_precision"]].isna().all()


def test_days_and_margins_that_cannot_be_are_refused():
    with pytest.raises(UsageError, match="days = 0 is not possible"):
        ek.score(spans(), spans(), days=0)
    with pytest.raises(UsageError, match="margin_s = -1 is not possible"):
        ek.score(spans(), spans(), margin_s=-1)


def test_an_event_ends_when_its_last_reading_ends():
    table = report(["stuck", "stuck", "", "gap"], minutes=[0, 10, 40, 100])
    found = ek.events(table.assign(interval_s=[600.0, 1800.0, 1800.0, 1800.0]))
    assert found[["start", "end", "kind"]].to_numpy().tolist() == [
        [at(0), at(40), "stuck"],
        [at(70), at(100), "gap"],
    ]


def test_every_kind_that_is_injected_can_be_found():
    assert set(FOUND_BY) == set(KINDS)


SPAN = st.tuples(
    st.sampled_from("ab"),
    st.integers(0, MINUTES - 1),
    st.integers(1, 12),
    st.sampled_from(["stuck", "gap"]),
)
SPANS = st.lists(
    SPAN.map(lambda one: (one[0], one[1], min(one[1] + one[2], MINUTES), one[3])), max_size=8
)


def minutes_of(rows: list[tuple[str, int, int, str]], kind: str | None = None) -> np.ndarray:
    covered = np.zeros((2, MINUTES), dtype=bool)
    for house, begin, end, one in rows:
        if kind in {one, None}:
            covered["ab".index(house), begin:end] = True
    return covered


def ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


@settings(deadline=None, max_examples=80)
@given(SPANS, SPANS)
def test_scores_are_what_counting_minute_by_minute_gives(found, labels):
    result = ek.score(spans(*found), spans(*labels), days=1)
    for kind in {label[3] for label in labels}:
        flagged, wanted, injected = (
            minutes_of(found, kind),
            minutes_of(labels, kind),
            minutes_of(labels),
        )
        hit, false, missed = (
            (flagged & wanted).sum(),
            (flagged & ~injected).sum(),
            (wanted & ~flagged).sum(),
        )
        touched = [minutes_of([label]) & flagged for label in labels if label[3] == kind]
        alarms = [
            event
            for event in found
            if event[3] == kind
            and 2 * (minutes_of([event]) & ~injected).sum() > minutes_of([event]).sum()
        ]
        one = row(result, kind)
        assert one["precision"] == pytest.approx(ratio(hit, hit + false), nan_ok=True)
        assert one["recall"] == pytest.approx(ratio(hit, hit + missed), nan_ok=True)
        assert one["f1"] == pytest.approx(ratio(2 * hit, 2 * hit + false + missed), nan_ok=True)
        assert one["event_recall"] == pytest.approx(np.mean([part.any() for part in touched]))
        assert (one["false_alarms"], one["false_alarms_per_day"]) == (len(alarms), len(alarms))


@settings(deadline=None, max_examples=40)
@given(SPANS, SPANS, st.integers(-500_000, 500_000), st.randoms(use_true_random=False))
def test_neither_order_nor_the_calendar_changes_a_score(found, labels, shift, random):
    before = ek.score(spans(*found), spans(*labels), days=1).sort_values("kind", ignore_index=True)
    random.shuffle(found)
    random.shuffle(labels)
    moved = [[(h, b + shift, e + shift, k) for h, b, e, k in rows] for rows in (found, labels)]
    after = ek.score(spans(*moved[0]), spans(*moved[1]), days=1).sort_values(
        "kind", ignore_index=True
    )
    pd.testing.assert_frame_equal(before, after)


@settings(deadline=None, max_examples=40)
@given(SPANS)
def test_the_truth_scores_one(labels):
    result = ek.score(spans(*labels), spans(*labels), days=1)
    if labels:
        assert (
            result[["precision", "recall", "f1", "event_precision", "event_recall", "event_f1"]]
            == 1
        ).all(axis=None)
        assert (result["false_alarms"] == 0).all()
