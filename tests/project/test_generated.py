"""Generated files are what their sources give."""

import itertools
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OLDEST_GRPCIO_TOOLS = "1.74.0"


@pytest.mark.skipif(
    version("grpcio-tools") != OLDEST_GRPCIO_TOOLS,
    reason=f"stubs are generated with grpcio-tools {OLDEST_GRPCIO_TOOLS} (constraints.txt), "
    "this is another version",
)
def test_the_committed_stubs_are_what_the_protos_give(tmp_path):
    command = [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        "-I",
        "energykit/_proto=protos",
        f"--python_out={tmp_path}",
        f"--pyi_out={tmp_path}",
        f"--grpc_python_out={tmp_path}",
        "energykit/_proto/energy_pipeline.proto",
        "energykit/_proto/energy.proto",
    ]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)
    made = {path.name: path.read_bytes() for path in (tmp_path / "energykit" / "_proto").iterdir()}
    committed = {
        path.name: path.read_bytes() for path in (ROOT / "energykit" / "_proto").glob("*_pb2*.py*")
    }
    for name in sorted(made.keys() | committed.keys()):
        assert made.get(name) == committed.get(name), (
            f"energykit/_proto/{name}:1: is not what protos/ gives; run: energykit proto"
        )


def test_environment_yml_is_what_pyproject_gives():
    check = [sys.executable, "tools/environment.py", "--check"]
    assert subprocess.run(check, cwd=ROOT, timeout=60, check=False).returncode == 0, (
        "environment.yml:1: is not what pyproject.toml gives; run: python tools/environment.py"
    )


@pytest.mark.parametrize("tool", ["stage_schemas", "instructor"])
def test_what_a_tool_makes_is_what_its_sources_say(tool):
    check = [sys.executable, f"tools/{tool}.py", "--check"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}run: python tools/{tool}.py"


def test_constraints_pin_every_direct_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *itertools.chain(*project["optional-dependencies"].values()),
    ]
    names = {re.split(r"[\[<>=!~ ;]", requirement)[0] for requirement in wanted} - {
        "energykit-course"
    }
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {
        line.split("==")[0].lower() for line in lines if "==" in line and not line.startswith("#")
    }
    missing = sorted({name.lower() for name in names} - pinned)
    assert not missing, f"constraints.txt:{len(lines)}: pin {missing} as NAME==VERSION"


def test_the_contract_keeps_its_numbers():
    from energykit._proto import energy_pb2, energy_pipeline_pb2

    expected = json.loads((Path(__file__).parent / "contract.json").read_text(encoding="utf-8"))
    found = {
        message.full_name: {
            field.name: [field.number, field.type, bool(field.is_repeated)]
            for field in message.fields
        }
        for module in (energy_pipeline_pb2, energy_pb2)
        for message in module.DESCRIPTOR.message_types_by_name.values()
    }
    for name in found.keys() - expected.keys():
        pytest.fail(
            f"tests/project/contract.json:2: add\n  {json.dumps({name: found[name]})[1:-1]},"
        )
    lost = sorted(expected.keys() - found.keys())
    assert not lost, f"protos/: restore {lost}: a message of the contract stays forever"
    changes = [
        describe_change(name, field, found[name].get(field), fields.get(field))
        for name, fields in expected.items()
        for field in sorted(fields.keys() | found[name].keys())
        if found[name].get(field) != fields.get(field)
    ]
    assert not changes, "\n".join(changes)


def line_of(message: str) -> int:
    """Where the record of the contract begins to list a message's fields."""
    lines = (ROOT / "tests/project/contract.json").read_text(encoding="utf-8").splitlines()
    return next((at for at, line in enumerate(lines, 1) if f'"{message}"' in line), len(lines))


def describe_change(message: str, field: str, now: list | None, kept: list | None) -> str:
    """What to do about a field that differs from the record of the contract."""
    if kept is None:
        return (
            f'tests/project/contract.json:{line_of(message)}: add to "{message}" the new field '
            f'"{field}": {json.dumps(now)}'
        )
    is_now = "gone" if now is None else f"{now}"
    return (
        f"protos/: {message}.{field} is {is_now}, and was {kept} (number, type, repeated): "
        "a field of the contract keeps them forever; after a change there, run: energykit proto"
    )
