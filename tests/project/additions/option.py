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
from energykit.meters.parameters import meter_parameters
assert meter_parameters({"timestamp": 1, "power_consumption": 2}, fast_s=3).fast_s == 3.0
plan = pathlib.Path("config/household-pipeline.json")
text = plan.read_text()
for name, code in {"fast_s": 0, "fast": 2}.items():
    plan.write_text(text.replace('"scenario": "import"', f'"scenario": "import", "{name}": 3'))
    assert main(["check", str(plan)]) == code
""",
)
