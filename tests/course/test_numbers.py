"""Every number in a lesson's prose is held: by its code, a recorded value, or a reason here."""

import json
import math
import re

import pandas as pd
import pytest

from energykit.course import lessons
from energykit.datasets import excerpt_path
from tests.project.lists.place import place

LESSONS = lessons()
NUMBER = re.compile(r"(?<![\w.,:/-])\d[\d,]*(?:\.\d+)?(?![\w:/-]|\.\d)")
NOT_PROSE = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)|<details>.*?</details>", re.DOTALL)
LEAST = 32
"""Smaller whole numbers are counts and dates that a reader sees beside them; without a unit."""
UNIT = re.compile(r"[ \u00a0]?(?:[kM]?(?:Wh|W|VA|V|A|varh|var)|%|per cent)(?!\w)")
ROWS, COPIED = "rows of the excerpt, counted below", "days of copied minutes, counted below"
CHECKED = "a bound of the exercise, which its check asks for"
REASONS = {
    "00-start-here": {
        "20,160": ROWS,
        "2012": "year of the data set",
        "0.5": "the half that the sentence speaks of",
        "2.6": COPIED,
        "1,440": "minutes of a day",
        "522": "the next lesson's riddle, recorded there",
    },
    "01-what-is-in-a-reading": {
        "0.2": "step of the meter's current [A]: docs/detectors.md",
        "1.6": "current of the first of two minutes in the table above, counted below",
    },
    "02-the-contract": {"99": "field of the bytes in the next cell", "794": "8 * 99 + 2"},
    "03-the-generator": {"50": CHECKED, "5,000": CHECKED, "207": CHECKED, "253": CHECKED},
    "04-the-analyzer": {"2.6": COPIED},
    "05-the-report": {
        "2.6": COPIED,
        "336": "hours of two weeks: 14 * 24",
        "20,160": ROWS,
        "0.15": "3,000 W in one of 20,160 minutes",
    },
    "08-can-you-trust-the-data": {
        "0.1": "the original rule's threshold: docs/detectors.md",
        "20,160": ROWS,
        "25,979": "the publisher's count: docs/detectors.md",
        "600": "below the recorded least jump",
        "0.8": CHECKED,
    },
    "09-your-data-your-stage": {
        "8601": "number of the ISO standard",
        "20,160": ROWS,
        "100": "kWh of a home in two weeks: docs/nomenclature.md",
    },
}
"""By lesson: numbers that neither its code nor a record has, and what holds them."""


LUCKY = {
    "01-what-is-in-a-reading": {"0.7", "1"},
    "02-the-contract": {"1"},
    "03-the-generator": {"18", "3"},
    "05-the-report": {"2"},
    "07-when-things-break": {"0.2"},
    "08-can-you-trust-the-data": {"3.0"},
}
"""By lesson: wrong numbers that another number of the lesson happens to hold."""


def said(lesson):
    """Yield the id of each text cell, the numbers in it, and whether a unit follows."""
    for cell in lesson.cells()[1:]:  # the first one's minutes are a formula's
        if cell["cell_type"] == "markdown":
            for number, has_unit in numbers_of(cell["source"]):
                yield cell["id"], number, has_unit


def numbers_of(source):
    """Yield each number of a text cell, and whether a unit follows."""
    text = NOT_PROSE.sub(" ", "".join(source))
    for found in NUMBER.finditer(text):
        yield found[0].rstrip(","), bool(UNIT.match(text, found.end()))


def in_code(lesson):
    code = "\n".join("".join(c["source"]) for c in lesson.cells() if c["cell_type"] == "code")
    return {float(found.replace("_", "")) for found in re.findall(r"\d[\d_]*(?:\.\d+)?", code)}


def numbers_in(value):
    if isinstance(value, dict):
        return [one for part in value.values() for one in numbers_in(part)]
    if isinstance(value, list):
        return [one for part in value for one in numbers_in(part)]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [float(value)]
    return [float(one.replace(",", "")) for one in NUMBER.findall(str(value))]


def recorded(lesson):
    path = lesson.path.with_suffix("").with_suffix(".expected.json")
    kept = json.loads(path.read_text(encoding="utf-8"))["records"]
    return [one for record in kept.values() for one in numbers_in(record["value"])]


def is_held(text, values):
    """Whether a value rounds to what is written, or its hundredfold does (a share as per cent)."""
    number = float(text.replace(",", ""))
    digits = len(text.partition(".")[2])
    return any(
        math.isclose(round(value * factor, digits), number, abs_tol=1e-9)
        for value in values
        for factor in (1, 100)
    )


def is_count(text, has_unit):
    return not has_unit and "." not in text and float(text.replace(",", "")) < LEAST


def held(lesson):
    """Every number that the lesson's code and its records have."""
    return [*in_code(lesson), *recorded(lesson)]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_number_in_prose_is_held(lesson):
    values = held(lesson)
    reasons = REASONS.get(lesson.name, {})
    loose = [
        (cell, number)
        for cell, number, has_unit in said(lesson)
        if not is_count(number, has_unit) and number not in reasons and not is_held(number, values)
    ]
    for cell, number in loose:
        line = place(f"notebooks/{lesson.path.name}", f'"id": "{cell}"')
        assert not number, (
            f"{line}: nothing holds {number}: compute or record it, or say in REASONS of "
            f"{place('tests/course/test_numbers.py', 'REASONS = {')} what it is"
        )


def changed(text):
    """A number that is wrong by a tenth or so."""
    digits = len(text.partition(".")[2])
    return f"{float(text.replace(',', '')) * 1.113 + 10.0**-digits:,.{digits}f}"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_wrong_number_in_prose_is_found(lesson):
    values = held(lesson)
    reasons = REASONS.get(lesson.name, {})
    planted = {
        changed(number)
        for _, number, has_unit in said(lesson)
        if not is_count(number, has_unit) and number not in reasons
    }
    missed = {number for number in planted if is_held(number, values)}
    assert missed <= LUCKY.get(lesson.name, set())


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_reason_is_for_a_number_that_is_there(lesson):
    there = {number for _, number, _ in said(lesson)}
    assert set(REASONS.get(lesson.name, {})) <= there


def test_what_the_reasons_count_is_so():
    house = pd.read_csv(excerpt_path(), index_col="date_time")
    same = (house == house.shift(1440)).all(axis=1)
    copied = same.loc["2007-04-28 00:21:00":"2007-04-30 14:23:00"]
    assert len(house) == 20_160
    assert copied.all()
    assert round(len(copied) / 1440, 1) == 2.6
    assert round(3000 / len(house), 2) == 0.15
    assert house["Global_intensity"]["2007-05-03 06:54:00"] == 1.6
