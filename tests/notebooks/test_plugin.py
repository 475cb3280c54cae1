"""Notebooks as tests in a project that has nothing to do with this one."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import energykit.notebooks.pytest.collection
import energykit.notebooks.runner

assert energykit.notebooks.runner  # imported here, for an inner session forgets what it imports
ROOT = Path(__file__).resolve().parents[2]
PARAMETERS = ("count = 3", {"tags": ["parameters"]})
GOOD = [PARAMETERS, ("print('count is', count)", {}), ("assert count > 0", {})]
BAD = [("x = 1\ny = 0", {}), ("z = 2\nx / y", {}), ("z", {})]
FIGURE = """
import matplotlib.pyplot as plt
figure = plt.plot([1, 2])"""


def write(path: Path, cells: list[tuple[str, dict]]) -> Path:
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    notebook.cells = [
        nbformat.v4.new_code_cell(source, metadata=metadata, id=f"cell-{number}")
        for number, (source, metadata) in enumerate(cells, 1)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def arguments_of(folder: Path, arguments: tuple[str, ...]) -> list[str]:
    if not (folder / "pytest.ini").exists():
        (folder / "pytest.ini").write_text("[pytest]\n")
    return ["-p", "no:cacheprovider", "--basetemp", str(folder / "base"), *arguments]


def pytest_process(
    folder: Path, *arguments: str, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder that is a root of its own."""
    command = [python, "-m", "pytest", *arguments_of(folder, arguments)]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def pytest_in(pytester, monkeypatch):
    """Run pytest in a folder that is a root of its own, with this process' warm fork server."""

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(folder)
        run = pytester.runpytest_inprocess(*arguments_of(folder, arguments))
        return subprocess.CompletedProcess(arguments, run.ret, run.stdout.str(), run.stderr.str())

    return run


def outcomes(describe_failure: str) -> dict[str, str]:
    """Outcome by item, of the lines of -rA."""
    words = [
        line.split()
        for line in describe_failure.splitlines()
        if line.startswith(("PASSED ", "FAILED ", "ERROR "))
    ]
    return {one[1].removeprefix("./"): one[0] for one in words if len(one) > 1}


def test_a_notebook_is_no_test_where_nobody_asks(pytest_in, tmp_path):
    write(tmp_path / "bad.ipynb", BAD)
    (tmp_path / "test_one.py").write_text("def test_one():\n    pass\n")
    found = pytest_in(tmp_path, "-q")
    assert found.returncode == 0, found.stdout
    assert "1 passed" in found.stdout


def test_an_unrelated_session_imports_nothing_heavy(tmp_path):
    names = "sorted({n.split('.')[0] for n in sys.modules})"
    lines = f"import sys\ndef test_one():\n    print('LOADED', *{names})\n"
    (tmp_path / "test_one.py").write_text(lines)
    found = pytest_process(tmp_path, "-q", "-s")
    loaded = set(next(line for line in found.stdout.splitlines() if "LOADED" in line).split())
    heavy = {
        "IPython",
        "grpc",
        "jupyter_client",
        "matplotlib",
        "nbclient",
        "nbformat",
        "numpy",
        "pandas",
        "papermill",
        "polars",
        "psutil",
        "rich",
        "yaml",
    }
    assert not loaded & heavy
    assert "energykit" in loaded
    module = "energykit.notebooks.pytest.collection"
    late = f"import sys\ndef test_one():\n    assert '{module}' not in sys.modules\n"
    (tmp_path / "test_one.py").write_text(late)
    assert pytest_process(tmp_path, "-q").returncode == 0


def test_the_option_makes_every_notebook_an_item_and_says_why_one_fails(pytest_in, tmp_path):
    write(tmp_path / "good.ipynb", GOOD)
    write(tmp_path / "sub" / "bad.ipynb", BAD)
    found = pytest_in(tmp_path, "--energykit-notebooks", "-rA")
    assert found.returncode == 1
    assert outcomes(found.stdout) == {"good.ipynb::run": "PASSED", "sub/bad.ipynb::run": "FAILED"}
    for line in (
        "cell 2 (cell-2), line 2:\n    x / y\nZeroDivisionError: division by zero",
        f"again:    energykit notebooks run {Path('sub/bad.ipynb')}",
        f"look in:  energykit notebooks debug {Path('sub/bad.ipynb')}",
    ):
        assert line in found.stdout
    executed = next(
        line for line in found.stdout.splitlines() if line.startswith("executed: ")
    ).split()[1]
    assert Path(executed).is_relative_to(tmp_path / "base")
    assert Path(executed).is_file()
    assert "nbclient" not in found.stdout


