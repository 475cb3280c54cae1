"""Notes for instructors: up to date, and their map names every goal, its cells and its check."""

import json
import re
from pathlib import Path

import pytest

from energykit.course import lessons, questions, story
from energykit.course.lesson import Lesson
from energykit.course.minutes import lesson_minutes, sections

LESSONS = lessons()
HOME = Path(__file__).resolve().parents[2]


def page(lesson):
    path = HOME / "docs" / "instructor" / f"{lesson.name}.md"
    assert path.is_file(), f"docs/instructor/{path.name}:1: is made by: python tools/instructor.py"
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_page_has_every_section_of_the_notebook_with_its_minutes(lesson):
    headings = [
        line.removeprefix("## ")
        for cell in lesson.cells()
        if cell["cell_type"] == "markdown"
        for line in "".join(cell["source"]).splitlines()
        if line.startswith("## ")
    ]
    table = page(lesson).partition("## Minutes")[2].partition("## ")[0]
    rows = re.findall(r"^\| (.+) \| (\d+) \|$", table, re.MULTILINE)
    assert [title for title, _ in rows] == [lesson.title, *headings]
    assert sum(int(minutes) for _, minutes in rows) == pytest.approx(lesson.minutes, abs=5)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_page_says_something_at_each_predict_of_the_notebook_in_their_order(lesson):
    code = "\n".join("".join(cell["source"]) for cell in lesson.cells())
    names = re.findall(r'^ek\.predict\("(.+)"\)$', code, re.MULTILINE)
    asked = [questions()[name] for name in names]
    part = page(lesson).partition("## At each Predict")[2].partition("## ")[0]
    entries = [entry for entry in part.split("\n\n") if entry.startswith("**")]
    assert len(entries) == len(asked) > 0
    for entry, one in zip(entries, asked, strict=True):
        assert entry.startswith(f"**{one.text}**")
        assert f"It is: *{one.choices[one.right]}*" in entry
        assert f"Say: {one.say}" in entry
        assert one.wrong in entry


def test_the_first_lesson_takes_a_quarter_of_an_hour_and_its_exercise_ten_minutes_more():
    parts = sections(LESSONS[0])
    (exercise,) = (part.minutes for part in parts if part.is_exercise)
    assert sum(part.minutes for part in parts) - exercise <= 15
    assert round(exercise / 5) == 2
    said = "".join(LESSONS[0].cells()[0]["source"])
    assert "*25 minutes: 15 to run it, 10 for the exercise." in said


def test_longer_lessons_take_longer(tmp_path):
    cells = LESSONS[0].cells()
    known = {"title": "", "question": "", "minutes": 0, "before": ""}

    def timed(name, stored):
        path = tmp_path / name
        path.write_text(json.dumps({"cells": stored}), encoding="utf-8")
        return lesson_minutes(Lesson(path=path, **known))

    text = {"cell_type": "markdown", "metadata": {}, "source": ["word "] * 1800}
    assert timed("longer", [*cells, text]) == timed("same", cells) + 10
    hours = round(sum(one.minutes for one in LESSONS) / 60)
    assert f"about {hours} hours" in repr(story())
