"""What a configuration asks of the kit's stages, checked before anything runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from energykit.config import StageShape, load_config, parse_config, shipped_stages
from energykit.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
UCI = (ROOT / "config/household-uci-pipeline.json").read_text(encoding="utf-8")
SYNTHETIC = (ROOT / "config/synthetic-pipeline.json").read_text(encoding="utf-8")


def faults(text: str) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, file="p.json", stages=shipped_stages())
    return [(f"{one.line}:{one.column}: {one.what}", one.hint) for one in caught.value.faults]


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


GENERATOR = "of container 'energy-generator'"
ANALYZER = "of container 'energy-analyzer'"
CASES = {
    "unit": (
        changed(UCI, '"kW"', '"KW"'),
        f"31:32: parameters.units.power_consumption {GENERATOR} is 'KW', which is not a choice",
        "did you mean 'kW'?",
    ),
    "quantity of a unit": (
        changed(UCI, '"power_consumption": "kW"', '"power_consumtion": "kW"'),
        f"31:11: parameters.units {GENERATOR} has an unknown key 'power_consumtion'",
        "did you mean 'power_consumption'?",
    ),
    "scenario": (
        changed(UCI, '"import"', '"imports"'),
        f"19:21: parameters.scenario {GENERATOR} is 'imports', which is not a choice",
        "did you mean 'import'?",
    ),
    "parameter": (
        changed(UCI, '"separator"', '"seperator"'),
        f"33:9: parameters {GENERATOR} has an unknown key 'seperator'",
        "did you mean 'separator'?",
    ),
    "parameter of another scenario": (
        changed(UCI, '"separator": ";"', '"days": 3'),
        f"33:9: parameters {GENERATOR} has 'days', which belongs to another scenario",
        "it needs scenario 'households'; ",
    ),
    "kind of value": (
        changed(SYNTHETIC, '"days": 2', '"days": "2"'),
        f"21:17: parameters.days {GENERATOR} is '2', not a number",
        "write a number",
    ),
    "whole number": (
        changed(SYNTHETIC, '"households": 3', '"households": 2.5'),
        f"20:23: parameters.households {GENERATOR} is 2.5, not a whole number",
        "write a whole number",
    ),
    "anomaly": (
        changed(SYNTHETIC, '"anomalies": 1.0', '"anomalies": {"gapp": 1}'),
        f"22:23: parameters.anomalies {GENERATOR} has an unknown key 'gapp'",
        "did you mean 'gap'?",
    ),
    "detector": (
        changed(SYNTHETIC, '"efficiency_below"', '"eficiency_below"'),
        f"33:23: parameters.detectors[0] {ANALYZER} is 'eficiency_below', which is not a choice",
        "did you mean 'efficiency_below'?",
    ),
    "detector's parameter": (
        changed(SYNTHETIC, '"efficiency_below"', '{"name": "efficiency_below", "treshold": 1}'),
        f"33:52: parameters.detectors[0] {ANALYZER} has an unknown key 'treshold'",
        "did you mean 'threshold'?",
    ),
    "detector's name": (
        changed(SYNTHETIC, '["efficiency_below"]', '[{"name": "hampl"}]'),
        f"33:32: parameters.detectors[0].name {ANALYZER} is 'hampl', which is not a choice",
        "did you mean 'hampel'?",
    ),
    "detector as an object": (
        changed(SYNTHETIC, '["efficiency_below"]', '{"hampl": {}}'),
        f"33:23: parameters.detectors {ANALYZER} has an unknown key 'hampl'",
        "did you mean 'hampel'?",
    ),
    "detectors of another kind": (
        changed(SYNTHETIC, '["efficiency_below"]', "3"),
        f"33:22: parameters.detectors {ANALYZER} is 3, not a list or an object or null",
        "write a list",
    ),
    "switch": (
        changed(SYNTHETIC, '"summary": true', '"summary": "yes"'),
        "42:51: parameters.summary of container 'report-generator' is 'yes', not true or false",
        "write true or false",
    ),
    "suffix": (
        changed(SYNTHETIC, "analysis_output.pb", "analysis_output.parqet").replace(
            "analysis_output.pb", "analysis_output.parqet"
        ),
        (
            "29:22: output_file '/data/out/synthetic/analysis_output.parqet' of 'energy-analyzer'"
            " has the suffix '.parqet', which is not a format"
        ),
        "did you mean '.parquet'?",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_stage_does_not_take_is_named_where_it_is(name):
    text, what, hint = CASES[name]
    ((fault, said),) = faults(text)
    assert fault == what
    assert said.startswith(hint)


def test_a_key_of_a_column_map_that_is_not_known_is_named():
    plan = json.loads(UCI)
    plan["containers"]["energy-generator"]["parameters"]["columns"]["volt"] = "Voltage"
    ((fault, hint),) = faults(json.dumps(plan))
    assert f"parameters.columns {GENERATOR} has an unknown key 'volt'" in fault
    assert hint.startswith("did you mean 'voltage'?")


@pytest.mark.parametrize("name", ["energy-generator", "energy-analyzer"])
def test_a_stage_that_needs_an_input_is_not_started_without(name):
    plan = json.loads(UCI)
    plan["start_node"] = name
    plan["containers"][name]["input_file"] = ""
    plan["containers"]["energy-generator"]["next_node"] = ""
    assert f"container {name!r} has no input_file, and its stage needs one" in str(
        faults(json.dumps(plan))
    )


def test_all_faults_of_a_stage_come_at_once():
    text = changed(changed(UCI, '"kW"', '"KW"'), '"separator"', '"seperator"')
    assert len(faults(text)) == 2


def test_a_service_of_another_name_has_parameters_of_its_own():
    plan = json.loads(SYNTHETIC)
    plan["service_registry"]["mine"] = "127.0.0.1:50060"
    plan["containers"]["energy-analyzer"] |= {"service": "mine", "parameters": {"limit": 3}}
    plan["containers"]["energy-analyzer"]["output_file"] = "/data/out/mine.json"
    plan["containers"]["report-generator"]["input_file"] = "/data/out/mine.json"
    config = parse_config(json.dumps(plan), stages=shipped_stages())
    assert [one.what for one in config.warnings] == [
        "no container uses the service 'energy-analyzer'"
    ]


def test_a_service_of_another_name_is_warned_of_a_suffix_that_is_nearly_right():
    plan = json.loads(SYNTHETIC)
    plan["service_registry"]["energy-generator"] = {"address": "h:1"}
    plan["containers"]["energy-analyzer"]["output_file"] = "/data/out/mine.parqet"
    plan["containers"]["report-generator"]["input_file"] = "/data/out/mine.parqet"
    (warning,) = parse_config(json.dumps(plan)).warnings
    assert (warning.hint, warning.is_warning) == ("did you mean '.parquet'?", True)


SHIFTED = {"energy-analyzer": StageShape(schema={"properties": {"time_zone": {"type": "string"}}})}


@pytest.mark.parametrize(("given", "zone"), [({}, "Europe/Paris"), ({"time_zone": "UTC"}, "UTC")])
def test_a_time_zone_named_once_holds_for_the_stages_that_take_one(given, zone):
    plan = json.loads(SYNTHETIC) | {"time_zone": "Europe/Paris"}
    plan["containers"]["energy-analyzer"]["parameters"] = given
    shapes = {**shipped_stages(), **SHIFTED}
    nodes = parse_config(json.dumps(plan), stages=shapes).containers
    assert nodes["energy-analyzer"].parameters == {"time_zone": zone}
    assert "time_zone" not in nodes["energy-generator"].parameters


@pytest.mark.parametrize(("stated", "zone"), [("", "Europe/Berlin"), ("UTC", "UTC")])
def test_the_clock_of_the_first_stage_has_the_days_of_the_others(stated, zone):
    """Whoever says what the meter's clock shows counts its days, and says it once."""
    plan = json.loads(SYNTHETIC) | ({"time_zone": stated} if stated else {})
    plan["containers"]["energy-generator"]["parameters"]["time_zone"] = "Europe/Berlin"
    nodes = parse_config(json.dumps(plan)).containers
    assert nodes["report-generator"].parameters["time_zone"] == zone
    assert nodes["energy-generator"].parameters["time_zone"] == "Europe/Berlin"


