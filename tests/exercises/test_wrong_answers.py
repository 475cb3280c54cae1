"""Plausible wrong answers to each exercise, from its lesson's warnings: refused, with help."""

import json
import textwrap
from pathlib import Path

import pytest

from tests.exercises import answers

DAYS = "report.groupby(report.timestamp.dt.date)"
ENERGY = """
def power_factor(power, voltage, current):
    apparent = voltage * current
    return power / apparent if apparent else float("nan")

def energy_kwh(readings, at_most_min):
    minutes = -readings["timestamp"].diff(-1).dt.total_seconds() / 60
    minutes = minutes.fillna(at_most_min).clip(upper=at_most_min)
    return (readings["power_consumption"] * minutes / 60).sum() / 1000
"""
HOME = textwrap.dedent(answers.good("03-the-generator"))
DIAGNOSE = answers.good("04-the-analyzer")
SUCCESS = "what does its field success say"
VERIFY = answers.good("05-the-report")
LAST_DIGEST = """
def verify(record, root):
    digests = {}
    for stage in reversed(record["stages"]):
        digests[stage["output_file"]] = stage["output_sha256"]
        digests[stage["input_file"]] = stage["input_sha256"]
    def doubtful(name):
        path = root / name.removeprefix("/data/")
        return not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digests[name]
    return {name for name in digests if doubtful(name)}
"""
ORDER = answers.good("06-orchestration")
RETRY = answers.good("07-when-things-break")
LIMIT = answers.good("08-can-you-trust-the-data")
OWN = answers.good("09-your-data-your-stage")
COLLECT = answers.good("10-experiments-at-scale")
IN_TURN = """
def collect(run, points, executor, attempts):
    rows = []
    for point in points:
        for _ in range(attempts):
            future = executor.submit(run, point)
            error = future.exception()
            if not isinstance(error, ConnectionError):
                break
        value = None if error else future.result()
        rows.append({"point": point, "value": value, "error": f"{error!r}" if error else None})
    return rows
"""
"""Right rows, one after another."""


def but(source, old, new):
    """Return an answer with a part exchanged, which must be there."""
    assert old in source, (old, source)
    return source.replace(old, new)


def worst_day(body):
    return f"def worst_day(report):\n    return {body}\n"


def version_2(old, new):
    return f"version_2 = version_1.replace({old!r}, {new!r})\n"


def limit(body):
    return f"def choose_limit(report, labels):\n    return {body}\n"


def collect(body):
    return f"def collect(run, points, executor, attempts):\n    return {body}\n"


