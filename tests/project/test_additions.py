"""What CONTRIBUTING says is all there is to do to add a stage, a detector, a figure, ...

Where a part is forgotten, a test names the file and the line. ENERGYKIT_ADDITIONS=all (`make
test-additions`) forgets each part of each addition once; without it one part of two is forgotten.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from energykit.course import lessons

ROOT = Path(__file__).resolve().parents[2]
IS_WHOLE = os.environ.get("ENERGYKIT_ADDITIONS") == "all"
LISTS = "tests/project/lists"
NUMBERS = {8: "eight", 9: "nine", 11: "eleven", 12: "twelve", 13: "thirteen"}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One place that an addition touches."""

    file: str
    text: str
    after: str = ""
    """The first line with this text is followed by the new one; empty: a new file."""
    is_listed: bool = True
    """Whether a test must name the file where this part is forgotten."""
    replaces: str = ""
    """Text that the new one stands for, instead of following a line."""


@dataclass(frozen=True, kw_only=True)
class Addition:
    """What somebody adds."""

    parts: tuple[Part, ...]
    checks: tuple[str, ...]
    """What `make test` runs, as far as it concerns this."""
    proof: str
    """A program that uses what was added."""
    commands: tuple[tuple[str, ...], ...] = ()
    """What CONTRIBUTING says to run before the tests, as arguments of Python."""


