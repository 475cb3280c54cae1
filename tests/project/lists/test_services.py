"""Every service is registered, can be started, and is part of a pipeline."""

import json
import tomllib

import pytest

from tests.project.lists.place import ROOT, place, read

PROJECT = tomllib.loads(read("pyproject.toml"))["project"]


def service_folders() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "services").glob("*/__main__.py"))


@pytest.mark.parametrize("folder", service_folders())
def test_every_service_is_registered(folder):
    modules = PROJECT["entry-points"]["energykit.services"].values()
    assert f"services.{folder}" in modules, (
        f"{place('pyproject.toml', 'report-generator = ')}: add "
        f'{folder.replace("_", "-")} = "services.{folder}", then repeat pip install -e .'
    )


@pytest.mark.parametrize("name", PROJECT["entry-points"]["energykit.services"])
def test_what_an_entry_point_names_can_be_started(name):
    module = PROJECT["entry-points"]["energykit.services"][name]
    for file in ("__init__.py", "__main__.py"):
        path = f"{module.replace('.', '/')}/{file}"
        assert (ROOT / path).is_file(), (
            f"{path}:1: write it; {place('pyproject.toml', f'{name} = ')} names the module"
        )


def registries() -> dict[str, dict[str, str]]:
    """The registry of each shipped pipeline whose services listen on this machine, by file name."""
    found = {}
    for path in sorted((ROOT / "config").glob("*.json")):
        registry = json.loads(path.read_text(encoding="utf-8")).get("service_registry")
        if registry is not None:
            found[path.name] = registry
    return found


@pytest.mark.parametrize("name", registries())
def test_every_service_of_a_configuration_has_an_entry_point(name):
    for service in registries()[name]:
        assert service in PROJECT["entry-points"]["energykit.services"], (
            f"{place('pyproject.toml', 'report-generator = ')}: register {service!r}, which "
            f"config/{name} names"
        )


def test_every_service_of_the_pipeline_is_part_of_a_shipped_configuration():
    used = {service for registry in registries().values() for service in registry}
    for service in PROJECT["entry-points"]["energykit.services"]:
        if service != "dummy":  # answers for tests and for `energykit call`
            assert service in used, (
                f"config/{service}-pipeline.json:1: add a configuration that runs {service!r}"
            )
