"""The progress of stages over time."""

import pytest

from energykit import plots
from energykit.errors import UsageError
from energykit.executor import Progress, StageStarted


def told(stage, seconds, done, unit="rows", phase="writing"):
    return Progress(id=stage, phase=phase, done=done, total=0, unit=unit, seconds=seconds)


EVENTS = [
    StageStarted(id="a", address="127.0.0.1:1", number=1, total=2),
    told("a", 0.1, 100),
    told("a", 0.2, 300),
    told("b", 0.05, 250),
]


def test_a_line_for_each_stage_from_the_start():
    ax = plots.progress(EVENTS)
    lines = {
        line.get_label(): (list(line.get_xdata()), list(line.get_ydata()))
        for line in ax.get_lines()
    }
    assert lines == {
        "a: writing": ([0, 0.1, 0.2], [0, 100, 300]),
        "b: writing": ([0, 0.05], [0, 250]),
    }
    assert ax.get_xlabel() == "time since the stage began [s]"
    assert ax.get_ylabel() == "done [rows]"
    looks = [(line.get_color(), line.get_marker(), line.get_linestyle()) for line in ax.get_lines()]
    assert len(set(looks)) == 2
    assert len({colour for colour, _, _ in looks}) == 2
    assert len({marker for _, marker, _ in looks}) == 2


def test_a_phase_has_one_line_style_in_every_stage():
    events = [
        told("a", 0.1, 100),
        told("b", 0.1, 50, phase="reading"),
        told("b", 0.2, 60, phase="writing"),
    ]
    style = {line.get_label(): line.get_linestyle() for line in plots.progress(events).get_lines()}
    assert style["a: writing"] == style["b: writing"] != style["b: reading"]


def test_a_summary_of_a_few_rows_after_a_long_file_is_no_point_of_the_line():
    events = [told("a", 0.1, 5_000), told("a", 0.2, 9_000), told("a", 0.3, 67)]
    (line,) = plots.progress(events).get_lines()
    assert list(line.get_ydata()) == [0, 5_000, 9_000]


def test_words_for_those_who_do_not_see_it():
    text = plots.alt_text(plots.progress(EVENTS))
    assert "Progress of 2 stages" in text
    assert "a reported 2 times, first after 100.0 ms, and had 300 rows after 200.0 ms" in text


def test_a_stage_without_events_says_so():
    with pytest.raises(UsageError, match="no event reports progress"):
        plots.progress(EVENTS[:1])


def test_units_are_not_mixed():
    with pytest.raises(UsageError, match="bytes and rows"):
        plots.progress([*EVENTS, told("c", 1, 5, "bytes")])


def test_phases_of_a_stage_are_lines_of_their_own_and_a_new_file_breaks_one():
    read = [told("a", 0.1, 10, phase="reading"), told("a", 0.3, 20, phase="reading")]
    events = [*read, told("a", 0.2, 8), told("a", 0.4, 3)]
    reading, writing = plots.progress(events).get_lines()
    assert reading.get_label() == "a: reading"
    assert list(reading.get_ydata()) == [0, 10, 20]
    assert writing.get_ydata() == pytest.approx([0, 8, float("nan"), 3], nan_ok=True)
    assert reading.get_linestyle() != writing.get_linestyle()
    assert reading.get_color() == writing.get_color()
