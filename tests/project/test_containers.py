"""The container files say what the configuration and the project say; `make compose-test` drives them on an engine."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
CONFIG = json.loads((ROOT / "config" / "energy-pipeline.json").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_service_of_the_configuration_is_published_on_its_port_on_loopback():
    published = {name: stanza["ports"] for name, stanza in COMPOSE["services"].items()}
    assert published == {
        name: [f"{address}:50051"] for name, address in CONFIG["service_registry"].items()
    }


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_container_is_confined(name):
    stanza = COMPOSE["services"][name]
    assert stanza["read_only"] is True
    assert stanza["cap_drop"] == ["ALL"]
    assert stanza["security_opt"] == ["no-new-privileges:true"]
    assert stanza["restart"] == "unless-stopped"
    assert not stanza["user"].startswith("0")


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_container_starts_the_module_that_the_launcher_starts(name):
    modules = PROJECT["project"]["entry-points"]["energykit.services"]
    assert f"services.{COMPOSE['services'][name]['build']['args']['SERVICE']}" == modules[name]


def test_an_image_carries_base_dependencies_only():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    installed = re.search(r"constraints\.txt \\\n\s+(.*?) \\\n", text).group(1).split()
    base = {re.split(r"[<>=]", line)[0] for line in PROJECT["project"]["dependencies"]}
    assert set(installed) <= base
    pinned = {
        line.partition("==")[0]
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    }
    assert set(installed) <= pinned


def test_without_an_engine_the_container_check_is_skipped_with_a_reason(tmp_path):
    command = [sys.executable, "tools/compose_test.py"]
    found = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert found.stdout == "SKIPPED: docker is not installed\n"
