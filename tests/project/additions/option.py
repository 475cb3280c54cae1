"""An option of the import: the seconds by which a meter's clock is fast."""

from tests.project.additions.addition import GENERATED, LISTS, STAGE_SCHEMAS, Addition, Part

OPTION = Addition(
    parts=(
        Part(
            file="energykit/meters/parameters.py",
            replaces="    holds_until_next: bool = False,\n)",
            text="    holds_until_next: bool = False,\n    fast_s: float = 0.0,\n)",
            is_listed=False,
        ),
        Part(
            file="energykit/meters/parameters.py",
            after='    """Whether a reading stands until the next one, however long that is."""',
            text='    fast_s: float = 0.0\n    """Seconds by which the clock is fast [s]."""',
        ),
        Part(
            file="energykit/meters/parameter_check.py",
            after='    "holds_until_next": lambda given:',
            text='    "fast_s": lambda given: float(given["fast_s"]),',
        ),
        Part(
            file="energykit/meters/kind.py",
            replaces='_NUMBERS = ("step_s",)',
            text='_NUMBERS = ("step_s", "fast_s")',
        ),
        Part(
            file="energykit/meters/importing.py",
            after="            rows = part if self._is_beside else",
            text="            late = round(self._parameters.fast_s * _US)\n"
            '            rows = rows.with_columns(pl.col("moment") - late)',
            names="energykit/meters/parameters.py",  # its first lines say where effects belong
        ),
        Part(
            file="services/energy_generator/__main__.py",
            after="    holds_until_next: bool | None = None,",
            text="    fast_s: float | None = None,",
        ),
        Part(
            file="energykit/meters/__init__.py",
            after="    Whether a reading stands until the next one",
            text="``fast_s``\n    Seconds by which the meter's clock is fast.",
        ),
        Part(
            file="docs/your-data.md",
            after="### What the rest is for",
            text="\n`fast_s` is what a clock is fast by.",
        ),
    ),
    checks=(LISTS, GENERATED),
    commands=(STAGE_SCHEMAS,),
    proof="""
import pathlib
from energykit.cli import main
from energykit.meters import MeterImport, meter_parameters
path = pathlib.Path("data/fast.csv")
path.write_text("t,kW\\n2025-01-01 00:00:03,1\\n2025-01-01 00:15:03,2\\n")
parameters = meter_parameters({"timestamp": "t", "power_consumption": "kW"}, fast_s=3)
(readings,) = MeterImport([path], parameters).readings()
assert readings["timestamp"].to_list() == ["2025-01-01T00:00:00", "2025-01-01T00:15:00"]
plan = pathlib.Path("config/household-pipeline.json")
text = plan.read_text()
for name, code in {"fast_s": 0, "fast": 2}.items():
    plan.write_text(text.replace('"scenario": "import"', f'"scenario": "import", "{name}": 3'))
    assert main(["check", str(plan)]) == code
""",
)
