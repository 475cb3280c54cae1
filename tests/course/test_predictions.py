"""Predictions: each Predict is a question with choices, kept locally and counted for a class."""

import json
import re
from itertools import pairwise

import pytest

from energykit.cli import main
from energykit.course import class_choices, lessons, questions
from energykit.course.predictions import keep_choice, question_named
from energykit.errors import UsageError
from energykit.widgets import predict
from tests.project.lists.place import place

LESSONS = lessons()


def quoted(name):
    return f'"{name}": '


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_predict_is_a_question_of_its_lesson_and_stands_right_below_its_text(lesson):
    cells = lesson.cells()
    asked = {}
    for text, code in pairwise(cells):
        if "**Predict:**" in "".join(text["source"]):
            found = re.fullmatch(r'ek\.predict\("(.+)"\)', "".join(code["source"]))
            line = place(f"notebooks/{lesson.path.name}", f'"id": "{text["id"]}"')
            number = lesson.name[:2]
            assert found, f'{line}: let a cell of ek.predict("{number}-…") follow, and nothing else'
            asked[found[1]] = text["id"]
    mine = {name: one.cell for name, one in questions().items() if name[:2] == lesson.name[:2]}
    home = "energykit/course/predictions.json"
    for name, cell in asked.items():
        assert mine.get(name) == cell, (
            f"{place(home, quoted(name))}: add, or correct, the question {name!r} of cell {cell!r}"
        )
    for name in mine:
        assert name in asked, f"{place(home, quoted(name))}: no cell of {lesson.name} asks {name}"


def test_a_question_has_choices_one_of_which_comes_and_words_for_the_instructor():
    for one in questions().values():
        assert 2 <= len(one.choices) <= 4
        assert len(set(one.choices)) == len(one.choices)
        assert 0 <= one.right < len(one.choices)
        assert one.text.endswith((".", "?", "…")), one.name
        assert one.say
        assert one.wrong


def test_right_choices_are_not_always_in_the_same_place():
    places = [one.right for one in questions().values()]
    assert max(places.count(at) for at in range(3)) < 0.6 * len(places)


def test_a_choice_is_kept_and_shown_against_what_comes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = predict("00-twins")
    assert asked.outcome() is None
    assert not (tmp_path / "predictions.json").exists()
    asked.choices.index = 0
    assert "You predict: fewer than 10." in asked.to_html()
    assert "You predicted: fewer than 10. It is: nearly all." in asked.outcome()
    asked.choices.index = 2
    assert "You predicted: nearly all. So it is." in asked.outcome()
    kept = json.loads((tmp_path / "predictions.json").read_text(encoding="utf-8"))
    assert kept["00-twins"]["choice"] == 2
    assert kept["00-twins"]["right"] == 2


def test_the_next_cell_shows_what_came_and_a_headless_run_shows_nothing(tmp_path, monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.chdir(tmp_path)
    shell = InteractiveShell.instance()
    try:
        shown = []
        monkeypatch.setattr("IPython.display.display", lambda *said, **_: shown.append(said))
        shell.run_cell("import energykit as ek\nasked = ek.predict('00-twins')\nasked")
        shell.run_cell("1 + 1")
        assert "So it is" not in repr(shown)
        shell.run_cell("asked = ek.predict('00-twins')\nasked._ipython_display_()")
        shell.user_ns["asked"].choices.index = 2
        shown.clear()
        shell.run_cell("1 + 1")
        assert "You predicted: nearly all. So it is." in repr(shown)
        shown.clear()
        shell.run_cell("2 + 2")
        assert shown == []
    finally:
        InteractiveShell.clear_instance()


def test_a_question_of_ones_own_needs_choices():
    own = predict("mine", "Which is larger?", ["1 kW", "1 kVA"], right=1)
    assert own.question.choices == ("1 kW", "1 kVA")
    with pytest.raises(UsageError, match="a question needs choices"):
        predict("mine", "Which is larger?")
    with pytest.raises(UsageError, match="no question '00-twin'") as refused:
        predict("00-twin")
    assert "00-twins" in refused.value.hint


def test_a_class_is_counted_and_a_spoiled_file_counts_for_nothing(tmp_path, capsys):
    twins, swap = question_named("00-twins"), question_named("02-swap")
    for student, choice in (("ada", 2), ("bob", 0), ("eve", 2)):
        folder = tmp_path / "submitted" / student / "00-start-here"
        folder.mkdir(parents=True)
        keep_choice(twins, choice, folder)
    keep_choice(swap, 1, folder)
    (tmp_path / "submitted" / "max").mkdir()
    (tmp_path / "submitted" / "max" / "predictions.json").write_text("[", encoding="utf-8")
    first, second = class_choices(tmp_path)
    assert (first.question.name, first.counts) == ("00-twins", (1, 0, 2))
    assert (second.question.name, second.counts) == ("02-swap", (0, 1, 0))
    assert main(["course", "predictions", str(tmp_path)]) == 0
    assert "→    2 ( 67%)  nearly all" in capsys.readouterr().out
    assert main(["course", "predictions", str(tmp_path / "submitted" / "max")]) == 2
    assert "no predictions.json below it" in capsys.readouterr().err