STAGE = Addition(
    parts=(
        Part(
            file="services/tariff/__init__.py",
            text='"""What the energy costs."""\n',
            is_listed=False,
        ),
        Part(
            file="services/tariff/__main__.py",
            text='"""``python -m services.tariff``: the energy and its price."""\n\n'
            "from __future__ import annotations\n\nimport sys\n\nimport polars as pl\n\n"
            "from energykit.serving import main, stage\n\n\n"
            '@stage("tariff")\n'
            "def tariff(readings: pl.LazyFrame, *, price_per_kwh: float = 0.3) -> pl.LazyFrame:\n"
            '    """Add a price to each reading."""\n'
            "    return readings.with_columns(price=pl.lit(price_per_kwh))\n\n\n"
            'if __name__ == "__main__":\n    sys.exit(main(tariff))\n',
            is_listed=False,
        ),
        Part(
            file="pyproject.toml",
            after='report-generator = "services.report_generator"',
            text='tariff = "services.tariff"',
        ),
        Part(
            file="config/tariff-pipeline.json",
            text=json.dumps({
                "workflow_name": "tariff", "start_node": "tariff", "execution_mode": "sequential",
                "service_registry": {"tariff": "127.0.0.1:50054"},
                "containers": {"tariff": {
                    "id": "tariff", "input_file": "/data/household/readings.csv",
                    "output_file": "/data/out/tariff.csv", "next_node": None,
                    "timeout_seconds": 60}},
            }),
        ),
        Part(
            file="docker-compose.yaml",
            after='"127.0.0.1:${ENERGYKIT_REPORT_PORTS:-50053}:50051"',
            text="\n  tariff:\n    <<: *service\n    image: energykit/tariff\n    build:\n"
            "      context: .\n      args:\n        <<: *pip\n        SERVICE: tariff\n"
            '    ports:\n      - "127.0.0.1:50054:50051"',
        ),
        Part(
            file="deploy/kubernetes/kustomization.yaml",
            after="  - report-generator.yaml",
            text="  - tariff.yaml",
        ),
    ),
    checks=(LISTS, "tests/project/test_containers.py", "tests/project/test_kubernetes.py"),
    commands=(("tools/kubernetes.py",),),
    proof="""
import pathlib
from energykit.cli import main
head = "timestamp,household_id,power_consumption,voltage,current\\n"
row = "2025-01-01T00:00:00Z,a,1,230,1\\n"
pathlib.Path("data/household/readings.csv").write_text(head + row)
command = ["run", "config/tariff-pipeline.json", "--local", "--module", "tariff=services.tariff"]
assert main(command) == 0
assert "price" in pathlib.Path("data/out/tariff.csv").read_text()
""",
)  # fmt: skip
DETECTOR = Addition(
    parts=(
        Part(
            file="services/energy_analyzer/detectors/night.py",
            text='"""A detector of the night\'s load."""\n\nfrom __future__ import annotations\n\n'
            "import numpy as np\n\n"
            "from services.energy_analyzer.detectors.detector import DetectionRule, between\n\n"
            '__all__ = ["standby"]\n\n\ndef standby(*, above_w: float = 9000.0) -> DetectionRule:\n'
            '    """Flag a power above what a house can draw at rest."""\n'
            '    between("above_w", above_w, 0, unit="W")\n'
            "    return DetectionRule(lambda batch: np.asarray(batch.power > above_w))\n",
            is_listed=False,
        ),
        Part(
            file="services/energy_analyzer/detectors/__init__.py",
            after="from services.energy_analyzer.detectors.local import hampel",
            text="from services.energy_analyzer.detectors.night import standby",
            is_listed=False,  # the interpreter names the line
        ),
        Part(
            file="services/energy_analyzer/detectors/__init__.py",
            after='    "reverse_flow": reverse_flow,',
            text='    "standby": standby,',
        ),
        Part(
            file="docs/detectors.md",
            after="| `reverse_flow` |",
            text="| `standby` | a power above what a house can draw | `above_w` (9000) "
            "| one reading |",
        ),
        Part(
            file="tests/services/test_detectors_reference.py",
            after="NAIVE = [",
            text='    ("standby", lambda series: [row[1] > 9000 for row in series]),',
        ),
    ),
    checks=(LISTS, "tests/services/test_detectors_reference.py"),
    proof="""
from services.energy_analyzer.detectors import explanations, detection_rules
assert "standby" in detection_rules(["standby"])
assert explanations()["standby"] == "Flag a power above what a house can draw at rest."
""",
)
FIGURE = Addition(
    parts=(
        Part(
            file="energykit/plots/night.py",
            text='"""The night."""\n\nfrom __future__ import annotations\n\n'
            "from typing import TYPE_CHECKING\n\n"
            "from energykit.plots.daily import daily_profile\n\n"
            "if TYPE_CHECKING:\n    import pandas as pd\n    from matplotlib.axes import Axes\n\n"
            '__all__ = ["night_load"]\n\n\n'
            "def night_load(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:\n"
            '    """Draw the night."""\n    return daily_profile(frame, ax=ax)\n',
            is_listed=False,
        ),
        Part(
            file="energykit/plots/__init__.py",
            after="from energykit.plots.factor import",
            text="from energykit.plots.night import night_load",
        ),
        Part(
            file="energykit/plots/__init__.py",
            after='    "message_sizes",',
            text='    "night_load",',
        ),
        Part(
            file="energykit/plots/run.py",
            replaces="    def heatmap(self",
            text="    def night_load(self, **options: Any) -> Axes:\n"
            '        """Draw the night."""\n'
            "        from energykit.plots.night import night_load\n\n"
            "        return night_load(self._frame(_POWER), **options)\n\n    def heatmap(self",
        ),
    ),
    checks=(LISTS,),
    proof="""
from energykit import plots
assert plots.night_load.__name__ in plots.__all__ and plots.RunPlots.night_load
""",
)
FIELD = Addition(
    parts=(
        Part(
            file="protos/energy_pipeline.proto",
            after="repeated Adjustment adjustments = 12;",
            text="  double cpu_seconds = 99;",
            is_listed=False,
        ),
        Part(
            file="tests/project/contract.json",
            replaces='"StageMetrics": {',
            text='"StageMetrics": {"cpu_seconds": [99, 1, false],',
        ),
        Part(
            file="docs/nomenclature.md",
            after="| `outputs` | every file written",
            text="| `cpu_seconds` | processor time of the stage | s |",
        ),
    ),
    checks=(LISTS, "tests/project/test_generated.py"),
    commands=(("-m", "energykit", "proto"),),
    proof="""
from energykit._proto.energy_pipeline_pb2 import StageMetrics
assert StageMetrics(cpu_seconds=1.5).cpu_seconds == 1.5
""",
)
OPTION = Addition(
    parts=(
        Part(
            file="energykit/meters/parameters.py",
            replaces="    holds_until_next: bool = False,\n)",
            text="    holds_until_next: bool = False,\n    skip_weekends: bool = False,\n)",
            is_listed=False,
        ),
        Part(
            file="energykit/meters/__init__.py",
            after="    Whether a reading stands until the next one",
            text="``skip_weekends``\n    Whether days without tariff are left out.",
        ),
    ),
    checks=(LISTS,),
    proof="""
from energykit.meters.parameters import meter_parameters
assert meter_parameters({"timestamp": 1, "power_consumption": 2}, skip_weekends=True)
""",
)
ARROW = '''"""Readings and reports in Arrow's file format."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from energykit.artifacts.columns import recognise
from energykit.artifacts.content import check_content
from energykit.artifacts.usable import Pass, usable_typed_rows
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from energykit.artifacts.formats import Target

__all__ = ["ArrowReader", "write_arrow"]


class ArrowReader:
    """Reads one Arrow file."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        check_content(path, stream.read(4096))
        try:
            self._frame = pl.read_ipc(path)
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as exc:
            raise ArtifactError(f"is not an Arrow file: {exc}", where=str(path)) from exc
        self.table = recognise(self._frame.columns, where=str(path))

    def read(self, run: Pass, *, strict: bool = False) -> Iterator[pl.DataFrame]:
        """Yield the usable rows."""
        typed = self._frame.select(
            pl.col(column.name).cast(column.dtype) for column in self.table.columns
        )
        run.tally.rows_in += typed.height
        lines = pl.int_range(1, typed.height + 1, eager=True)
        used = usable_typed_rows(typed, lines, run)
        run.tally.rows_used += used.height
        yield used


def write_arrow(parts: Iterable[pl.DataFrame], target: Target) -> int:
    """Write batches as one Arrow file."""
    frame, content = pl.concat(list(parts)), io.BytesIO()
    frame.write_ipc(content)
    target.file.write(content.getvalue())
    return frame.height
'''
FORMAT = Addition(
    parts=(
        Part(file="energykit/artifacts/arrow_format.py", text=ARROW),
        Part(
            file="energykit/artifacts/formats.py",
            after="    for entry in (",
            text='        Format(name="Arrow", suffix=".arrow", looks="an Arrow file",\n'
            '            reader="energykit.artifacts.arrow_format:ArrowReader",\n'
            '            writer="energykit.artifacts.arrow_format:write_arrow"),',
        ),
    ),
    checks=(
        LISTS,
        *(f"tests/artifacts/test_{name}.py" for name in ("bad_files", "lacking", "writer")),
    ),
    proof="""
import polars as pl
from energykit.artifacts import frame, write
row = {"timestamp": "2025-01-01T00:00:00Z", "household_id": "a", "power_consumption": 1.0}
write(pl.DataFrame([{**row, "voltage": 230.0, "current": 1.0}]), "data/one.arrow")
assert frame("data/one.arrow")["power_consumption"].to_list() == [1.0]
""",
)
LESSON_MINUTES = 15
INTRODUCTION = (
    "# 11 · The night\n\n**What does a house draw while everyone sleeps?**\n\n"
    "After this notebook we can\n\n- **measure** what a house draws at night.\n\n"
    f"*{LESSON_MINUTES} minutes. Before: [00 · Start here](00-start-here.ipynb).*"
)
ANSWER = "### BEGIN SOLUTION\ndef night(power):\n    return min(power)\n\n\n### END SOLUTION"
CHECK = (
    "import energykit as ek\n\nassert night([3.0, 1.0]) == 1.0\n### BEGIN HIDDEN TESTS\n"
    'assert night([ek.exercises.student_seed("11-the-night")])\n### END HIDDEN TESTS'
)


