"""What CONTRIBUTING says is all there is to do to add a stage, a detector, a figure, ...

Where a part is forgotten, a test names the file and the line. ENERGYKIT_ADDITIONS=all (`make
test-additions`) forgets each part and each command of each addition once; without it one part of
one addition is forgotten.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.additions.addition import Addition, every_addition, with_part

ROOT = Path(__file__).resolve().parents[2]
IS_WHOLE = os.environ.get("ENERGYKIT_ADDITIONS") == "all"
ADDITIONS = every_addition()
FORGOTTEN_PARTS = [
    pytest.param(name, number, id=f"{name}: {part.file} {number}")
    for name, addition in ADDITIONS.items()
    for number, part in enumerate(addition.parts)
    if part.is_listed
]
FORGOTTEN_COMMANDS = [
    pytest.param(name, number, id=f"{name}: {command.makes}")
    for name, addition in ADDITIONS.items()
    for number, command in enumerate(addition.commands)
]
NONE = pytest.param(
    "", 0, marks=pytest.mark.skip(reason="make test-additions forgets every command")
)
QUICK = [case for case in FORGOTTEN_PARTS if case.values[0] == "figure"][:1]


@pytest.fixture
def copy(tmp_path):
    """A copy of the tracked files, as somebody's clone would be."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is not a clone: there is no list of its files")
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file() and not name.startswith(("docs/figures", ".github")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


def build(folder: Path, addition: Addition, *, no_part: int = -1, no_command: int = -1) -> None:
    """Do all that there is to do, but perhaps one part or one command."""
    for number, part in enumerate(addition.parts):
        if number != no_part:
            path = folder / part.file
            path.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text(encoding="utf-8") if part.place else ""
            path.write_text(with_part(text, part), encoding="utf-8")
    for number, command in enumerate(addition.commands):
        if number != no_command:
            python(folder, *command.arguments)  # what it cannot do without a part, the tests say


def check(folder: Path, addition: Addition) -> subprocess.CompletedProcess[str]:
    options = ("-q", "-p", "no:cacheprovider", "--no-header", "-m", "not slow")
    goes_on = "--continue-on-collection-errors"  # a name that nothing imports stops a whole file
    there = [name for name in addition.checks if (folder / name).exists()]
    return python(folder, "-m", "pytest", *options, goes_on, *there)


def check_names(folder: Path, addition: Addition, file: str) -> None:
    """Hold the tests to fail, and to name a file as ``file:line:``."""
    checked = check(folder, addition)
    assert checked.returncode == pytest.ExitCode.TESTS_FAILED, (
        checked.stdout[-4000:] + checked.stderr
    )
    assert re.search(rf"{re.escape(file)}:\d+: ", checked.stdout), checked.stdout[-4000:]


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDITIONS if IS_WHOLE else ["figure"])
def test_what_contributing_says_is_enough(name, copy):
    build(copy, ADDITIONS[name])
    checked = check(copy, ADDITIONS[name])
    assert checked.returncode == 0, checked.stdout[-4000:]
    proved = python(copy, "-c", ADDITIONS[name].proof)
    assert proved.returncode == 0, proved.stdout + proved.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("name", "forgotten"), FORGOTTEN_PARTS if IS_WHOLE else QUICK)
def test_a_forgotten_part_is_named_with_its_file_and_line(name, forgotten, copy):
    build(copy, ADDITIONS[name], no_part=forgotten)
    part = ADDITIONS[name].parts[forgotten]
    check_names(copy, ADDITIONS[name], part.names or part.file)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "forgotten"), FORGOTTEN_COMMANDS if IS_WHOLE else [NONE])
def test_a_forgotten_command_is_named_by_what_it_makes(name, forgotten, copy):
    build(copy, ADDITIONS[name], no_command=forgotten)
    check_names(copy, ADDITIONS[name], ADDITIONS[name].commands[forgotten].makes)
