"""What is said of the lessons elsewhere is what they say."""

import ast
import json
import re

import pytest

from energykit.course import Lesson, lessons
from energykit.notebooks.rules.check import check
from tests.project.lists.place import place, read

NUMBERS = dict(enumerate((
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
), start=1))  # fmt: skip


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


def test_every_lesson_has_a_word_in_the_glossary():
    glossary = "notebooks/glossary.md"
    for lesson in lessons():
        assert f"]({lesson.path.name}) |" in read(glossary), (
            f"{place(glossary, '| word |')}: add a row for each word that {lesson.name} explains, "
            f"by the alphabet\n| … | … | [{lesson.name[:2]}]({lesson.path.name}) |"
        )


def test_every_exercise_is_among_those_whose_check_is_tried_with_answers():
    from tests.exercises.answers import CHECKS

    for lesson in lessons():
        assert lesson.name in CHECKS, (
            f"{place('tests/exercises/answers.py', 'CHECKS = {')}: add\n"
            f'    "{lesson.name}": lambda have, seed: exercises.check_…(have["…"], seed=seed),'
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
    assert said, f"{page}:1: say '{expected}'"
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


def test_the_first_lesson_counts_the_others():
    file = "notebooks/00-start-here.ipynb"
    expected = f"[{NUMBERS[len(lessons()) - 1].capitalize()} more lessons](README.md)"
    assert expected in read(file), f"{place(file, ' more lessons](')}: write {expected}"


def test_every_lesson_is_stored_as_lessons_are():
    assert check([lesson.path for lesson in lessons()]) == ()
