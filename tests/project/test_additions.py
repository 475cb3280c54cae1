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

from tests.project.additions.addition import Addition, Part
from tests.project.additions.artifact_format import ARTIFACT_FORMAT
from tests.project.additions.column import COLUMN
from tests.project.additions.detector import DETECTOR
from tests.project.additions.field import FIELD
from tests.project.additions.figure import FIGURE
from tests.project.additions.lesson import LESSON
from tests.project.additions.meter_format import METER_FORMAT
from tests.project.additions.option import OPTION
from tests.project.additions.stage import STAGE

ROOT = Path(__file__).resolve().parents[2]
IS_WHOLE = os.environ.get("ENERGYKIT_ADDITIONS") == "all"
ADDITIONS = {
    "a stage": STAGE,
    "a detector": DETECTOR,
    "a figure": FIGURE,
    "a format of artefacts": ARTIFACT_FORMAT,
    "a format of meters": METER_FORMAT,
    "a field of the contract": FIELD,
    "a column of readings": COLUMN,
    "a lesson": LESSON,
    "an option of the import": OPTION,
}
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
QUICK = [case for case in FORGOTTEN_PARTS if case.values[0] == "a figure"][:1]


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


def add(folder: Path, part: Part) -> None:
    path = folder / part.file
    if part.replaces:
        text = path.read_text(encoding="utf-8")
        assert part.replaces in text, f"{part.file} has no {part.replaces!r} any more"
        path.write_text(text.replace(part.replaces, part.text, 1), encoding="utf-8")
    elif part.after:
        lines = path.read_text(encoding="utf-8").splitlines()
        at = next(number for number, line in enumerate(lines) if part.after in line)
        lines.insert(at + 1, part.text)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(part.text, encoding="utf-8")


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
            add(folder, part)
    for number, command in enumerate(addition.commands):
        if number != no_command:
            python(folder, *command.arguments)  # what it cannot do without a part, the tests say


def check(folder: Path, addition: Addition) -> subprocess.CompletedProcess[str]:
    options = ("-q", "-p", "no:cacheprovider", "--no-header", "-m", "not slow")
    goes_on = "--continue-on-collection-errors"  # a name that nothing imports stops a whole file
    return python(folder, "-m", "pytest", *options, goes_on, *addition.checks)


def check_names(folder: Path, addition: Addition, file: str) -> None:
    """Hold the tests to fail, and to name a file as ``file:line:``."""
    checked = check(folder, addition)
    assert checked.returncode == pytest.ExitCode.TESTS_FAILED, (
        checked.stdout[-4000:] + checked.stderr
    )
    assert re.search(rf"{re.escape(file)}:\d+: ", checked.stdout), checked.stdout[-4000:]


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDITIONS if IS_WHOLE else ["a figure"])
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
