"""A broken configuration: every command exits 2, calls no service and writes no file."""

import json
from pathlib import Path

import pytest

from energykit.cli import main

BROKEN = {
    "unknown key": ('"start_node"', '"strat_node"', "did you mean 'start_node'?"),
    "missing field": ('  "start_node": "energy-generator",\n', "", "start_node"),
    "wrong type": ('"energy-pipeline",', "7,", "workflow_name"),
    "duplicate key": (
        '"workflow_name": "energy',
        '"workflow_name": "a", "workflow_name": "energy',
        "workflow_name",
    ),
    "id differs": ('"id": "energy-analyzer"', '"id": "other"', "energy-analyzer"),
    "dangling": (
        '"next_node": "energy-analyzer"',
        '"next_node": "energy-analyser"',
        "did you mean 'energy-analyzer'?",
    ),
    "circle": (
        '"next_node": ""',
        '"next_node": "energy-generator"',
        "report-generator → energy-generator",
    ),
    "no address": (
        '    "energy-analyzer": "127.0.0.1:50052",\n',
        "",
        "'energy-analyzer' has no address",
    ),
    "malformed address": ("127.0.0.1:50052", "127.0.0.1", "not host:port"),
    "timeout": (": 30", ": true", "timeout_seconds"),
    "not JSON": ('"containers"', "containers", "p.json:"),
    "older form": ('"containers": {', '"containers": [], "x": {', "list"),
}


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture(params=BROKEN)
def broken(request, valid, dummy, tmp_path) -> str:
    """Write p.json with one fault, its addresses those of a service that counts calls."""
    old, new, said = BROKEN[request.param]
    text = valid.replace(old, new)
    assert text != valid
    for port in (50051, 50052, 50053):
        text = text.replace(f"127.0.0.1:{port}", dummy.addresses["dummy"])
    (tmp_path / "p.json").write_text(text, encoding="utf-8")
    return said


@pytest.mark.parametrize("command", ["check", "run", "run --local", "up", "status"])
def test_a_broken_configuration_exits_2_with_no_call_and_no_file(
    command, broken, dummy, calls, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    name, *options = command.split()
    before = calls(), files(dummy.data_root)
    assert main([name, "p.json", *options]) == 2
    assert (calls(), files(dummy.data_root)) == before
    assert files(tmp_path) == {"p.json"}
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("p.json:")
    assert broken in err


def test_a_process_exits_2_too(broken, dummy, calls, energykit, tmp_path):
    before = calls(), files(dummy.data_root)
    done = energykit("run", "p.json", "--data-root", dummy.data_root)
    assert (done.returncode, done.stdout) == (2, "")
    assert broken in done.stderr
    assert "Traceback" not in done.stderr
    assert (calls(), files(dummy.data_root), files(tmp_path)) == (*before, {"p.json"})


def test_a_configuration_that_is_not_broken_is_called_and_counted(
    dummy, calls, valid, energykit, tmp_path
):
    text = valid
    for port in (50051, 50052, 50053):
        text = text.replace(f"127.0.0.1:{port}", dummy.addresses["dummy"])
    (tmp_path / "p.json").write_text(text, encoding="utf-8")
    before = calls(), files(dummy.data_root)
    assert energykit("run", "p.json", "--data-root", dummy.data_root).returncode == 0
    assert calls() == before[0] + 3
    assert files(dummy.data_root) > before[1]


def test_faults_for_machines(valid, energykit, tmp_path):
    (tmp_path / "p.json").write_text(
        valid.replace('"energy-analyzer",', '"énergie",'), encoding="utf-8"
    )
    done = energykit("check", "p.json", "--json", PYTHONIOENCODING="ascii")
    told = json.loads(done.stdout)
    assert done.returncode == 2
    assert told["valid"] is False
    assert any("énergie" in fault["what"] and fault["line"] for fault in told["faults"])


@pytest.mark.parametrize(
    "content", [None, b"", b"\xff\xfe\x00", b"\x00" * 9], ids=["missing", "empty", "noise", "NUL"]
)
def test_a_file_that_is_no_text_is_named(content, energykit, tmp_path):
    if content is not None:
        (tmp_path / "p.json").write_bytes(content)
    done = energykit("check", "p.json")
    assert done.returncode == 2
    assert done.stderr.startswith("p.json:1:")
    assert "Traceback" not in done.stderr
