"""A release is laid out for nbgrader; each assignment stands alone; hidden seeds are its own."""

import ast
import json
import os
import re

import pytest

from energykit.cli import main
from energykit.course import lessons, release_course, story
from energykit.course.assignment import is_graded
from energykit.errors import UsageError
from energykit.exercises import SEEDS, student_seed
from energykit.html import escape
from tests.other_account import STRANGER, needs_two_accounts

LESSONS = lessons()


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    return release_course(tmp_path_factory.mktemp("class") / "energykit", seed=4711)


def cells(release, name):
    path = release.folder / "source" / name / f"{name}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def seeds(release):
    return json.loads((release.folder / SEEDS).read_text(encoding="utf-8"))


def test_each_lesson_has_a_secret_of_its_own_beside_the_gradebook(released, tmp_path):
    found = seeds(released)
    assert list(found) == [lesson.name for lesson in LESSONS]
    assert len(set(found.values())) == len(LESSONS)
    assert (released.folder / SEEDS).stat().st_mode & 0o077 == 0
    assert seeds(release_course(tmp_path / "again", seed=4711)) == found


def test_every_lesson_is_an_assignment_and_says_what_it_is():
    assert [lesson.name[:2] for lesson in LESSONS] == sorted(
        {lesson.name[:2] for lesson in LESSONS}
    )
    assert LESSONS[0].title == "00 · Start here"
    assert LESSONS[0].question.endswith("?")
    assert all(10 <= lesson.minutes <= 60 for lesson in LESSONS)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_an_assignment_stands_alone(released, lesson):
    assert lesson.name in released.graded
    folder = released.folder / "source" / lesson.name
    assert (folder / "config" / "household-pipeline.json").is_file()
    assert (folder / "data" / "household" / "household-2007-04-23.csv").is_file()
    code = "\n".join(
        "".join(cell["source"])
        for cell in cells(released, lesson.name)
        if cell["cell_type"] == "code"
    )
    assert "../" not in code
    assert str(seeds(released)[lesson.name]) not in code


def test_every_link_of_an_assignment_leads_somewhere(released):
    links = re.compile(r"\]\((?!https?:)([^)#]+)")
    source = released.folder / "source"
    texts = {path: path.read_text(encoding="utf-8") for path in source.glob("*/*.md")}
    for lesson in LESSONS:
        written = [
            cell["source"]
            for cell in cells(released, lesson.name)
            if cell["cell_type"] == "markdown"
        ]
        texts[source / lesson.name / "notebook"] = "\n".join(map("".join, written))
    assert sum(map(len, map(links.findall, texts.values()))) > 30
    dead = [
        f"{path}: {to}"
        for path, text in texts.items()
        for to in links.findall(text)
        if not (path.parent / to).exists()
    ]
    assert dead == []


def test_grade_ids_are_unique_in_the_whole_course():
    ids = [
        cell["metadata"]["nbgrader"]["grade_id"]
        for lesson in LESSONS
        for cell in lesson.cells()
        if "nbgrader" in cell["metadata"]
    ]
    assert len(ids) == len(set(ids))
    assert all(is_graded({"cells": lesson.cells()}) for lesson in LESSONS)


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(UsageError, match="is not an empty folder"):
        release_course(tmp_path)


def test_a_release_draws_its_own_seeds(tmp_path, capsys):
    for name in "ab":
        assert main(["course", "release", str(tmp_path / name)]) == 0
    said = capsys.readouterr().out
    assert "nbgrader generate_assignment LESSON" in said
    assert f"energykit course grade {tmp_path / 'a'}" in said
    assert len({(tmp_path / name / SEEDS).read_text("utf-8") for name in "ab"}) == 2


def test_the_lessons_are_listed_with_their_minutes(capsys):
    assert main(["course", "list"]) == 0
    assert " 25 min  00 · Start here: What does a house do" in capsys.readouterr().out


def test_own_lessons_need_an_introduction(tmp_path):
    path = tmp_path / "00-mine.ipynb"
    path.write_text(
        json.dumps({"cells": [{"cell_type": "markdown", "source": ["# Mine"]}]}), encoding="utf-8"
    )
    with pytest.raises(UsageError, match="does not introduce the lesson"):
        lessons(tmp_path)
    with pytest.raises(UsageError, match="no lessons there"):
        lessons(tmp_path / "nowhere")


