"""What is run, with which kernel and which values, and what happens to what does not pass."""

import json
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from energykit.notebooks import Options, run
from tests.notebooks.command import run_module
from tests.notebooks.foreign import FLAKY, change, write


@pytest.fixture
def own_kernel(tmp_path, monkeypatch):
    """An installed kernel with a variable of its own, and one that is not Python."""
    folder = tmp_path / "share" / "kernels"
    python = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]}
    spec = python | {"display_name": "Other", "language": "python", "env": {"OWN_KERNEL": "yes"}}
    (folder / "other").mkdir(parents=True)
    (folder / "other" / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    (folder / "wild").mkdir()
    wild = spec | {"language": "wild"}
    wild["argv"] = [sys.executable, "-m", "ipykernel", "-f", "{connection_file}"]
    (folder / "wild" / "kernel.json").write_text(json.dumps(wild), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))


@pytest.mark.parametrize("fresh", [False, True], ids=["forked", "fresh"])
@pytest.mark.parametrize("by_option", [False, True], ids=["named", "asked for"])
def test_the_kernel_that_is_named_is_used(tmp_path, own_kernel, fresh, by_option):
    kernel = {"kernelspec": {"name": "other", "display_name": "O", "language": "python"}}
    source = "import os\nassert os.environ['OWN_KERNEL'] == 'yes'"
    path = write(tmp_path / "nb" / "a.ipynb", (source, {}), metadata={} if by_option else kernel)
    options = Options(out=tmp_path / "out", fresh=fresh, kernel="other" if by_option else "")
    report = run([path], options)
    assert report.ok, repr(report)


def test_a_kernel_that_is_asked_for_and_not_installed_is_refused(tmp_path):
    path = write(tmp_path / "nb" / "a.ipynb", ("1", {}))
    (verdict,) = run([path], Options(out=tmp_path / "out", kernel="absent")).notebooks
    assert verdict.status == "refused"
    assert verdict.reason.startswith("no kernel 'absent' is installed → installed are ")


PARAMETERS = """
%matplotlib inline
from pathlib import Path
hours = 24 * 7
limits = (1, 2)
kinds = {"a", "b"}
early = late = 3
rate = 1
place: Path = Path("a.csv")
annotated: float
listing = !ls
nothing = None
"""
CHECK = """
assert hours == 3 and limits == (3, 4) and kinds == {"c"} and late == 1.5 and early == 3
assert rate == 0.5 and place == Path("b.csv") and annotated == 2 and nothing == [1]
"""


def test_any_default_can_be_set(tmp_path):
    cells = (PARAMETERS, {"tags": ["parameters"]}), (CHECK, {})
    path = write(tmp_path / "nb" / "p.ipynb", *cells)
    values = {"hours": 3, "limits": [3, 4], "kinds": ["c"], "late": 1.5, "rate": 0.5}
    values |= {"place": "b.csv", "annotated": 2, "nothing": [1], "listing": ["x"]}
    report = run([path], Options(out=tmp_path / "out", parameters=values))
    assert report.ok, repr(report)


def test_values_that_were_injected_before_are_replaced(tmp_path):
    cells = [
        ("n = 1", {"tags": ["parameters"]}),
        ("# Parameters\nn = 5", {"tags": ["injected-parameters"]}),
        ("assert n == 7", {}),
    ]
    path = write(tmp_path / "nb" / "p.ipynb", *cells)
    report = run([path], Options(out=tmp_path / "out", parameters={"n": 7}))
    assert report.ok, repr(report)


def test_a_notebook_that_passes_when_run_again_is_flaky(tmp_path):
    source = FLAKY.replace("SEEN", repr(str(tmp_path / "seen")))
    path = write(tmp_path / "nb" / "a.ipynb", (source, {}))
    options = Options(out=tmp_path / "out", retries=2, allow=frozenset({"files"}))
    report = run([path], options)
    (verdict,) = report.notebooks
    assert (verdict.status, report.exit_code, report.ok) == ("passed-flaky", 0, True)
    assert len(verdict.attempts) == 1
    assert verdict.attempts[0].endswith("AssertionError: the first time")


def test_memory_has_a_limit(tmp_path):
    source = "taken = bytearray(600_000_000)\ntaken[::4096] = b'x' * len(taken[::4096])\n"
    source += "import time\ntime.sleep(20)"
    path = write(tmp_path / "nb" / "a.ipynb", (source, {}))
    (verdict,) = run([path], Options(out=tmp_path / "out", memory_mb=500)).notebooks
    assert verdict.status == "failed"
    assert "of memory, more than 500 MB" in verdict.reason


