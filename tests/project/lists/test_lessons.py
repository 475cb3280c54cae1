"""What is said of the lessons elsewhere is what they say."""

import ast
import json
import re

import pytest

from energykit.course import lessons
from tests.project.lists.place import place, read

NUMBERS = dict(enumerate((
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
), start=1))  # fmt: skip


def test_the_map_has_a_row_for_each_lesson():
    page = read("notebooks/README.md").splitlines()
    for lesson in lessons():
        row = (
            f"| [{lesson.title}]({lesson.path.name}) | {lesson.minutes} | {lesson.question} | "
            f"{lesson.before.rstrip('.')} |"
        )
        assert row in page, (
            f"{place('notebooks/README.md', '| [')}: the row of this lesson is\n{row}"
        )


def test_every_lesson_has_a_cheat_that_gets_no_points():
    (cheats,) = (
        node
        for node in ast.parse(read("tests/course/test_nbgrader.py")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "HARD_CODED"
    )
    names = [key.value for key in cheats.value.keys]
    for lesson in lessons():
        assert lesson.name in names, (
            f"tests/course/test_nbgrader.py:{cheats.end_lineno}: add to HARD_CODED\n"
            f'    "{lesson.name}": "…",  # an answer that returns a fixed value'
        )
    assert set(names) == {lesson.name for lesson in lessons()}


@pytest.mark.parametrize("page", ["README.md", "docs/instructor.md", "notebooks/README.md"])
def test_a_page_counts_the_lessons_and_hours_as_they_are(page):
    count, minutes = len(lessons()), sum(lesson.minutes for lesson in lessons())
    expected = f"{NUMBERS[count]} lessons, about {NUMBERS[round(minutes / 60)]} hours"
    said = re.search(r"(\w+) lessons,\s+about (\w+) hours", read(page), re.IGNORECASE)
    assert said, f"{page}: say '{expected}'"
    assert said[0].lower() == expected, f"{place(page, said[0])}: write '{expected}'"


def test_the_decision_adds_the_minutes_up():
    minutes = sum(lesson.minutes for lesson in lessons())
    text = f"lessons' own minutes add up to {minutes}"
    assert text in read("docs/decisions.md").replace("\n", " "), (
        f"{place('docs/decisions.md', 'own minutes add up to')}: write '{text}'"
    )


def test_every_lesson_has_notes_for_the_instructor():
    text = read("tools/instructor.json")
    for lesson in lessons():
        assert lesson.name in json.loads(text), (
            f"tools/instructor.json:{len(text.splitlines())}: add {lesson.name!r} with its goals, "
            "typical wrong answers, and what to skip when late; then python tools/instructor.py"
        )
