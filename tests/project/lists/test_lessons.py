"""What is said of the lessons elsewhere is what they say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from energykit.course import Lesson, lessons, questions
from energykit.course.minutes import lesson_minutes
from energykit.notebooks.rules.check import check
from tests.project.lists.graded import graded_cells
from tests.project.lists.place import place, read
from tests.project.number_words import number_word

EACH = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)


def test_the_map_has_a_row_for_each_lesson():
    page = read("notebooks/README.md").splitlines()
    expected = [
        f"| [{lesson.title}]({lesson.path.name}) | {lesson.minutes} | {lesson.question} | "
        f"{lesson.before.rstrip('.')} |"
        for lesson in lessons()
    ]
    for row in expected:
        assert row in page, (
            f"{place('notebooks/README.md', '| [')}: the row of this lesson is\n{row}"
        )
    for line in page:
        if line.startswith("| ["):
            assert line in expected, f"{place('notebooks/README.md', line)}: no lesson says so"
    assert [line for line in page if line.startswith("| [")] == expected


@EACH
def test_a_lesson_states_the_minutes_of_the_formula(lesson):
    graded_cells(lesson)  # without points its minutes are not known
    minutes = lesson_minutes(lesson)
    stated = place(f"notebooks/{lesson.path.name}", f"*{lesson.minutes} minutes")
    assert lesson.minutes == minutes, (
        f"{stated}: write {minutes} minutes: that is what energykit/course/minutes.py counts"
    )


@EACH
def test_a_lesson_asks_for_a_prediction_whose_question_is_written(lesson):
    code = "\n".join("".join(cell["source"]) for cell in lesson.cells())
    names = re.findall(r'^ek\.predict\("(.+)"\)$', code, re.MULTILINE)
    assert names, (
        f"notebooks/{lesson.path.name}:1: ask for a prediction in a cell of its own: "
        f'ek.predict("{lesson.name[:2]}-…")'
    )
    for name in names:
        line = place("energykit/course/predictions.json", f'"{name}": ')
        assert name in questions(), f"{line}: add the question {name!r}"


@EACH
def test_the_values_of_a_lesson_are_recorded(lesson):
    path = lesson.path.with_suffix(".expected.json")
    assert path.is_file(), (
        f"notebooks/{path.name}:1: is made by: energykit notebooks bless "
        f"notebooks/{lesson.path.name}"
    )


def linked(lesson: Lesson, text: str) -> str:
    return f"[{text}]({lesson.path.name})"


def test_a_lesson_ends_with_links_to_the_ones_before_and_behind_it():
    known = lessons()
    for number, lesson in enumerate(known):
        links = [linked(known[number - 1], f"← {known[number - 1].title}")] if number else []
        is_last = number == len(known) - 1
        follower = None if is_last else known[number + 1]
        links.append(
            linked(follower, f"{follower.title} →") if follower else "[The map](README.md)"
        )
        cell = lesson.cells()[-1]
        file = f"notebooks/{lesson.path.name}"
        assert "".join(cell["source"]) == " · ".join(links), (
            f"{place(file, str(cell.get('id')))}: end with\n{' · '.join(links)}"
        )


@pytest.mark.parametrize("page", ["README.md", "notebooks/README.md"])
def test_a_page_counts_the_lessons_and_hours_as_they_are(page):
    count, minutes = len(lessons()), sum(lesson.minutes for lesson in lessons())
    expected = f"{number_word(count)} lessons, about {number_word(round(minutes / 60))} hours"
    said = re.search(r"([\w-]+) lessons,\s+about ([\w-]+) hours", read(page), re.IGNORECASE)
    assert said, f"{page}:1: say '{expected}'"
    assert said[0].lower() == expected, f"{place(page, said[0])}: write '{expected}'"


def notes_of(lesson: Lesson) -> tuple[str, dict[str, Any]]:
    """Where a lesson's notes are, and the notes."""
    text = read("tools/instructor.json")
    notes = json.loads(text)
    assert lesson.name in notes, (
        f"tools/instructor.json:{len(text.splitlines())}: add {lesson.name!r} with its goals, "
        "typical wrong answers, and what to skip when late; then python tools/instructor.py"
    )
    return place("tools/instructor.json", f'"{lesson.name}": '), notes[lesson.name]


@EACH
def test_every_goal_is_taught_in_cells_that_exist_and_says_whether_points_ask_for_it(lesson):
    first = "".join(lesson.cells()[0]["source"])
    line, notes = notes_of(lesson)
    count = first.count("\n- **")
    assert len(notes["goals"]) == count, f"{line}: one entry for each of the {count} goals"
    ids = {cell["id"] for cell in lesson.cells()}
    for goal in notes["goals"]:
        assert goal["cells"], f"{line}: name the cells that teach each goal"
        unknown = sorted(set(goal["cells"]) - ids)
        assert not unknown, f"{line}: {lesson.name} has no cells {unknown}"
    assert any(goal["is_checked"] for goal in notes["goals"]), f"{line}: points ask for no goal"
    assert len(notes["wrong"]) >= 3, f"{line}: say three typical wrong answers"
    assert notes["late"], f"{line}: say what to skip when late"


def test_every_lesson_is_stored_as_lessons_are():
    findings = [
        f"notebooks/{Path(one.path).name}:{one.cell_id or 1}: {one.what}; {one.hint}"
        for one in check([lesson.path for lesson in lessons()])
    ]
    assert not findings, "\n".join(findings)