def exercise_cell(name: str, source: str, *, points: int = 0) -> dict[str, object]:
    """A cell as nbgrader marks it: a check where it has points, else the place of the answer."""
    mark = {
        "grade": points > 0, "grade_id": f"the-night-{name}", "locked": points > 0,
        "schema_version": 3, "solution": points == 0, "task": False,
    }  # fmt: skip
    return {
        "cell_type": "code", "id": name, "execution_count": None, "outputs": [],
        "metadata": {"nbgrader": mark | ({"points": points} if points else {})},
        "source": source.splitlines(keepends=True),
    }  # fmt: skip


CELLS = [
    {
        "cell_type": "markdown", "id": "title", "metadata": {},
        "source": INTRODUCTION.splitlines(keepends=True),
    },
    exercise_cell("exercise", ANSWER),
    exercise_cell("exercise-check", CHECK, points=2),
]  # fmt: skip
GOAL = {"cells": ["exercise", "exercise-check"], "is_checked": True}
WRONG = [{"answer": answer, "reason": "not the least"} for answer in ("mean", "maximum", "first")]
NOTES = {"goals": [GOAL], "wrong": WRONG, "late": "Nothing."}


def lessons_and_hours(more: int = 0) -> str:
    """What pages say today, and with one lesson more."""
    minutes = sum(lesson.minutes for lesson in lessons()) + more * LESSON_MINUTES
    return f"{NUMBERS[len(lessons()) + more]} lessons, about {NUMBERS[round(minutes / 60)]} hours"


