"""Every field of the contract is defined, and is a column where it belongs to a row."""

import dataclasses
import re

import pytest

from energykit._proto import energy_pb2
from energykit._proto import energy_pipeline_pb2 as pb
from energykit.artifacts.columns import READINGS, REPORT
from energykit.readings.carried import CARRIED
from energykit.results import StageMetrics
from tests.project.lists.place import place, read


def test_the_page_defines_what_a_stage_reports():
    section = read("docs/nomenclature.md").partition("(`StageMetrics`)")[2].partition("\n## ")[0]
    defined = set(re.findall(r"`(\w+)`", section))
    on_the_wire = {field.name for field in pb.StageMetrics.DESCRIPTOR.fields}
    in_a_result = {field.name for field in dataclasses.fields(StageMetrics)}
    missing = sorted((on_the_wire | in_a_result) - defined)
    assert not missing, (
        f"{place('docs/nomenclature.md', '| `outputs` |')}: add a row for each of {missing}"
    )


@pytest.mark.parametrize(
    ("message", "table"), [("RawEnergyData", READINGS), ("ProcessedEnergyReport", REPORT)]
)
def test_every_field_of_a_row_is_a_column(message, table):
    fields = energy_pb2.DESCRIPTOR.message_types_by_name[message].fields_by_name
    written = re.search(rf"(?s)message {message} {{(.*?)\n}}", read("protos/energy.proto"))[1]
    stale = set(re.findall(r"(\w+) = \d+;", written)) ^ set(fields)
    assert not stale, f"energykit/_proto/energy_pb2.py:1: run: energykit proto, for {sorted(stale)}"
    for field in fields.values():
        assert field.number < 16, (
            f"{place('protos/energy.proto', f' {field.name} = {field.number};')}: give it a number "
            "up to 15: the encoder of many rows has one byte for number and type"
        )
    for name in fields:
        assert name in table.schema, (
            f"{place('energykit/readings/carried.py', 'CARRIED = ')}: add {name!r}, a field of "
            f"{message}, which every stage hands on; or "
            f"{place('energykit/artifacts/columns.py', table.name.upper() + ' = ')}: a column"
        )
    for name in CARRIED:
        assert name in fields, (
            f"{place('protos/energy.proto', f'message {message}')}: add a field\n"
            f"  optional double {name} = {max(f.number for f in fields.values()) + 1};"
        )
