"""What a configuration may say beyond the original's keys, and how it comes back as JSON."""

import json
import sys
from pathlib import Path

import pytest

from energykit.config import (
    Credentials,
    SecretReference,
    TlsFiles,
    config_as_json,
    parse_config,
    schema,
)
from energykit.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
PLAN = (ROOT / "config/energy-pipeline.json").read_text(encoding="utf-8")


def plan(**changes) -> dict:
    return json.loads(PLAN) | changes


def with_analyzers() -> dict:
    """Two analyzers side by side, called as one service, joined by a third stage."""
    text = plan(execution_mode="parallel", time_zone="Europe/Berlin")
    nodes = text["containers"]
    first = nodes.pop("energy-analyzer")
    for name in ("low", "high"):
        output = f"/data/{name}.pb"
        nodes[name] = first | {"id": name, "service": "energy-analyzer", "output_file": output}
    nodes["energy-generator"]["next_node"] = ["low", "high"]
    del nodes["report-generator"]["input_file"]
    nodes["report-generator"]["input_files"] = ["/data/low.pb", "/data/high.pb"]
    return text


def test_one_service_stands_in_a_plan_twice():
    config = parse_config(json.dumps(with_analyzers()))
    assert config.warnings == ()
    assert (config.execution_mode, config.time_zone) == ("parallel", "Europe/Berlin")
    assert config.addresses_of("low") == config.addresses_of("high") == ("127.0.0.1:50052",)
    assert config.services == ("energy-generator", "energy-analyzer", "report-generator")
    assert "low at 127.0.0.1:50052 (energy-analyzer): /data/energy_data.csv →" in repr(config)


def test_a_stage_that_joins_has_all_its_inputs():
    joined = parse_config(json.dumps(with_analyzers())).containers["report-generator"]
    assert joined.input_file == "/data/low.pb"
    assert joined.inputs == joined.input_files == ("/data/low.pb", "/data/high.pb")


def test_a_stage_with_one_input_has_no_list_of_them():
    analyzer = parse_config(PLAN).containers["energy-analyzer"]
    assert (analyzer.service, analyzer.input_files) == ("energy-analyzer", ())
    assert analyzer.inputs == ("/data/energy_data.csv",)
    assert parse_config(PLAN).containers["energy-generator"].inputs == ()


def guarded() -> dict:
    tls = {"ca": "certs/ca.pem", "certificate": "a.pem", "key": "a.key", "server_name": "meters"}
    entry = {"address": ["h:1", "h:2"], "tls": tls, "token": {"env": "METERS_TOKEN"}}
    registry = json.loads(PLAN)["service_registry"] | {"energy-analyzer": entry}
    registry["report-generator"] = {"addresses": ["h:3"], "token": {"file": "/run/token"}}
    return plan(service_registry=registry)


def test_credentials_are_references_beside_the_configuration():
    config = parse_config(json.dumps(guarded()), file="there/p.json")
    assert config.service_registry["energy-analyzer"] == ("h:1", "h:2")
    folder = Path("there")
    assert config.credentials == {
        "energy-analyzer": Credentials(
            tls=TlsFiles(
                ca=str(folder / "certs/ca.pem"),
                certificate=str(folder / "a.pem"),
                key=str(folder / "a.key"),
                server_name="meters",
            ),
            token=SecretReference(env="METERS_TOKEN"),
        ),
        "report-generator": Credentials(token=SecretReference(file=str(Path("/run/token")))),
    }
    assert "energy-analyzer at h:1, h:2 over TLS" in repr(config)


def test_an_entry_without_credentials_is_its_addresses():
    registry = json.loads(PLAN)["service_registry"] | {"energy-analyzer": {"address": "h:1"}}
    config = parse_config(json.dumps(plan(service_registry=registry)))
    assert (config.service_registry["energy-analyzer"], config.credentials) == (("h:1",), {})


def test_an_encrypted_connection_needs_no_file():
    registry = json.loads(PLAN)["service_registry"] | {
        "energy-analyzer": {"address": "h:1", "tls": {}}
    }
    config = parse_config(json.dumps(plan(service_registry=registry)))
    assert config.credentials["energy-analyzer"].tls == TlsFiles()


@pytest.mark.parametrize("text", [with_analyzers(), guarded(), plan()], ids=str)
def test_a_configuration_comes_back_from_its_json(text):
    config = parse_config(json.dumps(text))
    again = parse_config(json.dumps(config_as_json(config)))
    assert vars(again) == vars(config)


@pytest.mark.parametrize("text", [with_analyzers(), guarded()], ids=["branches", "credentials"])
def test_the_schema_knows_every_key(text):
    jsonschema = pytest.importorskip("jsonschema", reason="comes with the notebook packages")
    jsonschema.validate(text, schema())
    wrong = plan(service_registry={"energy-analyzer": {"address": "h:1", "token": "s3cret"}})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema())


def over(output: str, **options) -> list[str]:
    text = plan()
    text["containers"]["energy-generator"]["input_file"] = "/data/meter.csv"
    text["containers"]["report-generator"]["output_file"] = output
    try:
        return [fault.what for fault in parse_config(json.dumps(text), **options).warnings]
    except ConfigError as exc:
        return [fault.what for fault in exc.faults]


def file_faults(tmp_path, output: str, **options) -> list[str]:
    from energykit.config.location import VisibleRoot

    return over(output, identify=VisibleRoot(tmp_path).identify, **options)


def test_a_link_to_an_input_is_that_input(tmp_path):
    (tmp_path / "meter.csv").touch()
    (tmp_path / "link.csv").symlink_to("meter.csv")
    (tmp_path / "folder").symlink_to(".")
    for output in ("/data/link.csv", "folder/meter.csv", "/data/folder/folder/meter.csv"):
        (what,) = file_faults(tmp_path, output)
        assert what.endswith("would replace an input of 'energy-generator', '/data/meter.csv'")
    assert file_faults(tmp_path, "/data/other.csv") == []


def test_a_hard_link_is_a_file_of_its_own_because_outputs_are_renamed_into_place(tmp_path):
    (tmp_path / "meter.csv").touch()
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "meter.csv")
    assert file_faults(tmp_path, "/data/hard.csv") == []


def test_case_counts_where_the_file_system_says_so(tmp_path):
    (what,) = over("/data/METER.csv", identify=str.casefold)
    assert "would replace an input of 'energy-generator'" in what
    (tmp_path / "probe").touch()
    folds = (tmp_path / "PROBE").exists()
    assert bool(file_faults(tmp_path, "/data/METER.csv")) == folds == (sys.platform != "linux")
