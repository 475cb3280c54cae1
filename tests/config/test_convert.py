"""Blueprints of other platforms and the original's older form, read and written."""

import json
import sys
from pathlib import Path

import pytest

from energykit.cli import main
from energykit.config import parse_config
from energykit.config.blueprint import blueprint_of, config_of_blueprint, docker_info_of
from energykit.config.migration import migrate_list_form, to_list_form
from energykit.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "config/energy-pipeline.json"


def node(name, *targets, operation="Process", **fields):
    signature = {
        "operation_name": operation,
        "input_message_name": "In",
        "output_message_name": "Out",
    }
    links = [
        {"container_name": one, "operation_signature": {"operation_name": "Process"}}
        for one in targets
    ]
    return {
        "container_name": name,
        "operation_signature_list": [{"operation_signature": signature, "connected_to": links}],
        **fields,
    }


def topology(*nodes):
    head = {"name": "meters", "pipeline_id": "meters", "creation_date": "2025-01-01"}
    return {**head, "type": "pipeline-topology/v2", "version": "2.0", "nodes": list(nodes)}


DIAMOND = topology(node("a", "b", "c"), node("b", "d"), node("c", "d"), node("d"))
INFO = {
    "docker_info_list": [
        {"container_name": "a", "ip_address": "meters", "port": "8556"},
        {"container_name": "b", "ip_address": "10.0.0.2", "port": 8557},
        {"container_name": "c", "ip_address": "::1", "port": "8558"},
        {"container_name": "other", "ip_address": "x", "port": "nonsense"},
    ]
}


def test_a_blueprint_becomes_a_configuration():
    plain, notes = config_of_blueprint(DIAMOND, INFO)
    config = parse_config(json.dumps(plain))
    assert config.warnings == ()
    assert (config.workflow_name, config.start_node) == ("meters", "a")
    assert config.service_registry == {
        "a": ("meters:8556",),
        "b": ("10.0.0.2:8557",),
        "c": ("[::1]:8558",),
        "d": ("127.0.0.1:50054",),
    }
    assert config.containers["d"].inputs == ("/data/b.csv", "/data/c.csv")
    assert config.predecessors["d"] == ("b", "c")
    assert notes[0] == "d: no address is known; 127.0.0.1:50054 is made up"
    assert notes[1] == "a: Process is left out: stages are called by Execute, with files"


def test_the_dialect_with_input_ports_names_the_start():
    nodes = [node("model", "sink"), node("sink"), node("broker", "model")]
    blueprint = {
        "name": "square",
        "version": "1.0",
        "input_ports": [{"container_name": "broker", "operation_signature": {}}],
        "nodes": nodes,
        "probeIndicator": [{"value": "true"}],
    }
    plain, _ = config_of_blueprint(blueprint, None)
    assert parse_config(json.dumps(plain)).order == ("broker", "model", "sink")


def test_several_operations_of_a_node_are_one_stage():
    two = node("a", "b")
    two["operation_signature_list"] += node("a", "b", "c")["operation_signature_list"]
    plain, _ = config_of_blueprint(topology(two, node("b"), node("c")), None)
    assert plain["containers"]["a"]["next_node"] == ["b", "c"]


