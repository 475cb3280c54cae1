"""The progress of stages over time."""

import pytest

from energykit import plots
from energykit.errors import UsageError
from energykit.executor import Progress, StageStarted


def told(stage, seconds, done, unit="rows"):
    return Progress(id=stage, phase="writing", done=done, total=0, unit=unit, seconds=seconds)


EVENTS = [
    StageStarted(id="a", address="127.0.0.1:1", number=1, total=2),
    told("a", 0.1, 100),
    told("a", 0.2, 300),
    told("b", 0.05, 250),
]


def test_a_line_for_each_stage_from_the_start():
    ax = plots.progress(EVENTS)
    lines = {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in ax.get_lines()}
    assert lines == {"a": ([0, 0.1, 0.2], [0, 100, 300]), "b": ([0, 0.05], [0, 250])}
    assert ax.get_xlabel() == "time since the stage began [s]"
    assert ax.get_ylabel() == "done [rows]"
    looks = [(line.get_color(), line.get_marker(), line.get_linestyle()) for line in ax.get_lines()]
    assert len(set(looks)) == 2
    assert len({marker for _, marker, _ in looks}) == 2


def test_words_for_those_who_do_not_see_it():
    text = plots.alt_text(plots.progress(EVENTS))
    assert "Progress of 2 stages" in text
    assert "a told 2 times, first after 100.0 ms, and had 300 rows after 200.0 ms" in text


def test_nothing_told_is_said():
    with pytest.raises(UsageError, match="no event tells of progress"):
        plots.progress(EVENTS[:1])


def test_units_are_not_mixed():
    with pytest.raises(UsageError, match="bytes and rows"):
        plots.progress([*EVENTS, told("c", 1, 5, "bytes")])