def test_the_setting_names_patterns_and_workers_share_them(tmp_path):
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nenergykit_notebooks = notebooks/*.ipynb\naddopts = --strict-markers\n"
    )
    for name in "ab":
        write(tmp_path / "notebooks" / f"{name}.ipynb", GOOD)
    write(tmp_path / "scratch.ipynb", BAD)
    found = pytest_process(tmp_path, "-n", "2", "-rA")
    assert found.returncode == 0, found.stdout
    assert outcomes(found.stdout.replace("[gw0] ", "").replace("[gw1] ", "")) == {
        "notebooks/a.ipynb::run": "PASSED",
        "notebooks/b.ipynb::run": "PASSED",
    }
    assert "2 deselected" in pytest_process(tmp_path, "-m", "not notebook").stdout


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_each_parameter_set_is_an_item(pytest_in, tmp_path, suffix):
    write(tmp_path / "p.ipynb", GOOD)
    sets = '{"sets": {"many": {"count": 9}, "negative": {"count": -1}, "typo": {"cuont": 1}}}'
    (tmp_path / f"p.parameters.{suffix}").write_text(sets)
    found = pytest_in(tmp_path, "--energykit-notebooks", "-rA")
    assert outcomes(found.stdout) == {
        "p.ipynb::many": "PASSED",
        "p.ipynb::negative": "FAILED",
        "p.ipynb::typo": "FAILED",
    }
    assert "energykit notebooks run p.ipynb --set negative -p count -1" in found.stdout
    assert "energykit notebooks debug p.ipynb -p count -1" in found.stdout
    assert "the notebook has no parameter 'cuont'\n  → did you mean 'count'?" in found.stdout


def test_each_parameter_set_is_held_to_its_own_expectations(pytest_in, tmp_path):
    record = "import energykit as ek\n_ = ek.record('twice', 2 * count)"
    write(tmp_path / "p.ipynb", [PARAMETERS, (record, {})])
    (tmp_path / "p.parameters.json").write_text(
        '{"sets": {"small": {"count": 5}, "large": {"count": 50}}}'
    )
    bless = [sys.executable, "-m", "energykit", "notebooks", "bless", "p.ipynb"]
    subprocess.run(bless, cwd=tmp_path, capture_output=True, timeout=60, check=True)
    assert (
        len(list(tmp_path.glob("data/out/notebooks/*/project/**/p.ipynb"))) == 2
    )  # executed copies are no tests
    kept = tmp_path / "p.small.expected.json"
    kept.write_text(kept.read_text().replace("10", "11"))
    test = "def test_one(notebook_run):\n    notebook_run('p.ipynb', parameters={'count': 5})\n"
    (tmp_path / "test_one.py").write_text(test)
    found = pytest_in(tmp_path, "--energykit-notebooks", "-rA")
    assert outcomes(found.stdout) == {
        "p.ipynb::small": "FAILED",
        "p.ipynb::large": "PASSED",
        "test_one.py::test_one": "FAILED",
    }
    assert "record twice: it is 10, and was 11" in found.stdout


def test_a_wrong_file_of_sets_is_an_error_of_collection(pytest_in, tmp_path):
    write(tmp_path / "p.ipynb", GOOD)
    (tmp_path / "p.parameters.json").write_text('{"count": 9}')
    found = pytest_in(tmp_path, "--energykit-notebooks")
    assert found.returncode == 2
    assert "p.parameters.json: holds no parameter sets" in found.stdout


TESTS = """
def test_values(notebook_run):
    run = notebook_run("n.ipynb", parameters={"count": 5})
    assert run.ok and run.verdict.parameters == {"count": 5}
    assert run.outputs["cell-2"] == "count is 5\\n"
    assert set(run.timings) >= {"cell-1", "cell-2", "cell-3"}
    (figure,) = run.figures
    assert figure.cell_id == "cell-4" and figure.image.startswith(b"\\x89PNG")
    assert run.records == {} and run.logs == ()
    assert notebook_run("n.ipynb", parameters={"count": 5}) is run
    assert notebook_run("n.ipynb") is not run

def test_a_failure_may_be_looked_at(notebook_run):
    run = notebook_run("n.ipynb", parameters={"count": 0}, check=False)
    assert not run.ok and run.verdict.culprit.id == "cell-3"
    assert run.outputs["cell-3"].startswith("---") or "AssertionError" in run.outputs["cell-3"]

def test_a_failure_fails(notebook_run):
    notebook_run("n.ipynb", parameters={"count": 0})
"""


def test_a_test_gets_values_figures_logs_and_timings(pytest_in, tmp_path):
    write(tmp_path / "n.ipynb", [*GOOD, (FIGURE.strip(), {})])
    (tmp_path / "test_n.py").write_text(TESTS)
    found = pytest_in(tmp_path, "-rA")
    assert outcomes(found.stdout) == {
        "test_n.py::test_values": "PASSED",
        "test_n.py::test_a_failure_may_be_looked_at": "PASSED",
        "test_n.py::test_a_failure_fails": "FAILED",
    }, found.stdout
    assert "    assert count > 0" in found.stdout


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_the_plugin_of_the_wheel_works_in_an_empty_project(tmp_path, foreign_python, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)  # what is on it would come before the wheel
    where = [foreign_python, "-c", "import energykit; print(energykit.__file__)"]
    origin = subprocess.run(
        where, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert not Path(origin.strip()).is_relative_to(ROOT)
    write(tmp_path / "good.ipynb", [*GOOD, ("import energykit\nprint(energykit.__file__)", {})])
    write(tmp_path / "bad.ipynb", BAD)
    (tmp_path / "test_it.py").write_text(
        "def test_it(notebook_run):\n    print(notebook_run('good.ipynb').outputs['cell-4'])\n"
    )
    found = pytest_process(tmp_path, "--energykit-notebooks", "-rA", python=foreign_python)
    assert outcomes(found.stdout) == {
        "good.ipynb::run": "PASSED",
        "bad.ipynb::run": "FAILED",
        "test_it.py::test_it": "PASSED",
    }, found.stdout + found.stderr
    assert (
        "cell 2 (cell-2), line 2:\n    x / y\nZeroDivisionError: division by zero" in found.stdout
    )
    assert origin.strip() in found.stdout
    checked = subprocess.run(
        [foreign_python, "-m", "energykit", "notebooks", "check", "--json", "bad.ipynb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 1
    assert "parameters" in {one["rule"] for one in json.loads(checked.stdout)}
