"""``energykit check``: says what is right, writes nothing, imports little."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
    assert done.stdout.endswith("valid: nothing was called\n")
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
