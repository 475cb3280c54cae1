"""What an import refuses without its file: by `check` at its place, and by the service alike."""

import json
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct

from energykit._proto.energy_pipeline_pb2 import ExecuteRequest
from energykit._proto.energy_pipeline_pb2_grpc import ContainerExecutorStub
from energykit.config import parse_config, shipped_stages
from energykit.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = {"timestamp": "t", "power_consumption": "v"}
WRONG = {
    "no power": ({"columns": {"timestamp": "t"}}, "columns"),
    "no power but voltage": ({"columns": {"timestamp": "t", "voltage": "V"}}, "columns"),
    "no stamps": ({"columns": {"power_consumption": "v"}}, "columns"),
    "neither": ({"columns": {"household_id": 3}}, "columns"),
    "no power, wide": ({"layout": "wide_by_meter", "columns": {"household_id": 2}}, "columns"),
    "a table without columns": ({"layout": "long"}, "columns"),
    "a wide table without columns": ({"layout": "wide_by_time"}, "columns"),
    "a start without power": (
        {"columns": {"household_id": 1}, "start": "2025-01-01", "step_s": 900},
        "columns",
    ),
    "an empty list": ({"columns": {**COLUMNS, "timestamp": []}}, "columns.timestamp"),
    "a blank name": ({"columns": {**COLUMNS, "timestamp": " "}}, "columns.timestamp"),
    "place 0": ({"columns": {**COLUMNS, "power_consumption": 0}}, "columns.power_consumption"),
    "half a place": ({"columns": {**COLUMNS, "end": 2.5}}, "columns.end"),
    "a key": ({"columns": {**COLUMNS, "volt": "V"}}, "columns.volt"),
    "two columns of voltage": ({"columns": {**COLUMNS, "voltage": ["a", "b"]}}, "columns.voltage"),
    "one column twice": ({"columns": {**COLUMNS, "current": "v"}}, "columns.current"),
    "twice in a sum": (
        {"columns": {"timestamp": "t", "power_consumption": ["a", "a"]}},
        "columns.power_consumption",
    ),
    "drawn and fed in": ({"columns": {**COLUMNS, "export": "v"}}, "columns.export"),
    "registers": ({"columns": {**COLUMNS, "register": "OBIS"}}, "registers"),
    "a register's sign": (
        {"columns": {**COLUMNS, "register": "OBIS"}, "registers": {"1.8.0": "imports"}},
        "registers.1.8.0",
    ),
    "a unit": (
        {"columns": COLUMNS, "units": {"power_consumption": "KW"}},
        "units.power_consumption",
    ),
    "a unit's key": ({"columns": COLUMNS, "units": {"power": "kW"}}, "units"),
    "a unit of another": ({"columns": COLUMNS, "units": {"voltage": "kW"}}, "units.voltage"),
    "a unit that the name contradicts": (
        {
            "columns": {**COLUMNS, "power_consumption": "Use (kWh)"},
            "units": {"power_consumption": "kW"},
        },
        "units.power_consumption",
    ),
    "names of two units": (
        {"columns": {**COLUMNS, "power_consumption": ["T1 kWh", "T2 MWh"]}},
        "units.power_consumption",
    ),
    "a quantity that the unit does not measure": (
        {"columns": COLUMNS, "quantity": "energy", "units": {"power_consumption": "kW"}},
        "units.power_consumption",
    ),
    "a quantity that the name does not measure": (
        {"columns": {**COLUMNS, "power_consumption": "P (W)"}, "quantity": "counter"},
        "units.power_consumption",
    ),
    "power in energy": (
        {"columns": {**COLUMNS, "power_consumption": 2}, "quantity": "power"}
        | {"units": {"power_consumption": "kWh"}},
        "units.power_consumption",
    ),
    "a quantity": ({"columns": COLUMNS, "quantity": "work"}, "quantity"),
    "a separator": ({"columns": COLUMNS, "separator": ":"}, "separator"),
    "a decimal mark": ({"columns": COLUMNS, "decimal": "'"}, "decimal"),
    "a decimal mark that separates": (
        {"columns": COLUMNS, "decimal": ",", "separator": ","},
        "decimal",
    ),
    "thousands": ({"columns": COLUMNS, "thousands": "_"}, "thousands"),
    "thousands as the decimal mark": ({"columns": COLUMNS, "thousands": "."}, "thousands"),
    "thousands that separate": (
        {"columns": COLUMNS, "thousands": ",", "separator": "comma"},
        "thousands",
    ),
    "a zone": ({"columns": COLUMNS, "time_zone": "Berlin"}, "time_zone"),
    "an offset": ({"columns": COLUMNS, "time_zone": "+25:00"}, "time_zone"),
    "a format": ({"columns": COLUMNS, "timestamp_format": "DD.MM.YYYY"}, "timestamp_format"),
    "a format without a date": (
        {"columns": COLUMNS, "timestamp_format": "%H:%M"},
        "timestamp_format",
    ),
    "a unit of Unix time": ({"columns": COLUMNS, "timestamp_format": "epoch"}, "timestamp_format"),
    "stamps": ({"columns": COLUMNS, "stamps": "middle"}, "stamps"),
    "a step": ({"columns": COLUMNS, "step_s": 0}, "step_s"),
    "a step below 0": ({"columns": COLUMNS, "step_s": -900}, "step_s"),
    "a step of years": ({"columns": COLUMNS, "step_s": 1e9}, "step_s"),
    "a start without a step": (
        {"columns": {"power_consumption": "v"}, "start": "2025-01-01"},
        "start",
    ),
    "a start that is not a moment": (
        {"columns": {"power_consumption": "v"}, "start": "yesterday", "step_s": 900},
        "start",
    ),
    "a start that the clock leaves out": (
        {"columns": {"power_consumption": "v"}, "start": "2025-03-30T02:30:00"}
        | {"step_s": 900, "time_zone": "Europe/Berlin"},
        "start",
    ),
    "a header": ({"columns": COLUMNS, "header": -1}, "header"),
    "an encoding": ({"columns": COLUMNS, "encoding": "utf8x"}, "encoding"),
    "a layout": ({"columns": COLUMNS, "layout": "wide"}, "layout"),
    "a missing mark": ({"columns": COLUMNS, "missing": 5}, "missing"),
    "a sheet": ({"columns": COLUMNS, "sheet": 1}, "sheet"),
    "a wish": ({"columns": COLUMNS, "holds_until_next": "yes"}, "holds_until_next"),
    "a blank household": ({"columns": COLUMNS, "household": " "}, "household"),
}
RIGHT = {
    "no columns": {},
    "a format of its own": {"layout": "nem12"},
    "no stamps": {"columns": {"power_consumption": "v"}, "start": "2025-01-01", "step_s": 900},
    "a column a meter": {"layout": "wide_by_meter", "columns": {"timestamp": "t"}},
    "a row a day": {"layout": "wide_by_time", "columns": {"timestamp": "t"}},
    "a separator's name": {"columns": COLUMNS, "separator": "Semicolon", "decimal": ","},
    "fed in alone": {"columns": {"timestamp": "t", "export": "v"}},
    "a unit beside a name, stated": {
        "columns": {**COLUMNS, "power_consumption": "kWh"},
        "units": {"power_consumption": "kW"},
        "quantity": "power",
    },
    "no header": {"columns": {"timestamp": 1, "power_consumption": 2.0}, "header": False},
}
"""Parameters of which nothing can be said before the file is read."""


