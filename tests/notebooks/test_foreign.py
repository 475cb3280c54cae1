"""Notebooks as others write them get the right verdict: forked, fresh, and as a pytest item."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from energykit.notebooks import Options, run
from energykit.notebooks.source import tree_copy

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
RAISES = {"tags": ["raises-exception"]}

FLOOD = """
import sys
for number in range(6000):
    sys.stdout.write("."); sys.stdout.flush()
print("end")
"""
FLOOD_THEN_ERROR = """
import sys
from IPython import get_ipython
for number in range(6000):
    sys.stdout.write("."); sys.stdout.flush()
_ = get_ipython().run_cell("raise ValueError('shown at the end')")
"""
AGG_AS_IMAGE = """
import io
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
from IPython.display import Image
figure, axes = plt.subplots()
axes.plot([3, 1, 2])
file = io.BytesIO()
figure.canvas.print_png(file)
Image(data=file.getvalue())
"""
AGG_RETURNED = """
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
figure, axes = plt.subplots()
figure
"""
INTERACTIVE = "%matplotlib notebook\nimport matplotlib.pyplot as plt\nplt.plot([3, 1, 2])"
NBCLIENT = """
import nbformat
from nbclient import NotebookClient
inner = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(6 * 7)")])
await NotebookClient(inner, kernel_name="python3").async_execute()
assert inner.cells[0].outputs[0].text == "42\\n"
"""
VARIABLE = """
import os
os.environ["MPLCONFIGDIR"] = os.path.abspath("own settings")
import matplotlib
assert matplotlib.get_configdir() == os.path.abspath("own settings")
"""
WIDGET = """
import ipywidgets
shown = ipywidgets.Output()
with shown:
    raise RuntimeError("shown in a widget")
"""
TRACKER = """
import json, os
os.makedirs("runs/first", exist_ok=True)
json.dump({"loss": 0.5}, open("runs/first/run.json", "w"))
"""
SAMPLE_LOG = """
import os, time
os.makedirs("logs", exist_ok=True)
now = time.strftime("%Y-%m-%d %H:%M:%S")
with open("logs/sample.log", "w") as file:
    _ = file.write(f"2024-01-01 00:00:00,000 ERROR old\\n{now},000 ERROR of an application\\n")