def test_a_text_hands_its_time_zone_on_as_a_file_does(tmp_path):
    plan = json.loads(SYNTHETIC) | {"time_zone": "Europe/Paris"}
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    from_text, from_file = parse_config(path.read_text(encoding="utf-8")), load_config(path)
    assert from_text.containers["report-generator"].parameters["time_zone"] == "Europe/Paris"
    assert from_text.containers == from_file.containers


def test_without_a_time_zone_nothing_is_added():
    nodes = parse_config(SYNTHETIC, stages={**shipped_stages(), **SHIFTED}).containers
    assert nodes["energy-analyzer"].parameters == {"detectors": ["efficiency_below"]}


def test_a_file_is_checked_against_the_stages_of_the_kit(tmp_path):
    (tmp_path / "p.json").write_text(CASES["unit"][0], encoding="utf-8")
    with pytest.raises(ConfigError, match="did you mean 'kW'"):
        load_config(tmp_path / "p.json")
    assert load_config(tmp_path / "p.json", stages={}).order


def test_every_schema_that_travels_is_one():
    jsonschema = pytest.importorskip("jsonschema", reason="comes with the notebook packages")
    for name, shape in shipped_stages().items():
        jsonschema.Draft202012Validator.check_schema(dict(shape.schema))
        assert name in {"dummy", "energy-analyzer", "energy-generator", "report-generator"}
    for text in (UCI, SYNTHETIC):
        for name, one in json.loads(text)["containers"].items():
            jsonschema.validate(one["parameters"], dict(shipped_stages()[name].schema))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"seed": 1}, dict(shipped_stages()["energy-generator"].schema))


def test_the_file_travels_in_the_package(tmp_path):
    code = "from energykit.config import shipped_stages; print(len(shipped_stages()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "4\n"
