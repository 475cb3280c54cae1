"""A lesson, with its prediction, its exercise and the check of it."""

import json
import re
from pathlib import Path

from energykit.course import lessons
from tests.project.additions.addition import GENERATED, LISTS, Addition, Command, Part
from tests.project.number_words import number_word

ROOT = Path(__file__).resolve().parents[3]
LAST = lessons()[-1]
NUMBER = f"{int(LAST.name[:2]) + 1:02d}"
NAME = f"{NUMBER}-the-night"
TITLE = f"{NUMBER} · The night"
WORD = "standby"
MINUTES = 20
INTRODUCTION = f"""# {TITLE}

**What does a house draw while everyone sleeps?**

After this notebook we can

- **read** two weeks of a house,
- **measure** what it draws at night,
- **say** what stands behind it.

*{MINUTES} minutes. Before: [00 · Start here](00-start-here.ipynb).*"""
READ = """import pandas as pd

import energykit as ek
from energykit.datasets import excerpt_path

house = pd.read_csv(excerpt_path(), parse_dates=["date_time"])
house.head(first_rows)"""
MEASURE = """is_night = house.date_time.dt.hour == 3
night_w = house.Global_active_power[is_night].median() * 1000
ek.record("median of the night [W]", night_w)"""
ANSWER = """### BEGIN SOLUTION
def least_power(powers):
    least = float("inf")
    for power in powers:
        value = float(power)
        is_measured = value == value
        if is_measured:
            least = min(value, least)
    return least


### END SOLUTION"""
CHECK = f"""verdict = ek.exercises.check_least(least_power)
assert verdict, verdict
### BEGIN HIDDEN TESTS
hidden = ek.exercises.check_least(least_power, seed=ek.exercises.student_seed("{NAME}"))
assert hidden, hidden
### END HIDDEN TESTS
display(verdict)"""
KEY_POINTS = """## Key points

- At night a house draws what nobody switched on.
- A median is not moved by one kettle.
- The least power is not the usual one.

Nothing of ours runs any more."""
EXERCISES = '''"""Check of the exercise on the night: the least power of a house."""

from __future__ import annotations

from energykit.exercises.silence import silence_stderr
from energykit.exercises.verdict import NOTHING_RETURNED, Verdict, answer_of, right, wrong

__all__ = ["check_least"]


@silence_stderr()
def check_least(least_power: object, *, seed: int = 0) -> Verdict:
    """Check a function that says what the least of some powers is.

    Parameters
    ----------
    least_power
        The learner's: takes a list of numbers [W], some of them NaN; returns one.
    seed
        Of the made-up powers.
    """
    import numpy as np  # heavy

    if not callable(least_power):
        return wrong(f"least_power is {least_power!r}, not a function", "write def least_power")
    for number in range(10):
        powers = np.random.default_rng([seed, number]).uniform(1, 500, 20)
        powers[number] = float("nan")
        answer = answer_of(least_power, powers.tolist(), said="least_power(powers)", hint="try it")
        if isinstance(answer, Verdict):
            return answer
        if answer != np.nanmin(powers):
            hint = NOTHING_RETURNED if answer is None else "leave out what was not measured"
            return wrong(f"{answer!r} is not the least power", hint)
    return right("ten made-up nights: right.")
'''
TESTS = '''"""The least power is right; what is not measured, or another number, is not."""

import pytest

from energykit.exercises import check_least


@pytest.mark.parametrize("seed", range(3))
def test_the_least_of_what_was_measured_is_right(seed):
    assert check_least(lambda powers: min(power for power in powers if power == power), seed=seed)


@pytest.mark.parametrize(
    ("answer", "text", "hint"),
    [
        (lambda powers: sorted(powers)[1], "is not the least power", "what was not measured"),
        (lambda powers: None, "None is not the least power", "print only shows it"),
        (lambda powers: powers["least"], "least_power(powers) raised TypeError", "try it"),
        (5.0, "least_power is 5.0, not a function", "write def least_power"),
    ],
)
def test_another_number_is_wrong(answer, text, hint):
    verdict = check_least(answer)
    assert not verdict
    assert text in verdict.text
    assert hint in verdict.hint
'''
QUESTION = {
    "cell": "measure-why",
    "question": "How much does the house draw while everyone sleeps?",
    "choices": ["nothing", "some hundred watts", "as much as by day"],
    "right": 1,
    "say": "Ask what never sleeps.",
    "wrong": "Nothing: thinks of lamps alone.",
}
NOTES = {
    "goals": [
        {"cells": ["read"], "is_checked": False},
        {"cells": ["measure"], "is_checked": False},
        {"cells": ["exercise-answer", "exercise-check"], "is_checked": True},
    ],
    "wrong": [
        {"answer": answer, "reason": "not the least.", "said": "is not the least power"}
        for answer in ("the mean", "the largest", "the first")
    ],
    "late": "The measurement.",
}


def text_cell(name: str, source: str) -> dict[str, object]:
    return {
        "cell_type": "markdown",
        "id": name,
        "metadata": {},
        "source": source.splitlines(keepends=True),
    }


def code_cell(name: str, source: str, **metadata: object) -> dict[str, object]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": metadata,
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }


def exercise_cell(name: str, source: str, *, points: int = 0) -> dict[str, object]:
    """A cell as nbgrader marks it: a check where it has points, else the place of the answer."""
    mark = {
        "grade": points > 0,
        "grade_id": f"the-night-{name}",
        "locked": points > 0,
        **({"points": points} if points else {}),
        "schema_version": 3,
        "solution": points == 0,
        "task": False,
    }
    return code_cell(name, source, nbgrader=mark)