"""
NOTEBOOKS = {
    "agg_returned": ([(AGG_RETURNED, {})], "failed", "which shows none: choose %matplotlib inline"),
    "agg_shown_as_image": ([(AGG_AS_IMAGE, {})], "passed", ""),
    "command_may_fail": ([("!grep absent /dev/null", RAISES), ("1", {})], "passed", ""),
    "command_should_fail": ([("!true", RAISES)], "failed", "was expected, and none came"),
    "debugger": ([("import debugpy\nassert debugpy.__version__", {})], "passed", ""),
    "flood": ([(FLOOD, {})], "passed", ""),
    "flood_then_error": ([(FLOOD_THEN_ERROR, {})], "failed", "ValueError: shown at the end"),
    "history": (
        [("assert get_ipython().history_manager.hist_file == ':memory:'", {})],
        "passed",
        "",
    ),
    "interactive": ([(INTERACTIVE, {})], "passed", ""),
    "nbclient_inside": ([(NBCLIENT, {})], "passed", ""),
    "own_runs": ([(TRACKER, {})], "passed", ""),
    "sample_log": ([(SAMPLE_LOG, {})], "passed", ""),
    "skipped_and_raises": (
        [("1 / 0", {"tags": ["skip-execution", "raises-exception"]})],
        "passed",
        "",
    ),
    "variable_before_import": ([(VARIABLE, {})], "passed", ""),
    "widget_error": ([(WIDGET, {})], "passed", ""),
    "nbmake_code": (
        [
            ("1", {"nbmake": {"mock": {"x": 2}, "post_cell_execute": ["y = x + 1"]}}),
            ("assert y == 3", {}),
        ],
        "passed",
        "",
    ),
    "nbmake_error": (
        [("1", {"nbmake": {"post_cell_execute": ["1 / 0"]}})],
        "failed",
        "ZeroDivision",
    ),
    "widget_error_expected": ([(WIDGET, RAISES)], "passed", ""),
    "allow_errors": (
        [("1 / 0", {}), ("print('on')", {})],
        "passed",
        "",
        {"execution": {"allow_errors": True}},
    ),
    "short_time": (
        [("import time\ntime.sleep(30)", {})],
        "timed-out",
        "took longer than 1 s",
        {"execution": {"timeout": 1}},
    ),
    "exit_allowed": (
        [("import sys\nsys.exit(0)", {}), ("1 / 0", {})],
        "passed",
        "",
        {"energykit": {"allow": ["exit"]}},
    ),
    "exit_with_code": (
        [("import sys\nsys.exit(3)", {"energykit": {"allow": ["exit"]}})],
        "failed",
        "the cell called sys.exit(3)",
    ),
    "command_allowed": ([("!exit 3", {"energykit": {"allow": ["command"]}})], "passed", ""),
    "magic_allowed": ([("%cd nosuch", {"energykit": {"allow": ["magic"]}})], "passed", ""),
    "magic_may_fail": ([("%load_ext json", RAISES)], "passed", ""),
    "figure_allowed": (
        [(AGG_RETURNED, {"energykit": {"allow": ["figures"]}})],
        "passed",
        "",
    ),
    "port_allowed": (
        [("import socket\nlistening = socket.create_server(('127.0.0.1', 0))", {})],
        "passed",
        "",
        {"energykit": {"allow": ["leaks"]}},
    ),
}
"""By name: cells and their metadata, status, a part of the reason, metadata of the notebook."""


def write(path: Path, *cells, metadata=None, **whole) -> Path:
    codes = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": own,
            "outputs": [],
            "source": source.strip(),
        }
        for number, (source, own) in enumerate(cells, 1)
    ]
    plain = {"cells": codes, "metadata": PYTHON | (metadata or {}), "nbformat": 4}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plain | {"nbformat_minor": 5} | whole), encoding="utf-8")
    return path


def change(path: Path, alter) -> Path:
    plain = json.loads(path.read_text(encoding="utf-8"))
    alter(plain)
    path.write_text(json.dumps(plain), encoding="utf-8")
    return path


def odd_files(folder: Path) -> dict[str, str]:
    """Write files that lack something, and return the status of each."""
    change(write(folder / "no_outputs.ipynb", ("1", {})), lambda nb: nb["cells"][0].pop("outputs"))
    change(write(folder / "no_metadata.ipynb", ("1", {})), lambda nb: nb.update(metadata=None))
    change(
        write(folder / "null_kernel.ipynb", ("1", {})),
        lambda nb: nb["metadata"].update(kernelspec=None),
    )
    change(
        write(folder / "null_tags.ipynb", ("1", {})),
        lambda nb: nb["cells"][0]["metadata"].update(tags=None),
    )
    change(
        write(folder / "unknown_kernel.ipynb", ("1", {})),
        lambda nb: nb["metadata"]["kernelspec"].update(name="conda-env-elsewhere-py"),
    )
    change(
        write(folder / "in_r.ipynb", ("x <- 1", {})),
        lambda nb: nb["metadata"].update(kernelspec={"name": "ir", "display_name": "R"}),
    )
    (folder / "not_json.ipynb").write_text("{", encoding="utf-8")
    (folder / "empty.ipynb").write_text("", encoding="utf-8")
    (folder / "a_list.ipynb").write_text("[]", encoding="utf-8")
    refused = {"in_r", "not_json", "empty", "a_list"}
    return {path.stem: "refused" if path.stem in refused else "passed" for path in folder.iterdir()}


def expected(folder: Path) -> dict[str, str]:
    for name, (cells, _, _, *metadata) in NOTEBOOKS.items():
        write(folder / f"{name}.ipynb", *cells, metadata=metadata[0] if metadata else None)
    return {name: status for name, (_, status, *_) in NOTEBOOKS.items()}


WAYS = [
    pytest.param(is_fresh, id=way, marks=pytest.mark.xdist_group(f"foreign notebooks, {way}"))
    for way, is_fresh in (("forked", False), ("fresh", True))
]


@pytest.fixture(scope="module", params=WAYS)
def verdicts(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign") / "notebooks"
    folder.mkdir()
    odd = odd_files(folder)
    statuses = expected(folder) | odd
    out = folder.parent / "out"
    report = run([folder], Options(out=out, fresh=request.param, jobs=2, notebook_s=120))
    found = {Path(one.path).stem: one for one in report.notebooks}
    assert found.keys() == statuses.keys()
    return found, statuses


def test_each_notebook_has_its_verdict(verdicts):
    found, statuses = verdicts
    wrong = {
        name: f"{one.status}: {one.reason}"
        for name, one in found.items()
        if one.status != statuses[name]
    }
    assert wrong == {}


def test_the_reasons_say_what_happened(verdicts):
    found, _ = verdicts
    for name, (_, _, why, *_) in NOTEBOOKS.items():
        assert why in found[name].reason, name
    assert found["not_json"].reason.startswith("is not JSON: ")
    assert "no kernel for it is installed" in found["in_r"].reason
    assert found["unknown_kernel"].notes == (
        "no kernel 'conda-env-elsewhere-py' is installed: runs with this Python's",
    )


def test_what_a_switch_allows_is_said(verdicts):
    found, _ = verdicts
    assert found["exit_allowed"].notes == ("cell 1: allowed: the cell called sys.exit(0)",)
    assert [cell.status for cell in found["exit_allowed"].cells] == ["passed", "not-run"]
    assert found["command_allowed"].notes == ("cell 1: allowed: !exit 3 ended with exit code 3",)
    assert found["magic_allowed"].notes == (
        "cell 1: allowed: %cd nosuch: [Errno 2] No such file or directory: 'nosuch'",
    )
    assert found["magic_may_fail"].notes == (
        "cell 1: expected: %load_ext json: The json module is not an IPython extension.",
    )
    assert found["allow_errors"].notes[0].startswith("cell 1: allowed by execution.allow_errors: ")
    assert found["port_allowed"].notes[0].startswith("allowed: the kernel left 127.0.0.1:")
    assert found["widget_error"].notes == (
        "cell 1: an Output widget shows RuntimeError: shown in a widget",
    )
    assert found["figure_allowed"].notes[0].startswith("allowed: a figure was made in cell cell-1")


def test_a_flood_of_small_outputs_arrives_whole(verdicts):
    found, _ = verdicts
    copy = Path(found["flood"].folder, "flood.ipynb")
    (cell,) = nbformat.read(copy, as_version=4).cells
    assert "".join(output["text"] for output in cell.outputs) == "." * 6000 + "end\n"


def test_an_item_of_pytest_has_the_same_verdict(tmp_path):
    """The third way: the plugin, in a project of somebody else."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    odd = odd_files(folder)
    statuses = expected(folder) | odd
    environment = {key: value for key, value in os.environ.items() if "PYTEST" not in key}
    command = [sys.executable, "-m", "pytest", "--energykit-notebooks", "-rA", "-q", str(folder)]
    command += ["-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    passed = set(re.findall(r"^PASSED \S*?(\w+)\.ipynb::", done.stdout, re.MULTILINE))
    failed = set(re.findall(r"^(?:FAILED|ERROR) \S*?(\w+)\.ipynb", done.stdout, re.MULTILINE))
    assert passed == {name for name, status in statuses.items() if status == "passed"}, done.stdout
    assert failed == statuses.keys() - passed


def test_every_report_is_whole_whatever_the_files_hold(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    statuses = odd_files(folder)
    junit, page = tmp_path / "j.xml", tmp_path / "p.html"
    missing = str(tmp_path / "missing.ipynb")
    command = [sys.executable, "-m", "energykit", "notebooks", "run", str(folder), missing]
    command += [
        "--json",
        "--junit",
        str(junit),
        "--html",
        str(page),
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2, done.stderr
    notebooks = json.loads(done.stdout)["notebooks"]
    found = {Path(one["path"]).stem: one["status"] for one in notebooks}
    assert found == statuses | {"missing": "refused"}
    assert junit.read_text(encoding="utf-8").count("<testcase ") == len(found)
    assert all(name in page.read_text(encoding="utf-8") for name in found)


@pytest.fixture
def project(tmp_path):
    """A project with a notebook in a folder, and things beside and above it."""
    home = tmp_path / "project"
    (home / "lessons" / "data").mkdir(parents=True)
    (home / "pyproject.toml").write_text("", encoding="utf-8")
    (home / "shared").mkdir()
    (home / "shared" / "above.csv").write_text("kw\n2\n", encoding="utf-8")
    (home / "lessons" / "data" / "beside.csv").write_text("kw\n1\n", encoding="utf-8")
    (home / "lessons" / "helper.py").write_text("def two():\n    return 2\n", encoding="utf-8")
    return home


PLACE = """
import helper
assert helper.two() == 2
assert open("data/beside.csv").read() == "kw\\n1\\n"
assert open("../shared/above.csv").read() == "kw\\n2\\n"
open("data/beside.csv", "w").write("changed")
open("new.txt", "w").close()
"""


@pytest.mark.parametrize("fresh", [False, True], ids=["forked", "fresh"])
def test_what_lies_beside_and_above_is_there_and_stays_as_it_is(project, tmp_path, fresh):
    path = write(project / "lessons" / "a.ipynb", (PLACE, {}), ("%run helper.py\ntwo()", {}))
    report = run([path], Options(out=tmp_path / "out", fresh=fresh))
    assert report.ok, repr(report)
    assert (project / "lessons/data/beside.csv").read_text(encoding="utf-8") == "kw\n1\n"
    assert not (project / "lessons/new.txt").exists()


def test_a_large_file_is_linked_and_cannot_be_written(project, tmp_path, monkeypatch):
    monkeypatch.setattr(tree_copy, "LARGEST_FILE", 1000)
    monkeypatch.setattr(tree_copy.TreeCopy, "_is_cloned", lambda *_: False)
    large = project / "lessons" / "large.bin"
    large.write_bytes(b"x" * 2000)
    reads = "assert len(open('large.bin').read()) == 2000"
    path = write(project / "lessons" / "a.ipynb", (reads, {}), ("open('large.bin', 'w')", {}))
    (verdict,) = run([path], Options(out=tmp_path / "out")).notebooks
    assert verdict.notes == ("too large to copy, so linked and read-only: lessons/large.bin",)
    assert verdict.culprit.number == 2
    assert "PermissionError" in verdict.reason
    assert large.stat().st_size == 2000


def test_a_notebook_runs_in_the_folder_that_is_named(project, tmp_path):
    path = write(project / "lessons" / "a.ipynb", ("open('above.csv').read()", {}))
    report = run([path], Options(out=tmp_path / "out", cwd=project / "shared"))
    assert report.ok, repr(report)
    assert Path(report.notebooks[0].folder, "a.ipynb").is_file()


def test_further_files_are_named_by_the_notebook(project, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "x.csv").write_text("kw\n", encoding="utf-8")
    files = {"energykit": {"files": ["../../elsewhere/*.csv"]}}
    cell = ("open('../../elsewhere/x.csv').read()", {})
    report = run(
        [write(project / "lessons" / "a.ipynb", cell, metadata=files)],
        Options(out=tmp_path / "out"),
    )
    assert report.ok, repr(report)
    files["energykit"]["files"] = ["absent/*.csv"]
    path = write(project / "lessons" / "b.ipynb", cell, metadata=files)
    (verdict,) = run([path], Options(out=tmp_path / "out")).notebooks
    assert verdict.status == "refused"
    assert verdict.reason.startswith("no file matches 'absent/*.csv'")


def test_a_file_is_blamed_on_the_notebook_that_wrote_it(tmp_path):
    folder = tmp_path / "notebooks"
    wrote = f"import time\nopen({str(folder / 'new.csv')!r}, 'w').close()"
    paths = [
        write(folder / "writes.ipynb", (wrote, {})),
        write(folder / "innocent.ipynb", ("import time\ntime.sleep(3)", {})),
    ]
    report = run(paths, Options(out=tmp_path / "out", jobs=2))
    assert [one.status for one in report.notebooks] == ["leaked", "passed"]


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


FLAKY = """
from pathlib import Path
seen = Path(SEEN)
first = not seen.exists()
seen.write_text("x")
assert not first, "the first time"
"""


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


def papermill(tmp_path: Path, path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "papermill", str(path), str(tmp_path / "b.ipynb")]
    command += ["--engine", "energykit", "--no-progress-bar", *options]
    return subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(
    "name", ["command_may_fail", "skipped_and_raises", "widget_error_expected", "exit_allowed"]
)
def test_papermill_itself_passes_what_passes(tmp_path, name):
    cells, _, _, *metadata = NOTEBOOKS[name]
    path = write(tmp_path / "nb" / "a.ipynb", *cells, metadata=metadata[0] if metadata else None)
    done = papermill(tmp_path, path)
    assert done.returncode == 0, done.stderr
    statuses = [
        cell.metadata.papermill.status for cell in nbformat.read(tmp_path / "b.ipynb", 4).cells
    ]
    assert "failed" not in statuses


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (
            "import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start(); t.join()",
            "ZeroDivisionError",
        ),
        ("!exit 3", "!exit 3 ended with exit code 3"),
        ("import socket\ns = socket.create_server(('127.0.0.1', 0))", "leaked: the kernel left"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_papermill_itself_fails_what_fails(tmp_path, source, why):
    path = write(tmp_path / "nb" / "a.ipynb", ("print('first')", {}), (source, {}), ("1", {}))
    done = papermill(tmp_path, path)
    assert done.returncode == 1
    assert why in done.stderr


def test_papermill_itself_blames_a_command_for_the_file_that_it_wrote_beside(tmp_path):
    new = tmp_path / "nb" / "new.txt"
    path = write(tmp_path / "nb" / "a.ipynb", (f"!touch {new}", {}), ("1", {}))
    done = papermill(tmp_path, path)
    assert (done.returncode, new.exists()) == (1, True)
    assert f"leaked: wrote outside its folder: {new}" in done.stderr


def test_papermills_parameters_take_the_type_of_their_default(tmp_path):
    check = "assert limits == (3, 4), limits"
    cells = ("limits = (1, 2)", {"tags": ["parameters"]}), (check, {})
    done = papermill(tmp_path, write(tmp_path / "a.ipynb", *cells), "-y", "{limits: [3, 4]}")
    assert done.returncode == 0, done.stderr


def test_papermills_parameters_are_checked(tmp_path):
    path = write(tmp_path / "nb" / "a.ipynb", ("n = 1", {"tags": ["parameters"]}), ("n", {}))
    assert papermill(tmp_path, path, "-p", "n", "3").returncode == 0
    done = papermill(tmp_path, path, "-p", "m", "3")
    assert done.returncode == 1
    assert "the notebook has no parameter 'm'" in done.stderr


def test_only_what_changed_is_run(project, tmp_path):
    data = project / "shared" / "above.csv"
    reads = write(project / "lessons" / "a.ipynb", ("open('../shared/above.csv').read()", {}))
    other = write(project / "lessons" / "b.ipynb", ("1", {}))
    options = Options(out=tmp_path / "out", changed=True)

    def ran() -> list[str]:
        report = run([reads, other], options)
        assert report.ok, repr(report)
        return [Path(one.path).stem for one in report.notebooks if not one.cached]

    assert ran() == ["a", "b"]
    assert ran() == []
    data.write_text("kw\n3\n", encoding="utf-8")
    (first, second) = run([reads, other], options).notebooks
    assert first.notes == (f"ran because {data} changed",)
    assert second.remarks == ("not run: nothing has changed since it passed",)
    write(other, ("2", {}))
    assert ran() == ["b"]


def test_an_item_that_pytest_repeats_runs_again(tmp_path):
    pytest.importorskip("pytest_rerunfailures", reason="needs pip install pytest-rerunfailures")
    source = FLAKY.replace("SEEN", repr(str(tmp_path / "seen")))
    write(tmp_path / "nb" / "a.ipynb", (source, {"energykit": {"allow": ["files"]}}))
    command = [sys.executable, "-m", "pytest", "--energykit-notebooks", "-q", "--reruns", "1"]
    command += ["--rootdir", str(tmp_path), "-p", "no:cacheprovider", str(tmp_path / "nb")]
    environment = {key: value for key, value in os.environ.items() if "PYTEST" not in key}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "1 passed, 1 rerun" in done.stdout, done.stdout


def test_a_workflow_of_github_is_told_the_line(tmp_path):
    path = write(tmp_path / "a.ipynb", ("1", {}), ("x = 1\nx / 0", {}))
    change(path, lambda nb: None)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1), encoding="utf-8")
    summary = tmp_path / "summary.md"
    command = [sys.executable, "-m", "energykit", "notebooks", "run", "a.ipynb", "--out", "out"]
    environment = os.environ | {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = path.read_text(encoding="utf-8").splitlines()
    line = next(at for at, text in enumerate(lines, 1) if "x / 0" in text)
    assert f"::error file=a.ipynb,line={line},title=failed%3A a.ipynb::cell 2" in done.stdout
    assert "0 of 1 notebooks passed" in summary.read_text(encoding="utf-8")
