"""Every slip of the hand in a right answer is refused; those that pass are listed, with reasons.

ENERGYKIT_MUTANTS=all (`make test-long`) tries them all; without it, of the lesson whose check takes
seconds, one in five is tried.
"""

import os

import pytest

from tests.exercises import answers
from tests.exercises.mutation import mutants
from tests.project.lists.place import place

SLOW = ("04", "05", "08", "09")
"""Lessons whose check takes a second or more."""
EVERY = {"08": 1 if os.environ.get("ENERGYKIT_MUTANTS") == "all" else 5}
"""Of these lessons only one slip in so many is tried."""
BOUNDS = "the exercise leaves room: another home within the bounds is a home, too"
TEXT = "a text for people, of which the exercise asks only that it names the node"
SURVIVORS = {
    "02-the-contract": {
        "voltage = 3;\\n float current = 4; // A~": "a comment of the .proto",
    },
    "03-the-generator": {
        "'home' → 'home~'": "the stage's own name; the check asks for none",
        "'mine' → 'mine~'": "the household's own name; the check asks for none",
        "stamps.hour > 18": BOUNDS,
        "stamps.hour <= 22": BOUNDS,
        "18 → 19": BOUNDS,
        "22 → 23": BOUNDS,
        "225 → 226": BOUNDS,
        "235 → 236": BOUNDS,
        "900 → 901": BOUNDS,
        "250 → 251": BOUNDS,
        "1.2 → 2.2": BOUNDS,
        "np.where(evening, 900, 250) / rng": BOUNDS,
    },
    "06-orchestration": {
        "' is followed by ~'": TEXT,
        "', which is not in the graph~'": TEXT,
    },
    "07-when-things-break": {
        "2 → 3": "pauses that grow faster are within 0.1 to 2 s, too",
        "1 → 2": "pauses that begin at half the length are within 0.1 to 2 s, too",
    },
    "08-can-you-trust-the-data": {
        "2000 → 2001": "another grid of limits",
        "25001 → 25002": "another grid of limits",
        "1000 → 1001": "another grid of limits",
        "report['power'] >= limit": "no reading equals a limit to the last digit",
        "'' → '~'": "events of another reason do not count for power_high's kind",
        "line 5: 0 → 1": "a limit that finds every spike and nothing else comes first",
        "scored['kind'] != 'spike'": "the row of all kinds together, and there are spikes only",
    },
    "09-your-data-your-stage": {
        "'hourly' → 'hourly~'": "the stage's own name; the check asks for none",
    },
    "10-experiments-at-scale": {
        "line 2: 'value' → 'value~'": (
            "a key of the first dictionary, which the last line overwrites"
        ),
        "line 2: 'error' → 'error~'": (
            "a key of the first dictionary, which the last line overwrites"
        ),
        "'not run' → 'not run~'": "stands in a row only before the first round",
    },
}
"""By lesson: a part of the change, and why the changed answer is right, too."""


def cases():
    for name in answers.CHECKS:
        marks = (pytest.mark.slow,) if name[:2] in SLOW else ()
        slips = list(enumerate(mutants(answers.good(name))))
        for at, mutant in slips[:: EVERY.get(name[:2], 1)]:
            yield pytest.param(name, mutant, id=f"{name[:2]}-{at}", marks=marks)


@pytest.mark.parametrize(("name", "mutant"), list(cases()))
def test_a_changed_answer_is_refused_or_is_right_for_a_reason(name, mutant):
    listed = [part for part in SURVIVORS.get(name, {}) if part in mutant.change]
    passes = all(passing(name, mutant.source, seed) for seed in (0, 7))
    entry = f'    "{name}": {{' if name in SURVIVORS else "SURVIVORS = {"
    line = place("tests/exercises/test_mutants.py", entry)
    assert listed or not passes, (
        f"{line}: the changed answer of {name} gets points, too ({mutant.change}): make the check "
        f"stricter, or name the change in SURVIVORS with why it is right\n{mutant.source}"
    )
    assert passes or not listed, (
        f"{line}: the changed answer of {name} gets no points ({mutant.change}): take "
        f"{listed[0]!r} out of SURVIVORS\n{mutant.source}"
    )


def passing(name, source, seed):
    try:
        return bool(answers.check(name, source, seed=seed))
    except Exception:  # noqa: BLE001  # the cell itself raises: no points
        return False
