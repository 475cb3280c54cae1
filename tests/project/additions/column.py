"""A column of readings that every stage hands on: reactive power."""

from tests.project.additions.addition import GENERATED, LISTS, Addition, Command, Part

# 15 stays free here; write the next number that is (one byte a field: up to 15)
COLUMN = Addition(
    parts=(
        Part(
            file="protos/energy.proto",
            after="optional double power_export = 7;",
            text="  optional double power_reactive = 15;",
        ),
        Part(
            file="protos/energy.proto",
            after="optional double power_export = 9;",
            text="  optional double power_reactive = 15;",
        ),
        Part(
            file="tests/project/contract.json",
            replaces='"energy.RawEnergyData": {',
            text='"energy.RawEnergyData": {"power_reactive": [15, 1, false],',
        ),
        Part(
            file="tests/project/contract.json",
            replaces='"energy.ProcessedEnergyReport": {',
            text='"energy.ProcessedEnergyReport": {"power_reactive": [15, 1, false],',
        ),
        Part(
            file="energykit/readings/carried.py",
            last_of="CARRIED = {",
            text='    "power_reactive": True,',
        ),
        Part(
            file="docs/nomenclature.md",
            after="| `power_export` |",
            text="| `power_reactive` | reactive power | var | readings, report |",
        ),
    ),
    checks=(
        LISTS,
        GENERATED,
        "tests/artifacts/test_messages.py",
    ),
    commands=(
        Command(arguments=("-m", "energykit", "proto"), makes="energykit/_proto/energy_pb2.py"),
    ),
    proof="""
import polars as pl
from energykit.artifacts import frame, write
row = {"timestamp": "2025-01-01T00:00:00Z", "household_id": "a", "power_consumption": 1.0}
row |= {"voltage": 230.0, "current": 1.0, "power_reactive": -5.0}
for name in ("data/one.pb", "data/one.csv", "data/one.parquet"):
    write(pl.DataFrame([row]), name)
    assert frame(name)["power_reactive"].to_list() == [-5.0]
""",
)
