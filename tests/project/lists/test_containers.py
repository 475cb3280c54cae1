"""The container files say what configuration and project say; `make compose-test` runs them."""

import json
import os
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from tests.project.lists.place import ROOT

COMPOSE_TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def published_addresses() -> dict[str, str]:
    """The loopback address of each service that a shipped configuration names."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "config").glob("*.json")):
        registry = json.loads(path.read_text(encoding="utf-8")).get("service_registry", {})
        for name, address in registry.items():
            assert found.setdefault(name, address) == address, (
                f"config/{path.name}: {name} is at {address}, another configuration says "
                f"{found[name]}"
            )
    return found


ADDRESSES = published_addresses()


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_service_of_a_configuration_is_published_on_its_port_on_loopback(name):
    stanza = f"""
  {name}:
    <<: *service
    image: energykit/{name}
    build:
      context: .
      args:
        <<: *pip
        SERVICE: {name.replace("-", "_")}
    ports:
      - "{ADDRESSES[name]}:50051"
"""
    end = len(COMPOSE_TEXT.splitlines())
    assert name in COMPOSE["services"], f"docker-compose.yaml:{end}: add below services:\n{stanza}"
    (published,) = COMPOSE["services"][name]["ports"]
    without = re.sub(r"\$\{ENERGYKIT_[A-Z]+_PORTS:-(\d+)\}", r"\1", published)
    assert without == f"{ADDRESSES[name]}:50051"


def test_no_container_is_published_that_no_configuration_names():
    for name in COMPOSE["services"]:
        line = COMPOSE_TEXT.partition(f"\n  {name}:")[0].count("\n") + 2
        assert name in ADDRESSES, (
            f"docker-compose.yaml:{line}: no configuration of config/ names {name!r} in its "
            "service_registry"
        )


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_container_is_confined(name):
    stanza = COMPOSE["services"][name]
    assert stanza["read_only"] is True
    assert stanza["cap_drop"] == ["ALL"]
    assert stanza["security_opt"] == ["no-new-privileges:true"]
    assert stanza["restart"] == "unless-stopped"
    assert not stanza["user"].startswith("0")
    assert stanza["mem_limit"]
    assert 0 < stanza["pids_limit"] <= 256
    assert stanza["logging"]["options"] == {"max-size": "10m", "max-file": "3"}


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


@pytest.mark.parametrize("tool", ["compose_test", "hub_test"])
def test_without_an_engine_what_needs_one_is_skipped_with_a_reason(tool, tmp_path):
    done = subprocess.run(
        [sys.executable, f"tools/{tool}.py"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "SKIPPED: docker is not installed\n"