def configuration(parameters):
    """Return the text of a plan that imports with these parameters."""
    plan = json.loads((ROOT / "config/household-uci-pipeline.json").read_text(encoding="utf-8"))
    plan["containers"]["energy-generator"]["parameters"] = {"scenario": "import", **parameters}
    return json.dumps(plan, indent=1)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    command = [sys.executable, "-m", "services.energy_generator", "--exit-with-stdin"]
    process = subprocess.Popen(
        [*command, "--data-root", str(root)],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    address = process.stdout.readline().removeprefix("READY ").strip()
    with grpc.insecure_channel(address) as channel:
        stub = ContainerExecutorStub(channel)

        def run(parameters, text="t,v,V\n2025-01-15T00:00:00,1,2\n2025-01-15T00:15:00,1,2\n"):
            (root / "meter.csv").write_text(text, encoding="utf-8")
            struct = Struct()
            struct.update({"scenario": "import", **parameters})
            request = ExecuteRequest(
                input_file="/data/meter.csv", output_file="/data/out.csv", parameters=struct
            )
            return stub.Execute(request, timeout=30)

        yield run
    process.stdin.close()
    assert process.wait(timeout=10) == 0
    process.stdout.close()


def lookup(parameters, where):
    """Return the value that a dotted name means, or the innermost one that is there."""
    value = {"scenario": "import", **parameters}
    for key in where.split(".", 1):
        if not isinstance(value, dict) or key not in value:
            break
        value = value[key]
    return value


@pytest.mark.parametrize("name", WRONG)
def test_what_needs_no_file_is_refused_by_check_and_by_the_service_alike(name, service):
    parameters, where = WRONG[name]
    answer = service(parameters)
    assert (answer.success, answer.error.code) == (False, "INVALID_ARGUMENT")
    text = configuration(parameters)
    with pytest.raises(ConfigError) as caught:
        parse_config(text, file="p.json", stages=shipped_stages())
    (fault,) = caught.value.faults
    lines = text.splitlines(keepends=True)
    offset = sum(map(len, lines[: fault.line - 1])) + fault.column - 1
    shown, _ = json.JSONDecoder().raw_decode(text, offset)
    place = f"parameters.{where}"
    start = f"{place} of container 'energy-generator' is refused: "
    if fault.what.startswith(start):
        assert fault.what.removeprefix(start) in answer.message
        assert answer.error.hint == fault.hint
        assert shown == lookup(parameters, where)
    else:  # the schema knows it, too: the same value, the same suggestion
        assert fault.what.startswith("parameters.")
        assert repr(shown) in fault.what or isinstance(shown, (list, float))
        assert repr(shown).strip("[]") in answer.message
        assert answer.error.hint.startswith(fault.hint) or "did you mean" not in fault.hint


def test_all_that_is_wrong_is_said_at_once():
    wrong = {"columns": {"timestamp": "t"}, "time_zone": "Berlin", "header": -1, "stamps": "middle"}
    with pytest.raises(ConfigError) as caught:
        parse_config(configuration(wrong), stages=shipped_stages())
    names = {fault.what.split()[0].removeprefix("parameters.") for fault in caught.value.faults}
    assert names == set(wrong)


@pytest.mark.parametrize("name", RIGHT)
def test_what_only_the_file_can_contradict_is_not_refused(name):
    assert parse_config(configuration(RIGHT[name]), stages=shipped_stages()).order


@pytest.mark.parametrize("separator", [",", "comma", None])
def test_parameters_that_check_accepts_run(separator, service):
    answer = service({"columns": COLUMNS, **({"separator": separator} if separator else {})})
    assert answer.success, answer.message
