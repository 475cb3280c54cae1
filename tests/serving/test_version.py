"""A stage's version changes with the code that it runs, in whichever file that is."""

from __future__ import annotations

import gc
import importlib
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import energykit
from energykit.serving.imported import with_imported
from energykit.serving.version import module_version, stage_version

STAGE = """
import polars as pl
from energykit.serving import stage
{imports}

@stage("scaled")
def scaled(readings: pl.LazyFrame) -> pl.LazyFrame:
    return readings
"""
LAYOUTS = {
    "a file beside it": {"alone.py": "import factors", "factors.py": ""},
    "a package beside it": {
        "alone.py": "from units.si import watts",
        "units/__init__.py": "",
        "units/si.py": "",
    },
    "through another": {"alone.py": "import near", "near.py": "import far", "far.py": ""},
    "its own package": {
        "kind/__init__.py": "",
        "kind/alone.py": "from . import rule",
        "kind/rule.py": "",
    },
    "the package above": {
        "above/__init__.py": "",
        "above/part/__init__.py": "",
        "above/part/alone.py": "from ..common import factor",
        "above/common.py": "",
    },
    "one that goes round": {"alone.py": "import back", "back.py": "import alone"},
}
"""Files of a stage; the last one changes."""


@pytest.fixture
def versions(tmp_path, monkeypatch):
    """Write files into a folder of their own, and return the versions of the stage in them."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(STAGE.format(imports=text) if path.stem == "alone" else text)
        (file,) = tmp_path.rglob("alone.py")
        return ".".join(file.relative_to(tmp_path).with_suffix("").parts)

    return write


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_helper_that_changes_is_another_version(versions, tmp_path, layout):
    module = versions(LAYOUTS[layout])
    before = module_version(module)
    assert before
    path = tmp_path / list(LAYOUTS[layout])[-1]
    path.write_text(f"{path.read_text()}\nFACTOR = 0.5\n")
    assert module_version(module) != before


def test_what_is_not_imported_does_not_count(versions, tmp_path):
    module = versions({"alone.py": "import factors", "factors.py": "", "other.py": ""})
    before = module_version(module)
    (tmp_path / "other.py").write_text("FACTOR = 0.5\n")
    (tmp_path / "broken.py").write_text("def\n")
    assert module_version(module) == before


def test_a_helper_that_is_not_python_is_compared_as_it_is(versions, tmp_path):
    module = versions({"alone.py": "import factors", "factors.py": "def\n"})
    before = module_version(module)
    (tmp_path / "factors.py").write_text("def half\n")
    assert module_version(module) != before


def test_installed_packages_beside_it_do_not_count(versions, tmp_path):
    module = versions(
        {"site-packages/alone.py": "import numpy", "site-packages/numpy/__init__.py": ""}
    )
    module = module.rpartition(".")[2]
    importlib.invalidate_caches()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path / "site-packages"))
        before = module_version(module)
        assert before
        (tmp_path / "site-packages/numpy/__init__.py").write_text("FACTOR = 0.5\n")
        assert module_version(module) == before


def test_the_running_stage_and_its_file_have_one_version(versions):
    module = versions({"alone.py": "import factors_of_one", "factors_of_one.py": ""})
    assert stage_version(importlib.import_module(module).scaled) == module_version(module)


def test_versions_asked_for_at_once_are_one():
    """With a garbage collection that lets other threads go on in the midst of reading a file."""

    def let_others_go_on(*_):
        time.sleep(0.0001)

    files = list((Path(energykit.__file__).parent / "serving").glob("*.py"))
    gc.callbacks.append(let_others_go_on)
    threshold = gc.get_threshold()
    gc.set_threshold(200)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(with_imported, [files] * 8))
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(let_others_go_on)
    assert found == [with_imported(files)] * 8
    assert set(files) <= found[0]