@pytest.mark.parametrize(
    ("selection", "statuses"),
    [
        ({"until": "cell-2"}, ["passed", "passed", "not-run"]),
        ({"until": "2"}, ["passed", "passed", "not-run"]),
        ({"tags": ("quick",)}, ["not-run", "passed", "not-run"]),
        ({"skip_tags": ("quick",), "until": "first"}, ["passed", "not-run", "not-run"]),
    ],
)
def test_some_cells_are_run(tmp_path, selection, statuses):
    cells = ("1", {"tags": ["first"]}), ("2", {"tags": ["quick"]}), ("1 / 0", {})
    path = write(tmp_path / "nb" / "a.ipynb", *cells)
    (verdict,) = run([path], Options(out=tmp_path / "out", **selection)).notebooks
    assert verdict.ok, verdict.reason
    assert [cell.status for cell in verdict.cells] == statuses


def test_folders_below_folders_are_run_and_patterns_left_out(tmp_path):
    for name in ("a", "deep/b", "deep/draft-c", ".hidden/d"):
        write(tmp_path / "nb" / f"{name}.ipynb", ("1", {}))
    options = Options(out=tmp_path / "nb" / "out", exclude=("draft-*",))
    for _ in range(2):  # the copies of the first run are not notebooks of the second
        report = run([tmp_path / "nb"], options)
        assert [Path(one.path).name for one in report.notebooks] == ["a.ipynb", "b.ipynb"]
        assert report.ok


def test_outputs_are_held_to_those_that_are_stored(tmp_path):
    cells = ("print('at 12:30')", {}), ("import random\nrandom.random()  # changes", {})
    path = write(tmp_path / "nb" / "a.ipynb", *cells)

    def store(notebook):
        stored = {"output_type": "stream", "name": "stdout", "text": ["at 11:15\n"]}
        notebook["cells"][0]["outputs"] = [stored]
        notebook["cells"][1]["metadata"] = {"tags": ["nbval-ignore-output"]}

    change(path, store)
    options = {"out": tmp_path / "out", "compare_outputs": True}
    (verdict,) = run([path], Options(**options)).notebooks
    assert verdict.status == "failed"
    assert verdict.reason.endswith("stdout is 'at 12:30', and was 'at 11:15'")
    sanitize = ((r"\d\d:\d\d", "TIME"),)
    assert run([path], Options(**options, sanitize=sanitize)).ok


def test_what_a_killed_run_had_done_is_kept(tmp_path):
    later = "import time\nopen('started', 'w').close()\ntime.sleep(60)"
    path = write(tmp_path / "nb" / "a.ipynb", ("print('done before')", {}), (later, {}))
    out = tmp_path / "out"
    command = [sys.executable, "-m", "energykit", "notebooks", "run", str(path), "--out", str(out)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as runner:
        end = time.monotonic() + 60
        while not list(out.glob("*/project/**/started")) and time.monotonic() < end:
            time.sleep(0.05)
        runner.kill()
    (copy,) = out.glob("*/project/**/a.ipynb")
    cells = nbformat.read(copy, as_version=4).cells
    assert cells[0].outputs[0]["text"] == "done before\n"


def test_an_item_that_pytest_repeats_runs_again(tmp_path):
    pytest.importorskip("pytest_rerunfailures", reason="needs pip install pytest-rerunfailures")
    source = FLAKY.replace("SEEN", repr(str(tmp_path / "seen")))
    write(tmp_path / "nb" / "a.ipynb", (source, {"energykit": {"allow": ["files"]}}))
    command = ["pytest", "--energykit-notebooks", "-q", "--reruns", "1"]
    command += ["--rootdir", str(tmp_path), "-p", "no:cacheprovider", str(tmp_path / "nb")]
    done = run_module(*command, cwd=tmp_path, timeout=120)
    assert "1 passed, 1 rerun" in done.stdout, done.stdout


def test_a_workflow_of_github_is_told_the_line(tmp_path):
    path = write(tmp_path / "a.ipynb", ("1", {}), ("x = 1\nx / 0", {}))
    change(path, lambda nb: None)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1), encoding="utf-8")
    summary = tmp_path / "summary.md"
    command = ["energykit", "notebooks", "run", "a.ipynb", "--out", "out"]
    workflow = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = run_module(*command, cwd=tmp_path, timeout=60, **workflow)
    lines = path.read_text(encoding="utf-8").splitlines()
    line = next(at for at, text in enumerate(lines, 1) if "x / 0" in text)
    assert f"::error file=a.ipynb,line={line},title=failed%3A a.ipynb::cell 2" in done.stdout
    assert "0 of 1 notebooks passed" in summary.read_text(encoding="utf-8")