CELLS = [
    text_cell("title", INTRODUCTION),
    text_cell("parameters-why", "How many rows we look at first."),
    code_cell("parameters", "first_rows = 3", tags=["parameters"]),
    text_cell("read-why", "Two weeks of a real house, a row a minute."),
    code_cell("read", READ),
    text_cell(
        "measure-why",
        f"What is drawn by what nobody switched on is called **{WORD}**. **Predict:** how much "
        "does the house draw while everyone sleeps?",
    ),
    code_cell("predict", f'ek.predict("{NUMBER}-night")'),
    code_cell("measure", MEASURE),
    text_cell("exercise", "## Exercise: the least power\n\nWrite `least_power(powers)`."),
    exercise_cell("exercise-answer", ANSWER),
    text_cell("exercise-check-why", "The check has powers of its own, and some are missing."),
    exercise_cell("exercise-check", CHECK, points=2),
    text_cell("key-points", KEY_POINTS),
    code_cell("clean-up", "ek.survivors()"),
    text_cell(
        "links",
        f"[← {LAST.title}]({LAST.path.name}) · [The map](README.md)",
    ),
]
NOTEBOOK = {
    "cells": CELLS,
    "metadata": {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    },
    "nbformat": 4,
    "nbformat_minor": 5,
}


def lessons_and_hours(more: int = 0) -> str:
    """What pages say today, and with one lesson more."""
    minutes = sum(lesson.minutes for lesson in lessons()) + more * MINUTES
    count, hours = number_word(len(lessons()) + more), number_word(round(minutes / 60))
    return f"{count} lessons, about {hours} hours"


def word_before(word: str) -> str:
    """The last word of the glossary that comes before a new one."""
    text = (ROOT / "notebooks/glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| (.+?) \| .*\]\(", text, re.MULTILINE)
    return max((old for old in words if old.lower() <= word), key=str.lower)


def counted(page: str) -> Part:
    """The part of a page that counts the lessons, as it is written there."""
    now = lessons_and_hours()
    text = (ROOT / page).read_text(encoding="utf-8")
    written = re.search(now.replace(" ", r"\s+"), text, re.IGNORECASE)
    return Part(file=page, replaces=written[0] if written else now, text=lessons_and_hours(1))


LESSON = Addition(
    parts=(
        Part(
            file=f"notebooks/{NAME}.ipynb",
            text=json.dumps(NOTEBOOK, indent=1, ensure_ascii=False) + "\n",
            is_listed=False,
        ),
        Part(
            file=f"notebooks/{LAST.path.name}",
            replaces='.ipynb) · [The map](README.md)"',
            text=f'.ipynb) · [{TITLE} →]({NAME}.ipynb)"',
        ),
        Part(
            file="notebooks/README.md",
            after=f"| [{LAST.title}]",
            text=f"| [{TITLE}]({NAME}.ipynb) | {MINUTES} | What does a house "
            "draw while everyone sleeps? | [00 · Start here](00-start-here.ipynb) |",
        ),
        *map(counted, ("notebooks/README.md", "README.md")),
        Part(
            file="notebooks/glossary.md",
            after=f"| {word_before(WORD)} |",
            text=f"| {WORD} | what is drawn by what nobody switched on | "
            f"[{NUMBER}]({NAME}.ipynb) |",
        ),
        Part(
            file="energykit/course/predictions.json",
            replaces="{\n",
            text=f'{{\n "{NUMBER}-night": ' + json.dumps(QUESTION) + ",\n",
        ),
        Part(file="energykit/exercises/night.py", text=EXERCISES, is_listed=False),
        Part(
            file="energykit/exercises/__init__.py",
            after="from energykit.exercises.generator import",
            text="from energykit.exercises.night import check_least",
            is_listed=False,
        ),
        Part(
            file="energykit/exercises/__init__.py",
            after='    "check_home",',
            text='    "check_least",',
        ),
        Part(file="tests/exercises/test_night.py", text=TESTS),
        Part(
            file="tests/exercises/answers.py",
            after="CHECKS = {",
            text=f'    "{NAME}": lambda have, seed: exercises.check_least(\n'
            '        have["least_power"], seed=seed\n    ),',
        ),
        Part(
            file="tools/instructor.json",
            replaces="{\n",
            text=f'{{\n "{NAME}": ' + json.dumps(NOTES) + ",\n",
        ),
        Part(
            file="tests/exercises/answers.py",
            after="HARD_CODED = {",
            text=f'    "{NAME}": "def least_power(powers):\\n    return 1.0",',
        ),
    ),
    checks=(
        LISTS,
        GENERATED,
        *(
            f"tests/course/test_{name}.py"
            for name in ("instructor", "numbers", "oddity", "predictions", "release")
        ),
    ),
    commands=(
        Command(arguments=("tools/instructor.py",), makes=f"docs/instructor/{NAME}.md"),
        Command(
            arguments=("-m", "energykit", "notebooks", "bless", f"notebooks/{NAME}.ipynb"),
            makes=f"notebooks/{NAME}.expected.json",
        ),
    ),
    proof=f"""
import pytest
from energykit.course import lessons
from energykit.cli import main
assert [lesson.name for lesson in lessons()][-1] == "{NAME}"
assert main(["notebooks", "check", "notebooks"]) == 0
assert main(["notebooks", "run", "notebooks/{NAME}.ipynb"]) == 0
assert pytest.main(["-q", "tests/exercises", "-k", "{NUMBER}- or night or check_least"]) == 0
""",
)
