"""An option of the import: readings that stand longer than this are left out."""

from tests.project.additions.addition import GENERATED, LISTS, STAGE_SCHEMAS, Addition, Part

CHECK = '''def _longest(longest_s: float | None) -> float | None:
    """Return how long a reading may stand."""
    if longest_s is not None and not longest_s > 0:
        raise ParameterError(
            f"no reading stands {longest_s:g} s or less",
            where="parameters.longest_s",
            hint="valid: seconds > 0, such as 3600",
        )
    return longest_s


'''
EFFECT = """        longest = self._parameters.longest_s
        if longest is not None:
            is_long, why = pl.col("stands") > longest * _US, "the reading stands for too long"
            timed = (self.account.without(part, is_long, why) for part in timed)"""
TEST = '''"""Readings that stand longer than `longest_s` are left out, and counted."""

import pytest

from energykit.errors import ArtifactError

TEXT = """start,end,kWh
2025-01-01 10:00,2025-01-01 11:00,4
2025-01-01 11:00,2025-01-01 14:00,1
2025-01-01 14:00,2025-01-01 15:00,2
"""
COLUMNS = {"timestamp": "start", "end": "end", "power_consumption": "kWh"}
WHY = "the reading stands for too long"


def test_a_reading_that_stands_longer_is_left_out(imported):
    result = imported(TEXT, columns=COLUMNS, longest_s=3600)
    assert result.kwh == pytest.approx(6)
    assert result.left_out == [(WHY, 1, 3)]


def test_readings_of_meters_side_by_side_are_left_out(imported):
    rows = "2025-01-01 09:00,4,4\\n2025-01-01 12:00,1,1\\n2025-01-01 15:00,2,2\\n"
    table = {"columns": {"timestamp": "time"}, "layout": "wide_by_meter"}
    with pytest.raises(ArtifactError, match=f"rows are left out: {WHY}"):
        imported(f"time,MT_001,MT_002\\n{rows}", **table, longest_s=3600)


def test_nothing_left_is_refused(imported):
    with pytest.raises(ArtifactError, match=f"all 3 rows are left out: {WHY}"):
        imported(TEXT, columns=COLUMNS, longest_s=60)
'''
OPTION = Addition(
    parts=(
        Part(
            file="energykit/meters/parameters.py",
            last_of="def meter_parameters(",
            text="    longest_s: float | None = None,",
        ),
        Part(
            file="energykit/meters/parameters.py",
            after='    """Whether a reading stands until the next one, however long that is."""',
            text="    longest_s: float | None = None\n"
            '    """How long a reading may stand [s]; None: as long as it does."""',
        ),
        Part(
            file="energykit/meters/parameter_check.py",
            replaces="def _header(",
            text=f"{CHECK}def _header(",
        ),
        Part(
            file="energykit/meters/parameter_check.py",
            after='    "registers": lambda given:',
            text='    "longest_s": lambda given: _longest(given["longest_s"]),',
        ),
        Part(
            file="energykit/meters/importing.py",
            after="        timed = timing.timed(",
            text=EFFECT,
            names="energykit/meters/parameters.py",  # its first lines say where effects belong
        ),
        Part(
            file="services/energy_generator/__main__.py",
            after="    holds_until_next: bool | None = None,",
            text="    longest_s: float | None = None,",
        ),
        Part(
            file="energykit/meters/parameters.py",
            after="    meters that store changes only.",
            text="``longest_s``\n    Readings that stand longer than this are left out [s].",
        ),
        Part(
            file="tests/meters/test_parameter_rules.py",
            last_of="WRONG = {",
            text='    "a longest of 0": ({"columns": COLUMNS, "longest_s": 0}, "longest_s"),',
        ),
        Part(
            file="tests/meters/test_longest.py",
            text=TEST,
            names="tests/meters/conftest.py",  # the fixture that such a test begins with
        ),
    ),
    checks=(LISTS, GENERATED, "tests/meters/test_longest.py"),
    commands=(STAGE_SCHEMAS,),
    proof="""
import pathlib
from energykit.cli import main
plan = pathlib.Path("config/household-pipeline.json")
text = plan.read_text()
for name, code in {'"longest_s": 3600': 0, '"longest_s": 0': 2, '"longest": 3600': 2}.items():
    plan.write_text(text.replace('"scenario": "import"', f'"scenario": "import", {name}'))
    assert main(["check", str(plan)]) == code
""",
)