WRONG = {
    "00-start-here": [
        (worst_day(f"{DAYS}.anomaly_detected.sum().idxmax()"), "compare shares, not counts"),
        (worst_day(f"{DAYS}.anomaly_detected.mean().argmax()"), "is not a day"),
        (worst_day(f"{DAYS}.anomaly_detected.mean().idxmin()"), "days have more"),
        (worst_day(f"{DAYS}.anomaly_detected.mean().max()"), "is not a day"),
        (worst_day(f"{DAYS}.size().idxmax()"), "days have more"),
        (worst_day("'2007-04-29'"), "is not in the report"),
        ("def worst_day(report):\n    print(report.timestamp.max())\n", "print only shows it"),
        (worst_day("report.timestamp.dt.date.max()"), "days have more"),
        (worst_day("report.groupby('day').anomaly_detected.mean().idxmax()"), "KeyError: 'day'"),
    ],
    "01-what-is-in-a-reading": [
        (but(ENERGY, ' if apparent else float("nan")', ""), "there is no share of it"),
        (but(ENERGY, 'float("nan")', "None"), "there is no share of it"),
        (
            but(ENERGY, "return power / apparent if", "return round(power / apparent, 2) if"),
            "rounded",
        ),
        (
            but(ENERGY, "minutes = -readings", "readings['timestamp'][0]\n    minutes = -readings"),
            "not numbered from 0",
        ),
        (but(ENERGY, ".clip(upper=at_most_min)", ".clip(upper=1)"), "times what was measured"),
        (but(ENERGY, 'float("nan")', "0.0"), "there is no share of it"),
        (but(ENERGY, "power / apparent if", "apparent / power if"), "units and the order"),
        (but(ENERGY, ".clip(upper=at_most_min)", ""), "nothing was measured in the hole"),
        (but(ENERGY, ".fillna(at_most_min)", ""), "does the last reading count"),
        (but(ENERGY, ".sum() / 1000", ".sum()"), "kilowatt-hours"),
        (but(ENERGY, "* minutes / 60).sum()", "/ 60).sum()"), "times what was measured"),
        (but(ENERGY, "-readings", "readings"), "times what was measured"),
        (but(ENERGY, "diff(-1)", "diff()"), "times what was measured"),
    ],
    "02-the-contract": [
        ("version_2 = version_1\n", "there is no new field yet"),
        (version_2("voltage = 3;", "voltage = 4; float current = 3;"), "was 3 and is 4"),
        (version_2("voltage = 3;", "current = 3;"), "is gone or has another name"),
        (version_2("voltage = 3;", "voltage = 3; float current = 3;"), "protoc refuses it"),
        (version_2("voltage = 3;", "voltage = 3; float ampere = 4;"), "has no field current"),
        (version_2("float power", "double power"), "has another type"),
        (version_2("voltage = 3;", "voltage = 3; float current;"), "protoc refuses it"),
        (version_2("Reading", "Reading2"), "old programs ask for it by name"),
        (version_2("voltage = 3;", "voltage = 3; string current = 4;"), "holds no decimals"),
        (version_2("voltage = 3;", "voltage = 3; int32 current = 4;"), "holds no decimals"),
        (version_2("voltage = 3;", "voltage = 3; repeated float current = 4;"), "is a list"),
        ("version_2 = version_1.splitlines()\n", "not a text"),
    ],
    "03-the-generator": [
        (but(HOME, "default_rng(seed)", "default_rng()"), "the same seed gave two"),
        (but(HOME, "default_rng(seed)", "default_rng(0)"), "another seed gave the same file"),
        (but(HOME, "900, 250", "400, 300"), "people cook in the evening"),
        (but(HOME, "power / voltage / 0.95", "power / voltage * 0.95"), "at most voltage times"),
        (but(HOME, "96 * days", "96"), "96 readings a day"),
        (but(HOME, '"15min"', '"30min"'), "each 15 minutes"),
        (but(HOME, "225, 235", "225, 260"), "voltage goes from"),
        (but(HOME, "900, 250", "90, 25"), "power_consumption goes from"),
        (but(HOME, '@ek.stage("home")\n', ""), "above the function"),
        (but(HOME, '"current"', '"amperes"'), "calls the column 'current'"),
    ],
    "04-the-analyzer": [
        (but(DIAGNOSE, '"fine" if response.success else "the stage failed"', '"fine"'), SUCCESS),
        (
            but(DIAGNOSE, 'names.get(error.code().name, "refused")', "names[error.code().name]"),
            "every code",
        ),
        (but(DIAGNOSE, "error.code().name,", "error.details(),"), "which status code"),
        (but(DIAGNOSE, '"refused")', '"nobody there")'), "which status code"),
        (
            "def diagnose(call):\n    return 'fine' if call().success else 'the stage failed'\n",
            "try and except",
        ),
        (but(DIAGNOSE, '"refused")', "error.code().name)"), "one of"),
        (but(DIAGNOSE, "response = call()", "return call"), "one of"),
        (
            but(DIAGNOSE, "response.success else", "'failed' not in response.message else"),
            "a message is for people",
        ),
    ],
    "05-the-report": [
        ("def verify(record, root):\n    return set()\n", "is missing from your set"),
        (but(VERIFY, '("input", "output")', '("output",)'), "is missing from your set"),
        (but(VERIFY, '("input", "output")', '("input",)'), "is missing from your set"),
        (but(VERIFY, " if path.is_file() else None", ""), "a file may be missing"),
        (but(VERIFY, "doubtful.add(name)", "doubtful.add(path.name)"), "whole name"),
        (but(VERIFY, "doubtful.add(name)", "doubtful.add(path)"), "whole name"),
        (but(VERIFY, "!= digest", "== digest"), "your set"),
        (LAST_DIGEST, "is missing from your set"),
        (but(LAST_DIGEST, "reversed(", "("), "is missing from your set"),
        (but(VERIFY, "return doubtful", "return not doubtful"), "a set or a list"),
        (but(VERIFY, "path.read_bytes()", "path.read_bytes()[:100]"), "is in your set"),
    ],
    "06-orchestration": [
        ("def order(graph):\n    return list(graph)\n", "a node waits for its predecessors"),
        ("def order(graph):\n    return sorted(graph)\n", "a node waits for its predecessors"),
        (
            but(ORDER, "sorter.add(later, name)", "sorter.add(name, later)"),
            "a node waits for its predecessors",
        ),
        (but(ORDER, "if later not in graph:", "if False:"), "a dangling node was not refused"),
        (but(ORDER, "raise ValueError", "raise KeyError"), "raise ValueError"),
        (
            but(ORDER, "return list(sorter.static_order())", "sorter.prepare()"),
            "print only shows it",
        ),
        (
            but(ORDER, 'f"{name} is followed by {later}, which is not in the graph"', "str(graph)"),
            "which of them does not exist",
        ),
        (
            but(ORDER, 'f"{name} is followed by {later}, which is not in the graph"', '"dangling"'),
            "name the node",
        ),
        (
            but(
                ORDER,
                "return list(sorter.static_order())",
                "return list(sorter.static_order())[1:]",
            ),
            "every node once",
        ),
        (
            but(ORDER, "if later not in graph:", "if later not in list(graph)[:3]:"),
            "nothing is wrong with this graph",
        ),
    ],
    "07-when-things-break": [
        (
            but(RETRY, 'code != "UNAVAILABLE"', 'code not in ("UNAVAILABLE", "DEADLINE_EXCEEDED")'),
            "stopped waiting",
        ),
        (
            but(
                RETRY, 'code != "UNAVAILABLE"', 'code not in ("UNAVAILABLE", "RESOURCE_EXHAUSTED")'
            ),
            "nothing says",
        ),
        (but(RETRY, 'code != "UNAVAILABLE"', 'code in ("INVALID_ARGUMENT", "NOT_FOUND")'), ""),
        (but(RETRY, "attempt >= 4", "attempt > 4"), "4 attempts in all"),
        (but(RETRY, "work_began and not idempotent", "not idempotent"), "was given up"),
        (but(RETRY, "work_began and not idempotent", "work_began"), "was given up"),
        (but(RETRY, "work_began and not idempotent", "False"), "done twice"),
        (but(RETRY, "return pause_s if pause_s < left_s else None", "return pause_s"), "deadline"),
        (but(RETRY, "0.2 * 2 ** (attempt - 1)", "0.2"), "without backoff"),
        (but(RETRY, "0.2 * 2 ** (attempt - 1)", "2.0 ** attempt"), "longer than"),
        ("def wait_before_retry(*_):\n    return None\n", "was given up"),
    ],
    "08-can-you-trust-the-data": [
        (limit("12_000"), "on an unseen week"),
        (limit("report['power'].quantile(0.999)"), "on an unseen week"),
        (limit("report['power'].quantile(0.99)"), "false alarms"),
        (limit("report['power'].max()"), "spikes: recall"),
        (limit("report['power'].mean() + 3 * report['power'].std()"), "false alarms"),
        (limit("labels"), "is not a number"),
        (limit("150"), "false alarms"),
    ],
    "09-your-data-your-stage": [
        (but(OWN, ', "time_zone": "Europe/Berlin"', ""), "of which zone"),
        (but(OWN, '"missing": ["n/a"], ', ""), "word for no value"),
        (but(OWN, ">= least", ">= 60"), "hours have that many"),
        (but(OWN, "[groups.size() >= least]", ""), "hours have that many"),
        (but(OWN, ".mean()\n", ".sum()\n"), "compare"),
        (but(OWN, '.dt.floor("h")', '.dt.ceil("h")'), "start of the hour"),
        (but(OWN, "Europe/Berlin", "Europe/London"), "of which zone"),
        (
            but(OWN, "first_try | {", 'first_try | {"units": {"power_consumption": "W"}} | {'),
            "says kW",
        ),
        ("adapter = first_try\nhourly = None\n", "above the function"),
    ],
    "10-experiments-at-scale": [
        (but(COLLECT, "for _ in range(attempts)", "for _ in range(1)"), "try again"),
        (but(COLLECT, "for _ in range(attempts)", "for _ in range(3)"), "each might have passed"),
        (
            but(COLLECT, "for _ in range(attempts)", "for _ in range(attempts + 1)"),
            "attempts were allowed",
        ),
        (but(COLLECT, "ConnectionError)", "Exception)"), "the same the next time"),
        (
            collect("[run(p) for p in points]"),
            "not end the table",
        ),
        (
            collect("[executor.submit(run, p).result() for p in points]"),
            "not end the table",
        ),
        (but(COLLECT, "return list(rows.values())", "return rows"), "a list of dictionaries"),
        (but(COLLECT, "list(rows.values())", "list(rows.values())[::-1]"), "order"),
        (IN_TURN, "two workers took as long as one"),
        (but(COLLECT, 'f"{error!r}" if error else None', "error"), "a text goes into a table"),
        (but(COLLECT, "None if error else future.result()", "str(error or future.result())"), ""),
        (but(COLLECT, "None if error else future", "0 if error else future"), "has no value"),
        (
            but(COLLECT, "list(rows.values())", "[r for r in rows.values() if not r['error']]"),
            "every point is one row",
        ),
        (but(COLLECT, 'f"{error!r}" if error else None', "None"), "no error in its row"),
    ],
}
NOTES = json.loads(
    (Path(__file__).resolve().parents[2] / "tools" / "instructor.json").read_text(encoding="utf-8")
)
GIVEN_AWAY = {
    "00-start-here": ("idxmax", ".mean()"),
    "01-what-is-in-a-reading": ("fillna", "clip", "/ 60"),
    "02-the-contract": ("current = 4",),
    "03-the-generator": ("np.where", "0.95"),
    "04-the-analyzer": (".get(", "names["),
    "05-the-report": ("sha256(", "is_file("),
    "06-orchestration": ("TopologicalSorter", "static_order"),
    "07-when-things-break": ("2 **", "attempt >= 4", "pause_s"),
    "08-can-you-trust-the-data": ("event_f1", "ek.score", "max("),
    "09-your-data-your-stage": ("Europe/Berlin", "groupby", "floor"),
    "10-experiments-at-scale": ("isinstance", ".exception()"),
}
"""What would be the answer, or a part of its code."""


@pytest.mark.parametrize("name", list(WRONG))
def test_an_exercise_has_at_least_six_wrong_answers(name):
    assert len(WRONG[name]) >= 6
    assert answers.check(name, answers.good(name))


@pytest.mark.parametrize("name", list(WRONG))
def test_what_instructors_read_of_a_wrong_answer_is_what_a_check_says_of_one(name):
    parts = {part for _, part in WRONG[name]}
    assert {note["said"] for note in NOTES[name]["wrong"]} <= parts


@pytest.mark.parametrize(
    ("name", "source", "part"),
    [
        pytest.param(name, source, part, id=f"{name[:2]}-{at}")
        for name, wrongs in WRONG.items()
        for at, (source, part) in enumerate(wrongs)
    ],
)
def test_a_plausible_wrong_answer_is_refused_with_help_and_without_the_answer(name, source, part):
    verdict = answers.check(name, source)
    assert not verdict, source
    said = f"{verdict.text} → {verdict.hint}"
    assert part in said
    assert verdict.hint
    assert not [word for word in GIVEN_AWAY[name] if word in said]
