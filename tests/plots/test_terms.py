"""The terms that figures show are defined on the page of nomenclature."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "nomenclature.md"
TERM = re.compile(r"(\D+?)(?: of \d+ .*|, .*)? \[(.+)\]")
"""A label with a unit, without what follows a comma and without how many there are."""


def test_the_term_at_every_axis_is_on_the_page(figure, report, house, ax):
    figure(house if "voltage" in figure.__name__ else report, ax=ax)
    page = PAGE.read_text(encoding="utf-8")
    line = page.partition("## Terms of figures")[0].count("\n") + 1
    labels = [label for one in ax.figure.axes for label in (one.get_xlabel(), one.get_ylabel())]
    terms = [found.groups() for found in map(TERM.fullmatch, labels) if found]
    for term, unit in terms:
        assert term in page, (
            f"docs/nomenclature.md:{line}: add to the terms of figures\n"
            f"| {term} | …, as {figure.__name__} shows it | {unit} |"
        )
