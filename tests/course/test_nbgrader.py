"""The real nbgrader: a right answer gets every point; blanks and cheats get none, and are noticed.

ENERGYKIT_LESSONS names the lessons, or says `all`; `make grade-test` does. Without it three
students of one lesson are graded.
"""

import contextlib
import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from energykit.course import grade_class, lessons, release_course
from energykit.course.oddity import read_work
from energykit.exercises import SEEDS
from tests.exercises.answers import HARD_CODED

pytest.importorskip(
    "nbgrader", reason="nbgrader is not installed: pip install 'energykit-course[instructor]'"
)
pytestmark = pytest.mark.slow

CHOSEN = os.environ.get("ENERGYKIT_LESSONS", "")
IS_WHOLE = bool(CHOSEN)
CHOSEN = CHOSEN or "06-orchestration"
NAMES = [lesson.name for lesson in lessons()] if CHOSEN == "all" else CHOSEN.split()
TOGETHER = [pytest.param(name, marks=pytest.mark.xdist_group(f"grades {name}")) for name in NAMES]
needs_everyone = pytest.mark.skipif(
    not IS_WHOLE, reason="make grade-test hands in every kind of cheat; make test does not"
)
LOOP = "while True:\n    pass\n"


def nbgrader(folder, *arguments, ok=True):
    environment = {name: value for name, value in os.environ.items() if name != "JUPYTERHUB_USER"}
    environment |= {
        name: str(folder / ".jupyter" / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
    }
    environment["PYTHONWARNINGS"] = "ignore"
    environment["PATH"] = os.pathsep.join(
        [str(Path(sys.executable).parent), environment.get("PATH", "")]
    )  # alembic
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def kind(cell):
    told = cell["metadata"].get("nbgrader", {})
    return "check" if told.get("grade") else "answer" if told.get("solution") else ""


def handed_in(folder, student, name, notebook):
    target = folder / "submitted" / student / name
    shutil.copytree(folder / "release" / name, target)
    (target / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def with_cells(notebook, which, change):
    changed = copy.deepcopy(notebook)
    for at, cell in enumerate(changed["cells"]):
        if kind(cell) == which:
            cell["source"] = change(at, "".join(cell["source"]))
    return changed


def without(notebook, which):
    return notebook | {"cells": [cell for cell in notebook["cells"] if kind(cell) != which]}


@contextlib.contextmanager
def little_patience(configuration):
    """For the endless loop alone: what is right may take its time on a busy machine."""
    text = configuration.read_text(encoding="utf-8")
    assert "timeout = 120" in text
    configuration.write_text(text.replace("timeout = 120", "timeout = 15"), encoding="utf-8")
    yield
    configuration.write_text(text, encoding="utf-8")


def with_a_copied_check(notebook):
    """As one hands it in who pasted the check; by itself nbgrader stops grading the class at it."""
    (at,) = (at for at, cell in enumerate(notebook["cells"]) if kind(cell) == "check")
    pasted = copy.deepcopy(notebook["cells"][at]) | {"id": "pasted"}
    return notebook | {"cells": [*notebook["cells"][:at], pasted, *notebook["cells"][at:]]}


def with_cells_of_their_own(notebook):
    """As one hands it in who tried things out and took notes."""
    (at,) = (at for at, cell in enumerate(notebook["cells"]) if kind(cell) == "check")
    own = [
        {"cell_type": "markdown", "id": "notes", "metadata": {}, "source": "My notes."},
        {"cell_type": "code", "id": "tries", "metadata": {}, "source": "print(6 * 7)"}
        | {"outputs": [], "execution_count": None},
    ]
    return notebook | {"cells": [*notebook["cells"][:at], *own, *notebook["cells"][at:]]}


def submissions(name, release, solved):
    """What each student hands in; in `make test` three of them do."""
    right = with_cells(release, "answer", lambda at, _: solved[at])
    everyone = {
        "good": right,
        "blank": release,
        "fixed": with_cells(release, "answer", lambda *_: HARD_CODED[name]),
    }
    if IS_WHOLE:
        everyone |= {
            "loop": with_cells(release, "answer", lambda *_: LOOP),
            "edited": with_a_copied_check(with_cells(release, "check", lambda *_: "assert True")),
            "copied": with_cells(release, "answer", lambda at, _: f"# mine\n{solved[at]}"),
            "deleted": without(right, "check"),
            "unanswered": without(release, "answer"),
            "raises": with_cells(release, "answer", lambda *_: "1 / 0"),
            "broken": release,
            "added": with_cells_of_their_own(right),
        }
    return everyone


@pytest.fixture(scope="module", params=TOGETHER)
def graded(request, tmp_path_factory):
    """Name of the assignment, its folder, and the points by student."""
    name, folder = request.param, tmp_path_factory.mktemp(request.param) / "course"
    release_course(folder)
    nbgrader(folder, "generate_assignment", name)
    source, release = (
        json.loads((folder / part / name / f"{name}.ipynb").read_text(encoding="utf-8"))
        for part in ("source", "release")
    )
    solved = {
        at: "".join(cell["source"])
        for at, cell in enumerate(source["cells"])
        if kind(cell) == "answer"
    }
    everyone = submissions(name, release, solved)
    late = {student: everyone.pop(student) for student in ("loop",) if student in everyone}
    for student, notebook in everyone.items():
        handed_in(folder, student, name, notebook)
    broken = folder / "submitted" / "broken" / name / f"{name}.ipynb"
    if broken.exists():
        broken.write_text("{", encoding="utf-8")
    grade_class(folder)
    for student, notebook in late.items():
        handed_in(folder, student, name, notebook)
    with little_patience(folder / "nbgrader_config.py"):
        grades = grade_class(folder)
    return name, folder, {one.student: one for one in grades}


def test_who_is_right_gets_every_point_and_nobody_else_gets_any(graded):
    name, _folder, grades = graded
    best = grades["good"].most
    assert best > 0
    expected = dict.fromkeys(grades, 0.0) | {"good": best}
    if IS_WHOLE:
        expected |= {"copied": best, "added": best, "broken": None}
    assert {student: grade.points for student, grade in grades.items()} == expected, name


@needs_everyone
def test_what_is_odd_is_said(graded):
    name, folder, grades = graded
    said = {student: "; ".join(one.odd) for student, one in grades.items()}
    assert said["blank"] == ""
    assert "check cell" in said["deleted"]
    assert "was deleted" in said["deleted"]
    assert "answer cell" in said["unanswered"]
    assert "took too long" in said["loop"]
    assert "raised ZeroDivisionError" in said["raises"]
    assert said["broken"].startswith("not a notebook")
    if read_work(folder / "source" / name / f"{name}.ipynb").trees:  # not the same by chance
        assert "the course's own answer" in said["good"]
        assert "the same answer as added, deleted, good" in said["copied"]


def test_a_second_run_grades_only_what_has_changed(graded):
    _name, folder, grades = graded
    done = {}
    again = grade_class(folder, on_grade=lambda student, _, said: done.update({student: said}))
    assert {student for student, said in done.items() if said == "kept"} == set(grades) - {"broken"}
    assert {one.student: one for one in again}.keys() == grades.keys()


def test_feedback_does_not_print_the_secret(graded):
    name, folder, _grades = graded
    secret = str(json.loads((folder / SEEDS).read_text(encoding="utf-8"))[name])
    page = (folder / "feedback" / "fixed" / name / f"{name}.html").read_text(encoding="utf-8")
    assert "student_seed" in page
    assert secret not in page


def test_feedback_says_what_was_wrong(graded):
    name, folder, _grades = graded
    for student in ("good", "fixed"):
        page = (folder / "feedback" / student / name / f"{name}.html").read_text(encoding="utf-8")
        assert ("AssertionError" in page) is (student == "fixed")


def test_the_release_hides_answers_and_hidden_tests_and_fails_only_where_points_are_given(graded):
    name, folder, _grades = graded
    release = (folder / "release" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    assert "raise NotImplementedError()" in release
    assert "BEGIN SOLUTION" not in release
    assert "student_seed" not in release
    path = folder / "autograded" / "blank" / name / f"{name}.ipynb"
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        failed = any(output["output_type"] == "error" for output in cell.get("outputs", []))
        assert not failed or kind(cell), "".join(cell["source"])


@needs_everyone
def test_the_release_is_valid_for_who_hands_it_in(graded):
    name, folder, _grades = graded
    told = nbgrader(folder, "validate", str(folder / "submitted" / "good" / name / f"{name}.ipynb"))
    assert "Success! Your notebook passes all the tests." in told
    told = nbgrader(
        folder, "validate", str(folder / "submitted" / "blank" / name / f"{name}.ipynb")
    )
    assert "VALIDATION FAILED ON" in told
