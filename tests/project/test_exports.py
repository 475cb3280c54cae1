"""What the package shows: `__all__` is sorted and true, and importing it is light."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import energykit

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for folder in ("energykit", "services")
    for path in (ROOT / folder).rglob("*.py")
    if "_proto" not in path.parts
)


@pytest.mark.parametrize("name", energykit.__all__)
def test_every_public_name_can_be_used(name):
    assert getattr(energykit, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'laod_config'"):
        energykit.laod_config


def test_public_names_are_listed_before_they_are_imported():
    assert set(energykit.__all__) <= set(dir(energykit))


def as_ruff_sorts(name: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest (RUF022)."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_all_is_sorted(path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = ast.literal_eval(node.value)
            assert names == sorted(names, key=as_ruff_sorts)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_public_function_and_class_of_a_module_is_in_all(path):
    """What others import is said at the top; nobody imports a `__main__`."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    listed = [
        node
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    if path.name == "__main__.py" or path == ROOT / "energykit" / "__init__.py":
        return
    names = ast.literal_eval(listed[0].value) if listed else []
    line = listed[0].lineno if listed else 1
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            assert node.name in names or node.name.startswith("_"), (
                f"{path.relative_to(ROOT).as_posix()}:{line}: add {node.name!r} to __all__, or "
                f"call it _{node.name}"
            )


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
