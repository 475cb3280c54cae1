"""Findings about other software: each pins what it tries and is in the table."""

import os
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))
FINDINGS = [path for path in SCRIPTS if path.stem not in {"run", "environment"}]
ROWS = re.findall(
    r"^\| \[([\w-]+)\]\(([\w.-]+)\)", (FOLDER / "README.md").read_text(), re.MULTILINE
)


def test_the_table_has_every_finding():
    names = [path.stem for path in FINDINGS]
    assert [name for name, _ in ROWS] == names, "findings/README.md: a row for each, in order"
    assert [target for _, target in ROWS] == [path.name for path in FINDINGS]


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.stem)
def test_a_finding_pins_its_packages_and_does_without_this_project(path):
    text = path.read_text(encoding="utf-8")
    (packages,) = re.findall(r"^packages (.+)$", text, re.MULTILINE)
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", package) for package in packages.split())
    modules = " ".join(re.findall(r"^modules (.+)$", text, re.MULTILINE)).split()
    assert all(re.fullmatch(r"@?[\w./-]+@[\d.]+", module) for module in modules)
    assert not re.search(r"\b(import|from) (energykit|services)\b", text)
    assert "\nseen " in text
    assert os.access(path, os.X_OK)
