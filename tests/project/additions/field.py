"""A field of what a stage reports."""

from tests.project.additions.addition import GENERATED, LISTS, Addition, Command, Part

# 99 stays free here; write the next number that is
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
    checks=(LISTS, GENERATED),
    commands=(
        Command(
            arguments=("-m", "energykit", "proto"),
            makes="energykit/_proto/energy_pipeline_pb2.py",
        ),
    ),
    proof="""
from energykit._proto.energy_pipeline_pb2 import StageMetrics
assert StageMetrics(cpu_seconds=1.5).cpu_seconds == 1.5
""",
)