def test_each_student_has_a_seed_that_only_the_course_knows(tmp_path, monkeypatch):
    found = set()
    for student in ("ada", "bob"):
        folder = tmp_path / "autograded" / student / "06-orchestration"
        folder.mkdir(parents=True)
        monkeypatch.chdir(folder)
        found |= {student_seed(1), student_seed(2), student_seed("06-orchestration")}
    assert len(found) == 6
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert student_seed(1) in found
    monkeypatch.setenv("JUPYTERHUB_USER", "eve")
    assert student_seed(1) not in found


def test_the_secret_beside_the_gradebook_decides_while_a_release_is_graded(tmp_path, monkeypatch):
    folder = tmp_path / "autograded" / "ada" / "06-orchestration"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    without = student_seed("06-orchestration")
    (tmp_path / SEEDS).write_text(json.dumps({"06-orchestration": 5}), encoding="utf-8")
    assert student_seed("06-orchestration") == student_seed(5) != without
    assert student_seed("07-when-things-break") != student_seed(5)


def test_a_copy_to_work_in(tmp_path, capsys):
    assert main(["course", "copy", str(tmp_path / "mine")]) == 0
    assert capsys.readouterr().out.strip().endswith("00-start-here.ipynb")
    assert len(lessons(tmp_path / "mine" / "notebooks")) == len(LESSONS)
    assert (tmp_path / "mine/config/household-pipeline.json").is_file()
    assert (tmp_path / "mine/data/household/household-2007-04-23.csv").is_file()
    assert main(["course", "copy", str(tmp_path / "mine")]) == 2


@needs_two_accounts
def test_no_copy_is_made_in_a_folder_of_another_account(tmp_path, capsys):
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", STRANGER, STRANGER)
    assert main(["course", "copy", str(tmp_path / "theirs")]) == 2
    assert f"belongs to user {STRANGER}" in capsys.readouterr().err
    assert not list((tmp_path / "theirs").iterdir())


def test_exercises_are_blank_in_a_copy(tmp_path):
    assert main(["course", "copy", str(tmp_path / "mine")]) == 0
    for lesson in lessons(tmp_path / "mine" / "notebooks"):
        texts = ["".join(cell["source"]) for cell in lesson.cells()]
        answer = next((text for text in texts if "# YOUR CODE HERE" in text), "")
        assert "raise NotImplementedError()" in answer, (
            f"notebooks/{lesson.path.name}:1: put the answer between ### BEGIN SOLUTION and "
            "### END SOLUTION"
        )
        ast.parse(answer)
        check = next((text for text in texts if text.startswith("verdict = ")), "")
        assert check, (
            f"notebooks/{lesson.path.name}:1: begin the cell of points with "
            "verdict = ek.exercises.check_…(…), a function of energykit/exercises/"
        )
        assert check.endswith("assert verdict, verdict\ndisplay(verdict)")
        assert not any("SOLUTION" in text or "HIDDEN" in text for text in texts)
    first = lessons(tmp_path / "mine" / "notebooks")[0]
    assert any(
        "def worst_day(report):\n    # YOUR CODE HERE\n" in "".join(cell["source"])
        for cell in first.cells()
    )


def test_a_copy_keeps_the_answers_where_they_are_asked_for(tmp_path):
    assert main(["course", "copy", "--answers", str(tmp_path / "mine")]) == 0
    for copied, lesson in zip(lessons(tmp_path / "mine" / "notebooks"), LESSONS, strict=True):
        assert copied.path.read_bytes() == lesson.path.read_bytes()


def test_the_story_has_every_lesson_and_says_how_long_it_takes():
    told = story()
    assert told.lessons == LESSONS
    text, page = repr(told), told._repr_html_()
    assert "01 · What is in a reading? (50 min, before: 00 · Start here)" in text
    assert (
        f"{len(LESSONS)} lessons, about {round(sum(one.minutes for one in LESSONS) / 60)} hours"
        in text
    )
    assert all(escape(one.question) in page for one in LESSONS)


def test_the_teachers_search_finds_who_replaces_a_check_and_no_lesson():
    guide = (LESSONS[0].path.parents[1] / "docs" / "instructor.md").read_text(encoding="utf-8")
    search = re.compile(re.search(r"grep -nE '(.+)' submitted", guide)[1])
    for lesson in LESSONS:
        assert not [
            line
            for line in lesson.path.read_text(encoding="utf-8").splitlines()
            if search.search(line)
        ]
    for cheat in (
        "ek.exercises.check_order = lambda *given: True",
        "import energykit.exercises as ours",
        "ek = Yes()",
        "get_ipython().ast_transformers.append(NoAsserts())",
        "setattr(module, 'check_order', yes)",
    ):
        assert search.search(cheat), cheat
