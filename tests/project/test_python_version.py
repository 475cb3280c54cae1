"""The versions of Python that the kit supports are said alike wherever they are said."""

import importlib.util
import tomllib
from pathlib import Path

import pytest

from energykit import checkup

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_SPEC = importlib.util.spec_from_file_location(
    "python_version", ROOT / "tools" / "python_version.py"
)
python_version = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(python_version)
MINORS = range(python_version.FIRST[1], python_version.LAST[1] + 1)


def test_the_package_accepts_what_the_makefile_accepts():
    assert PROJECT["requires-python"] == f">=3.{MINORS.start},<3.{MINORS.stop}"
    said = {f"Programming Language :: Python :: 3.{minor}" for minor in MINORS}
    assert {line for line in PROJECT["classifiers"] if "Python :: 3." in line} == said


def test_doctor_accepts_what_the_makefile_accepts():
    first, last = checkup._FIRST_PYTHON, checkup._LAST_PYTHON
    assert (first, last) == (python_version.FIRST, python_version.LAST)


@pytest.mark.parametrize("page", ["README.md", "Makefile"])
def test_pages_name_the_same_versions(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert f"3.{MINORS.start} to 3.{MINORS[-1]}" in text, f"{page}: name the supported versions"


@pytest.mark.parametrize("minor", MINORS)
def test_a_supported_version_is_accepted(minor):
    assert python_version.describe_refusal((3, minor, 0)) == ""


def test_a_newer_version_is_refused_with_what_it_waits_for():
    text = python_version.describe_refusal((3, 15, 0))
    assert text.startswith(
        "energykit needs Python 3.11 to 3.14, this is 3.15.0: it follows as soon"
    )
    assert text.endswith("make PYTHON=python3.14 ...")


def test_an_older_version_is_refused_with_one_to_take():
    text = python_version.describe_refusal((3, 10, 4))
    assert text == (
        "energykit needs Python 3.11 to 3.14, this is 3.10.4; "
        "choose another: make PYTHON=python3.12 ..."
    )