@pytest.mark.parametrize(
    ("blueprint", "info", "what"),
    [
        ({"nodes": []}, None, "this is not a blueprint"),
        ({"nodes": [{"container": "a"}]}, None, "the node has no container_name"),
        (topology(node("a"), node("a")), None, "two nodes are called 'a'"),
        (topology(node("a", "x")), None, "it is connected to 'x', which is not a node"),
        (topology(node("a"), node("b")), None, "2 nodes could be the first: 'a', 'b'"),
        (topology(node("a", "b"), node("b", "a")), None, "every node follows another one"),
        (topology(node("a")), {}, "this is not docker info"),
        (topology(node("a")), {"docker_info_list": [{"container_name": "a"}]}, "not host:port"),
        (
            topology(node("a")),
            {"docker_info_list": [{"container_name": "a", "ip_address": "h", "port": 0}]},
            "has port 0",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_a_pipeline_is_named(blueprint, info, what):
    with pytest.raises(UsageError) as caught:
        config_of_blueprint(blueprint, info)
    assert what in caught.value.what
    assert caught.value.where


@pytest.mark.parametrize("dialect", ["acumos", "topology"])
def test_topology_and_addresses_survive_the_way_there_and_back(dialect):
    first = parse_config(json.dumps(config_of_blueprint(DIAMOND, INFO)[0]))
    blueprint = blueprint_of(first, dialect=dialect, date="2025-01-01")
    info, notes = docker_info_of(first)
    assert {type(one["port"]) for one in info["docker_info_list"]} == {str}
    again = parse_config(json.dumps(config_of_blueprint(blueprint, info)[0]))
    assert again.service_registry == first.service_registry
    assert again.containers == first.containers
    assert again.order == first.order
    assert notes == ["files and deadlines are left out: a blueprint has no place for them"]


def test_what_a_blueprint_cannot_say_is_named():
    plain = json.loads((ROOT / "config/synthetic-pipeline.json").read_text(encoding="utf-8"))
    plain["service_registry"]["energy-analyzer"] = {"address": ["h:1", "h:2"], "tls": {}}
    _, notes = docker_info_of(parse_config(json.dumps(plain)))
    assert notes[:2] == [
        "energy-generator: parameters left out",
        "energy-analyzer: further addresses, credentials, parameters left out",
    ]


def test_the_older_form_comes_back_as_it_was():
    config = parse_config(SHIPPED.read_text(encoding="utf-8"))
    listed, notes = to_list_form(config)
    assert [one["depends_on"] for one in listed["containers"]] == [
        [],
        ["energy-generator"],
        ["energy-analyzer"],
    ]
    again = parse_config(json.dumps(migrate_list_form(listed)))
    assert again.order == config.order
    assert notes[-1].startswith("addresses, deadlines and parameters are left out")


def test_the_command_writes_two_files_and_reads_them_again(tmp_path, capsys):
    assert main(["convert", str(SHIPPED), "--to", "blueprint", "--out", str(tmp_path / "b")]) == 0
    streams = capsys.readouterr()
    assert [Path(line).name for line in streams.out.splitlines()] == [
        "blueprint.json",
        "dockerinfo.json",
    ]
    assert "files and deadlines are left out" in streams.err
    assert main(["convert", str(tmp_path / "b" / "blueprint.json")]) == 0
    plain = json.loads(capsys.readouterr().out)
    shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))
    assert plain["service_registry"] == shipped["service_registry"]
    assert main(["convert", str(SHIPPED), "--to", "blueprint", "--out", str(tmp_path / "b")]) == 2
    assert "exists already" in capsys.readouterr().err


def test_the_command_reads_the_older_form(tmp_path, capsys):
    listed, _ = to_list_form(parse_config(SHIPPED.read_text(encoding="utf-8")))
    path = tmp_path / "old.json"
    path.write_text(json.dumps(listed), encoding="utf-8")
    out = tmp_path / "new.json"
    assert main(["convert", str(path), "--out", str(out)]) == 0
    assert parse_config(out.read_text(encoding="utf-8")).order[0] == "energy-generator"


@pytest.mark.parametrize("text", ["[1]", "{", '{"containers": [1]}', '{"nodes": 3}'])
def test_the_command_refuses_what_is_none_of_them(tmp_path, capsys, text):
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    assert main(["convert", str(path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other links")
def test_what_is_converted_is_not_written_through_a_link_that_leads_to_nothing(tmp_path):
    (tmp_path / "b.json").symlink_to(tmp_path / "elsewhere")
    main(["convert", str(SHIPPED), "--to", "list", "--out", str(tmp_path / "b.json")])
    assert not (tmp_path / "elsewhere").exists()
    assert json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
