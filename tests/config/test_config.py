"""Valid configurations, their records, their order, their looks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from energykit.config import load_config, parse_config, schema, schema_text
from energykit.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
VALID = (ROOT / "config/energy-pipeline.json").read_text(encoding="utf-8")
ORIGINAL = {
    "workflow_name": "energy_pipeline",
    "start_node": "energy-generator",
    "execution_mode": "sequential",
    "service_registry": {
        "energy-generator": "localhost:50051",
        "energy-analyzer": "localhost:50052",
    },
    "containers": {
        "energy-generator": {
            "id": "energy-generator",
            "input_file": None,
            "output_file": "/data/energy_data.csv",
            "next_node": "energy-analyzer",
            "timeout_seconds": 60,
        },
        "energy-analyzer": {
            "id": "energy-analyzer",
            "input_file": "/data/energy_data.csv",
            "output_file": "/data/out.pb",
            "next_node": None,
            "timeout_seconds": 60.5,
        },
    },
}


def variant(**changes) -> dict:
    return json.loads(json.dumps(ORIGINAL)) | changes


def test_an_original_file_parses_unchanged():
    config = parse_config(json.dumps(ORIGINAL | {"execution_mode": "grpc"}))
    assert config.order == ("energy-generator", "energy-analyzer")
    assert config.execution_mode == "grpc"
    assert config.containers["energy-generator"].input_file == ""
    assert config.containers["energy-analyzer"].timeout_s == 60.5
    assert config.containers["energy-analyzer"].next_nodes == ()
    assert config.service_registry["energy-analyzer"] == ("localhost:50052",)
    assert [one.what for one in config.warnings] == [
        "execution_mode 'grpc' is recorded, not used: stages run in sequence"
    ]


@pytest.mark.parametrize("name", ["energy-pipeline.json", "household-pipeline.json"])
def test_shipped_files_are_valid_and_name_the_schema(name):
    config = load_config(ROOT / "config" / name, data_root=ROOT / "data")
    assert config.warnings == ()
    assert config.order == ("energy-generator", "energy-analyzer", "report-generator")
    assert json.loads((ROOT / "config" / name).read_text())["$schema"] == "./pipeline.schema.json"


PIPELINES = sorted(path.name for path in (ROOT / "config").glob("*-pipeline.json"))


@pytest.mark.parametrize("name", PIPELINES)
def test_every_shipped_file_is_valid(name):
    config = load_config(ROOT / "config" / name, data_root=ROOT / "data")
    assert config.workflow_name == name.removesuffix(".json")
    assert not [
        one for one in config.warnings if "does not exist" not in one.what
    ]  # the full set is fetched on demand


def test_the_committed_schema_is_what_the_table_of_shapes_gives():
    committed = (ROOT / "config/pipeline.schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(), (
        "config/pipeline.schema.json:1: is not what the table of shapes gives; "
        "run: energykit check --schema > config/pipeline.schema.json"
    )


def test_the_schema_accepts_what_the_parser_accepts():
    jsonschema = pytest.importorskip(
        "jsonschema", reason="jsonschema comes with the notebook packages"
    )
    jsonschema.Draft202012Validator.check_schema(schema())
    for one in (ORIGINAL, json.loads(VALID)):
        jsonschema.validate(one, schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(variant(workflow_nam="x"), schema())


def branches() -> dict:
    nodes = {
        name: dict(
            ORIGINAL["containers"]["energy-analyzer"], id=name, output_file=f"/data/{name}.pb"
        )
        for name in "bcd"
    }
    nodes["b"]["next_node"] = nodes["c"]["next_node"] = "d"
    start = dict(ORIGINAL["containers"]["energy-generator"], id="a", next_node=["b", "c"])
    registry = {"a": "h:1", "b": ["h:2", "[::1]:3"], "c": "h:4", "d": "h:5"}
    nodes["b"]["input_file"] = nodes["c"]["input_file"] = start["output_file"]
    nodes["d"]["input_file"] = "/data/b.pb"
    return variant(start_node="a", service_registry=registry, containers={"a": start, **nodes})


def test_a_node_waits_for_all_of_its_predecessors():
    config = parse_config(json.dumps(branches()))
    assert config.order[0] == "a"
    assert config.order[-1] == "d"
    assert config.predecessors["d"] == ("b", "c")
    assert config.service_registry["b"] == ("h:2", "[::1]:3")


def test_what_cannot_be_reached_and_what_is_not_used_are_warnings():
    text = branches()
    text["containers"]["a"]["next_node"] = "b"
    text["service_registry"]["e"] = "h:6"
    config = parse_config(json.dumps(text))
    assert [one.what for one in config.warnings] == [
        "no container uses the service 'e'",
        "container 'c' cannot be reached from 'a'",
    ]
    assert config.order == ("a", "b", "d")


def test_an_input_that_is_not_to_be_seen_is_a_warning(tmp_path):
    text = variant()
    text["containers"]["energy-generator"]["input_file"] = "/data/meter.csv"
    (tmp_path / "p.json").write_text(json.dumps(text))
    (warning,) = load_config(tmp_path / "p.json", data_root=tmp_path).warnings
    assert warning.what.startswith(
        "no container that runs writes '/data/meter.csv', which 'energy-generator' reads, and it"
        " does not exist in this data root"
    )
    (tmp_path / "meter.csv").touch()
    assert load_config(tmp_path / "p.json", data_root=tmp_path).warnings == ()


def unseen(text: dict) -> list[str]:
    return [one.what for one in parse_config(json.dumps(text), exists=lambda _: False).warnings]


def test_an_input_that_another_branch_writes_is_a_warning():
    text = branches()
    text["containers"]["c"]["input_file"] = "/data/b.pb"
    (warning,) = unseen(text)
    assert warning == (
        "'c' reads '/data/b.pb', but 'b' does not run before it, and it does not exist in this"
        " data root"
    )


def test_an_input_that_only_an_unreachable_container_writes_is_a_warning():
    _, warning = unseen(variant(start_node="energy-analyzer"))
    assert warning.startswith(
        "no container that runs writes '/data/energy_data.csv', which 'energy-analyzer' reads"
    )


def test_a_relative_path_and_one_below_data_are_the_same_file():
    text = variant()
    text["containers"]["energy-analyzer"]["input_file"] = "energy_data.csv"
    assert unseen(text) == []
    text["containers"]["energy-analyzer"]["output_file"] = "./energy_data.csv"
    with pytest.raises(ConfigError, match=r"both write '\./energy_data\.csv'"):
        parse_config(json.dumps(text))


def test_a_next_node_of_a_wrong_type_is_one_fault_and_no_warning():
    text = variant()
    text["containers"]["energy-generator"]["next_node"] = 3
    with pytest.raises(ConfigError) as caught:
        parse_config(json.dumps(text))
    assert [one.what for one in caught.value.faults] == [
        "next_node of container 'energy-generator' is a number, neither an id nor a list of ids"
    ]


def test_retry_and_parameters_are_kept():
    text = variant()
    text["containers"]["energy-analyzer"] |= {
        "retry": {"attempts": 5},
        "parameters": {"detectors": ["a"], "n": 3},
    }
    one = parse_config(json.dumps(text)).containers["energy-analyzer"]
    assert (one.retry.attempts, one.retry.multiplier) == (5, 2.0)
    assert one.parameters == {"detectors": ["a"], "n": 3}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1, "not a number from 0 to below 1"),
        (-0.1, "not a number"),
        (True, "a boolean, not a number"),
    ],
)
def test_a_jitter_that_is_no_share_is_refused(value, said):
    text = variant()
    text["containers"]["energy-analyzer"]["retry"] = {"jitter": value}
    with pytest.raises(ConfigError, match=said):
        parse_config(json.dumps(text))


def test_a_byte_order_mark_and_windows_lines_are_fine(tmp_path):
    (tmp_path / "p.json").write_bytes(b"\xef\xbb\xbf" + VALID.replace("\n", "\r\n").encode())
    assert load_config(tmp_path / "p.json").workflow_name == "energy-pipeline"


def test_loading_touches_nothing(tmp_path):
    (tmp_path / "p.json").write_text(VALID)
    load_config(tmp_path / "p.json", data_root=tmp_path / "nowhere")
    assert [path.name for path in tmp_path.iterdir()] == ["p.json"]


def test_text_and_html_show_the_chain():
    config = parse_config(VALID, file="p.json")
    assert repr(config).startswith(
        "energy-pipeline (p.json): energy-generator → energy-analyzer → report-generator"
    )
    assert (
        'aria-label="The pipeline: energy-generator, then energy-analyzer, then report-generator."'
        in config._repr_html_()
    )


def test_text_and_html_show_branches_beside_each_other():
    config = parse_config(json.dumps(branches()), file="p.json")
    waits = ["  b waits for a", "  c waits for a", "  d waits for b and c"]
    assert repr(config).splitlines()[:4] == [
        f"{config.workflow_name} (p.json): a → b, c → d",
        *waits,
    ]
    assert 'aria-label="The pipeline: a, then b and c, then d."' in config._repr_html_()
    assert "<div>c waits for a</div>" in config._repr_html_()


def test_checking_imports_nothing_heavy():
    code = "import sys, energykit.config; print(*{name.split('.')[0] for name in sys.modules})"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert not set(found.stdout.split()) & {"grpc", "polars", "numpy", "pandas", "rich", "google"}
