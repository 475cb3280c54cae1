"""The nomenclature page defines what files and figures show."""

import itertools
import re

import polars as pl
import pytest

from energykit.artifacts.columns import TABLES
from energykit.results.attempt_table import attempt_frame
from energykit.results.table import stage_frame
from services.energy_analyzer.reasons import reason_table
from services.energy_generator.households import generate
from services.report_generator.summary import Summary
from tests.project.lists.place import ROOT, read

PAGE = read("docs/nomenclature.md")
DEFINED = set(re.findall(r"`([A-Za-z_0-9]+)`", PAGE))


def report_lines():
    rows = pl.DataFrame(
        {
            "timestamp": [f"2025-01-01T00:{minute:02}:00Z" for minute in range(30)],
            "household_id": "HH-0",
            "power": 100.0,
            "efficiency": 0.9,
            "anomaly_detected": True,
            "reasons": "stuck",
        }
    )
    summary = Summary(rows, time_zone="Europe/Berlin")
    assert list(summary.watched())
    return summary.lines()


def labels_of_synthetic_readings():
    return generate(households=1, days=1, anomalies=5.0).labels.columns


SHOWN = {
    "the contract's tables": lambda: [column.name for table in TABLES for column in table.columns],
    "a summary": lambda: [metric.partition("[")[0] for metric in report_lines()["metric"]],
    "a table of stages": lambda: stage_frame([]).columns,
    "a table of attempts": lambda: attempt_frame([]).columns,
    "a table of reasons": lambda: reason_table(["stuck"]).columns,
    "labels": labels_of_synthetic_readings,
    "the real house": lambda: (
        pl.scan_csv(ROOT / "data/household/household-2007-04-23.csv").collect_schema().names()
    ),
}


SECTIONS = {
    "the contract's tables": "Quantities",
    "a summary": "Summary",
    "a table of stages": "A run",
    "a table of attempts": "A run",
    "a table of reasons": "Reasons",
    "labels": "Labels",
    "the real house": "The real house",
}
"""By what is shown: how the heading of its section begins."""


@pytest.mark.parametrize("what", SHOWN)
def test_every_column_and_metric_is_defined(what):
    names = {re.sub(r"^Sub_metering(?=_[23]$)", "", name.strip()) for name in SHOWN[what]()} - {
        "reason",
        "explanation",
    }
    missing = sorted(names - DEFINED)
    assert not missing, f"{end_of_table(SECTIONS[what])}: add below this row, for {what}\n" + (
        "\n".join(f"| `{name}` | what it is | {hint_of(SECTIONS[what])} |" for name in missing)
    )


def rows_of(section: str) -> list[tuple[int, str]]:
    """Line number and text of each line of the first table of a section."""
    lines = PAGE.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"## {section}"))
    begin = next(at for at in range(start, len(lines)) if lines[at].startswith("|"))
    table = itertools.takewhile(lambda at: lines[at].startswith("|"), range(begin, len(lines)))
    return [(at + 1, lines[at]) for at in table]


def end_of_table(section: str) -> str:
    return f"docs/nomenclature.md:{rows_of(section)[-1][0]}"


def hint_of(section: str) -> str:
    """The headings of the cells after what a name is."""
    heading = rows_of(section)[0][1]
    return " | ".join(f"({cell.strip()})" for cell in heading.strip("|").split("|")[2:])


def test_the_units_of_the_summary_are_those_of_the_page():
    section = PAGE.partition("## Summary")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    units = {name: row[2].split() for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    wrong = {
        metric
        for metric, _, unit in report_lines().iter_rows()
        if not {*unit.split()} <= {*units[metric.partition("[")[0]]}
    }
    assert wrong == set()