def counted(page: str) -> Part:
    """The part of a page that counts the lessons, as it is written there."""
    now = lessons_and_hours()
    text = (ROOT / page).read_text(encoding="utf-8")
    written = re.search(now.replace(" ", r"\s+"), text, re.IGNORECASE)
    return Part(file=page, replaces=written[0] if written else now, text=lessons_and_hours(1))


TOTAL = sum(lesson.minutes for lesson in lessons())
LESSON = Addition(
    parts=(
        Part(
            file="notebooks/11-the-night.ipynb",
            text=json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": CELLS}),
            is_listed=False,
        ),
        Part(
            file="notebooks/README.md",
            after="| [10 · Experiments at scale]",
            text=f"| [11 · The night](11-the-night.ipynb) | {LESSON_MINUTES} | What does a house "
            "draw while everyone sleeps? | [00 · Start here](00-start-here.ipynb) |",
        ),
        *map(counted, ("notebooks/README.md", "README.md", "docs/instructor.md")),
        Part(
            file="docs/decisions.md",
            replaces=f"add up to {TOTAL}",
            text=f"add up to {TOTAL + LESSON_MINUTES}",
        ),
        Part(
            file="tools/instructor.json",
            replaces="{\n",
            text='{\n "11-the-night": ' + json.dumps(NOTES) + ",\n",
        ),
        Part(
            file="tests/course/test_nbgrader.py",
            after="HARD_CODED = {",
            text='    "11-the-night": "def night(power):\\n    return 1.0",',
        ),
    ),
    checks=(
        LISTS,
        *(f"tests/course/test_{name}.py" for name in ("instructor", "numbers", "predictions")),
        "tests/course/test_release.py::test_the_map_says_what_the_lessons_say",
    ),
    commands=(
        ("tools/instructor.py",),
        ("-m", "energykit", "notebooks", "bless", "notebooks/11-the-night.ipynb"),
    ),
    proof="""
from energykit.course import lessons
from energykit.cli import main
assert [lesson.name for lesson in lessons()][-1] == "11-the-night"
assert main(["notebooks", "run", "notebooks/11-the-night.ipynb"]) == 0
""",
)
ADDITIONS = {
    "a stage": STAGE,
    "a detector": DETECTOR,
    "a figure": FIGURE,
    "a format of artefacts": FORMAT,
    "a field of the contract": FIELD,
    "a lesson": LESSON,
    "an option of the import": OPTION,
}
FORGOTTEN = [
    pytest.param(name, number, id=f"{name}: {part.file} {number}")
    for name, addition in ADDITIONS.items()
    for number, part in enumerate(addition.parts)
    if part.is_listed
]
QUICK = [case for case in FORGOTTEN if case.values[0] in {"a stage", "a figure"}][:1]


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


def check(folder: Path, addition: Addition, *more: str) -> subprocess.CompletedProcess[str]:
    for command in addition.commands:
        python(folder, *command)  # what it cannot do with a part forgotten, the tests say
    options = ("-q", "-p", "no:cacheprovider", "--no-header", "-m", "not slow", *more)
    return python(folder, "-m", "pytest", *options, *addition.checks)


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDITIONS if IS_WHOLE else ["a figure"])
def test_what_contributing_says_is_enough(name, copy):
    for part in ADDITIONS[name].parts:
        add(copy, part)
    checked = check(copy, ADDITIONS[name])
    assert checked.returncode == 0, checked.stdout[-4000:]
    proved = python(copy, "-c", ADDITIONS[name].proof)
    assert proved.returncode == 0, proved.stdout + proved.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("name", "forgotten"), FORGOTTEN if IS_WHOLE else QUICK)
def test_a_forgotten_part_is_named_with_its_file(name, forgotten, copy):
    addition = ADDITIONS[name]
    for number, part in enumerate(addition.parts):
        if number != forgotten:
            add(copy, part)
    checked = check(copy, addition, "--exitfirst")
    assert checked.returncode == 1, checked.stdout[-4000:] + checked.stderr
    place = re.escape(addition.parts[forgotten].file)
    assert re.search(rf"{place}(?::\d+)?: ", checked.stdout), checked.stdout[-4000:]
