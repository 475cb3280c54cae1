"""What the package shows can be used, and importing it is light."""

import subprocess
import sys
from importlib import import_module

import pytest

import energykit


@pytest.mark.parametrize("name", energykit.__all__)
def test_every_public_name_can_be_used(name):
    assert getattr(energykit, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'laod_config'"):
        energykit.laod_config


def test_public_names_are_listed_before_they_are_imported():
    assert set(energykit.__all__) <= set(dir(energykit))


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, energykit; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert not set(found.stdout.split()) & {
        "IPython",
        "grpc",
        "matplotlib",
        "numpy",
        "pandas",
        "papermill",
        "polars",
    }


def test_the_facade_names_homes_that_exist():
    for name, home in energykit._HOMES.items():
        module = import_module(home)
        assert name in module.__all__ or home.endswith(f".{name}")
