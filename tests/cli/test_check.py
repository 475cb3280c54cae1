"""``energykit check``: says what is right, writes nothing, imports little."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "config").glob("*-pipeline.json"))
HEAVY = {
    "IPython",
    "google",
    "grpc",
    "matplotlib",
    "numpy",
    "pandas",
    "papermill",
    "polars",
    "psutil",
    "rich",
}


def test_both_pipelines_are_shipped():
    assert {"energy-pipeline.json", "household-pipeline.json"} <= {path.name for path in SHIPPED}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_configuration_is_valid(path, energykit, tmp_path):
    done = energykit("check", path, "--data-root", ROOT / "data")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("valid (checked only, nothing was run)\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_configuration_is_valid_for_machines(path, energykit):
    assert (
        json.loads(energykit("check", path, "--data-root", ROOT / "data", "--json").stdout)["valid"]
        is True
    )


def test_a_warning_is_said_once(energykit, tmp_path):
    text = (
        SHIPPED[0]
        .read_text(encoding="utf-8")
        .replace('"service_registry": {', '"service_registry": {"x": "h:1",')
    )
    (tmp_path / "p.json").write_text(text, encoding="utf-8")
    done = energykit("check", tmp_path / "p.json")
    assert done.returncode == 0
    assert (done.stdout + done.stderr).count("no container uses the service 'x'") == 1


def test_the_schema_is_printed(energykit):
    told = json.loads(energykit("check", "--schema").stdout)
    assert told == json.loads((ROOT / "config/pipeline.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "arguments", [["check", str(SHIPPED[0])], ["--help"], ["--version"]], ids=" ".join
)
def test_nothing_heavy_is_imported(arguments, tmp_path):
    look = "print(*{name.split('.')[0] for name in sys.modules})"
    code = f"import sys; from energykit.cli import main; main({arguments!r}); {look}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert not set(done.stdout.splitlines()[-1].split()) & HEAVY


@pytest.fixture
def peak_shaver():
    """A stage of another kit, in a process's own server: it says what it takes, or does not."""
    servers = []

    def start(schema, stage="peak-shaver"):
        class Service(stubs.ContainerExecutorServicer):
            def describe(self, request, context):
                if schema is None:
                    context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not implemented!")
                return pb.ServiceDescription(stage=stage, parameters_schema=schema)

            Describe = describe

        server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
        stubs.add_ContainerExecutorServicer_to_server(Service(), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        servers.append(server)
        return f"127.0.0.1:{port}"

    yield start
    for server in servers:
        server.stop(0).wait(5)


SHAVER = json.dumps(
    {
        "type": "object",
        "properties": {"limit_w": {"type": "number", "minimum": 0}, "mode": {"enum": ["a", "b"]}},
        "additionalProperties": False,
        "required": ["limit_w"],
    }
)


def plan(address, parameters):
    return {
        "workflow_name": "w",
        "start_node": "shave",
        "service_registry": {"shaver": address},
        "containers": {
            "shave": {
                "id": "shave",
                "service": "shaver",
                "output_file": "/data/x.csv",
                "parameters": parameters,
            }
        },
    }


@pytest.fixture
def check(energykit, tmp_path):
    def run(address, parameters, *options):
        text = json.dumps(plan(address, parameters), indent=1)
        (tmp_path / "p.json").write_text(text, encoding="utf-8")
        return energykit("check", "p.json", "--services", *options)

    return run


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"limit_w": 3000}, ""),
        ({}, "parameters of container 'shave' lacks 'limit_w'\n  → add it: a number"),
        (
            {"limit": 3000, "limit_w": 1},
            "has an unknown key 'limit'\n  → did you mean 'limit_w'?",
        ),
        ({"limit_w": -1}, "parameters.limit_w of container 'shave' is -1, not at least 0"),
        ({"limit_w": 1, "mode": "c"}, "is 'c', which is not a choice\n  → valid: 'a', 'b'"),
    ],
    ids=["right", "missing", "unknown", "bound", "choice"],
)
def test_a_running_service_says_what_it_takes(check, peak_shaver, parameters, fault):
    done = check(peak_shaver(SHAVER), parameters)
    assert fault in done.stderr
    assert "stage 'peak-shaver' describes its parameters" in done.stderr
    if fault:
        assert done.returncode == 2
        assert done.stderr.count("p.json:") == 1
    else:
        assert done.returncode == 0
        assert done.stdout.endswith(
            "valid (1 of 1 services described their parameters, none was run)\n"
        )


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        (None, "does not describe its parameters"),
        ("", "does not describe its parameters"),
        ("{", "in text that is not JSON"),
        ("[1]", "in JSON that is not a schema"),
    ],
)
def test_a_service_that_does_not_say_is_named(check, peak_shaver, schema, answer):
    done = check(peak_shaver(schema), {"limit": 3})
    assert done.returncode == 0
    assert answer in done.stderr
    assert "valid (0 of 1 services" in done.stdout


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": 3},
        {"properties": {"limit": 3}},
        {"$ref": "#/nowhere"},
        {"type": {"a": 1}},
        {"enum": 1},
    ],
    ids=str,
)
def test_a_schema_that_cannot_be_used_is_a_warning(check, peak_shaver, schema):
    done = check(peak_shaver(json.dumps(schema)), {"limit": 3})
    assert done.returncode == 0, done.stderr
    assert "parameters of container 'shave' are not checked: not a JSON Schema" in done.stdout


def test_a_service_that_is_not_there_is_named(check):
    done = check("127.0.0.1:1", {}, "--json")
    assert done.returncode == 3
    told = json.loads(done.stdout)
    assert (told["valid"], told["services"][0]["service"]) == (True, "shaver")
    assert "nothing listens" in told["services"][0]["answer"]
