"""Coverage of what notebooks carry out: in the kernel, and in the processes that it starts."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

coverage = pytest.importorskip("coverage")

HOUSE = """\
def used():
    return 1


def in_a_child():
    return 2


def unused():
    return 3
"""
CHILD = """
import subprocess, sys
subprocess.run([sys.executable, '-c', 'import house; house.in_a_child()'], check=True)
"""
CELLS = ["import house\nhouse.used()", CHILD]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "__init__.py").write_text(HOUSE)
    (tmp_path / "house" / "cellar.py").write_text("never = 1\n")
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    (tmp_path / "notebooks").mkdir()
    nbformat.write(notebook, tmp_path / "notebooks" / "one.ipynb")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return python(folder, "-m", "energykit", "notebooks", "run", "notebooks/one.ipynb", *arguments)


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]),
        "TMPDIR": str(folder / "tmp"),
    }
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=90, check=False
    )


def test_lines_of_the_kernel_and_of_its_children_are_counted(project):
    found = run(project, "--coverage-of", "house", "--coverage-html", "pages")
    assert found.returncode == 0, found.stdout + found.stderr
    rows = {
        words[0]: words[1:]
        for words in map(str.split, found.stdout.splitlines())
        if len(words) == 4
    }
    assert rows[str(Path("house/__init__.py"))] == ["6", "5", "83%"]
    assert rows["together"] == ["7", "5", "71%"]
    assert "1 more files of which nothing ran" in found.stdout
    assert (project / "pages" / "index.html").is_file()
    assert list((project / "tmp").glob("energykit-coverage-*")) == []


def test_what_is_measured_while_another_coverage_runs_is_the_same(project):
    (project / ".coveragerc").write_text("[run]\npatch = subprocess\n")
    command = ["energykit", "notebooks", "run", "notebooks/one.ipynb", "--coverage-of", "house"]
    found = python(project, "-m", "coverage", "run", "-m", *command)
    assert found.returncode == 0, found.stdout + found.stderr
    assert re.search(r"together +7 +5 +71%", found.stdout)


def test_json_stays_json(project):
    found = run(project, "--coverage-of", "house", "--json")
    assert json.loads(found.stdout)["ok"]
    assert "together" in found.stderr


def test_a_package_that_no_notebook_imports_is_said(project):
    found = run(project, "--coverage-of", "hose")
    assert found.returncode == 2
    assert "nothing was measured" in found.stderr


@pytest.mark.parametrize("patches", ["subprocess", "subprocess, fork"])
@pytest.mark.parametrize("way", [[], ["--fresh"]])
def test_a_coverage_that_measures_the_runner_measures_kernels_and_fails_none(project, way, patches):
    """Its data are beside the project, where a notebook must write nothing, a file a process."""
    settings = f"[run]\nsource_pkgs = house\nparallel = true\npatch = {patches}\n"
    (project / ".coveragerc").write_text(settings)
    shutil.copy(project / "notebooks" / "one.ipynb", project / "notebooks" / "two.ipynb")
    command = ["energykit", "notebooks", "run", "notebooks", "-j", "2", *way]
    found = python(project, "-m", "coverage", "run", "-m", *command)
    assert found.returncode == 0, found.stdout + found.stderr
    kernels = [file for file in project.glob(".coverage.*") if lines_of(file)]
    assert len(kernels) == 4  # two kernels, and a child of each
    combined = python(project, "-m", "coverage", "combine")
    assert combined.returncode == 0
    assert "warning" not in (combined.stdout + combined.stderr).lower()
    assert lines_of(project / ".coverage") == {1, 2, 5, 6, 9}


def lines_of(file: Path) -> set[int]:
    """Return the lines of ``house`` that a file of data has."""
    data = coverage.CoverageData(str(file))
    data.read()
    lines = {line for name in data.measured_files() for line in data.lines(name)}
    data.close()
    return lines
