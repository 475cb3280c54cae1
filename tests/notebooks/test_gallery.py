"""A gallery of bad notebooks: each gets exactly its verdict, within its time, with nothing left over."""

import time
from dataclasses import replace
from pathlib import Path

import nbformat
import psutil
import pytest

from energykit.errors import UsageError
from energykit.notebooks import Options, run

LEAK = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    time.sleep(0.1)
"""
THREAD = """
import threading
thread = threading.Thread(target=lambda: 1 / 0, name="background")
thread.start()
thread.join()
"""
SLOW_OUTPUT = """
import time
while True:
    print("x")
    time.sleep(0.01)
"""
CHILD_FLOOD = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "while True: print('x' * 10_000)"])
"""
DISPLAY_FLOOD = """
from IPython.display import HTML, display
while True:
    display(HTML("x" * 100_000))
"""
PORT = """
import socket
listening = socket.create_server(("127.0.0.1", 0))
"""
SERVICE = """
import subprocess, sys
code = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); print(1, flush=True); time.sleep(300)"
service = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE)
assert service.stdout.readline()
"""
FORKED = """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(300)
"""
BESIDE = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "open('SOURCE/new.csv', 'w').close()"], check=True)
"""
GALLERY = {
    "time-out": ("import time\ntime.sleep(300)", {}, "timed-out", "took longer than 2 s"),
    "infinite output": ("while True:\n    print('x' * 1000)", {}, "failed", "printed more than 20 MB"),
    "slow infinite output": (SLOW_OUTPUT, {}, "timed-out", "took longer than 2 s"),
    "flood of 100 MB": ("for _ in range(100):\n    print('x' * 1_000_000)", {}, "failed", "printed more than 20 MB"),
    "flood of a child": (CHILD_FLOOD, {}, "failed", "showed more than 20 MB"),
    "flood of displays": (DISPLAY_FLOOD, {}, "failed", "showed more than 20 MB"),
    "port": (PORT, {}, "leaked", "the kernel left 127.0.0.1:"),
    "service": (SERVICE, {}, "leaked", "(listens on 127.0.0.1:"),
    "forked child": (FORKED, {}, "leaked", "left running: "),
    "file outside": ("open('../../../outside.txt', 'w').close()", {}, "leaked", "wrote outside its folder: "),
    "file beside the source": (BESIDE, {}, "leaked", "wrote outside its folder: "),
    "ignores interrupt": (STUBBORN, {}, "timed-out", "took longer than 2 s"),
    "kernel killed": ("import os\nos.kill(os.getpid(), 9)", {}, "kernel-died", "the kernel died"),
    "sys.exit": ("import sys\nsys.exit(0)", {}, "failed", "the cell called sys.exit(0)"),
    "thread": (THREAD, {}, "failed", "ZeroDivisionError in background: division by zero"),
    "failed command": ("!exit 3", {}, "failed", "!exit 3 ended with exit code 3"),
    "exception": ("x = 1\nx / 0", {}, "failed", "ZeroDivisionError: division by zero"),
    "expected and missing": ("1", {"energykit": {"raises": "ValueError"}}, "failed", "ValueError was expected"),
    "another than expected": ("{}['a']", {"energykit": {"raises": "ValueError"}}, "failed", "KeyError"),
    "tag and no exception": ("1", {"tags": ["raises-exception"]}, "failed", "an exception was expected"),
    "leak": (LEAK, {}, "leaked", "left running: "),
}
CODES = {"failed": 1, "timed-out": 3, "kernel-died": 4, "leaked": 5}


def write(path: Path, *cells: tuple[str, dict]) -> Path:
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    notebook.cells = [nbformat.v4.new_code_cell(source.strip(), metadata=metadata) for source, metadata in cells]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def running_in(folder: Path) -> list[int]:
    """Processes of runs below a folder, wherever they went."""
    found = []
    for process in psutil.process_iter():
        try:
            is_ours = process.environ().get("TMPDIR", "").startswith(str(folder))
            if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found


@pytest.fixture
def options(tmp_path):
    return Options(out=tmp_path / "out", cell_s=2, notebook_s=30)


@pytest.mark.parametrize("name", GALLERY)
def test_a_bad_notebook_gets_its_verdict(name, tmp_path, options):
    source, metadata, status, why = GALLERY[name]
    source = source.replace("SOURCE", (tmp_path / "bad" / "notebooks").as_posix())
    path = write(
        tmp_path / "bad" / "notebooks" / "bad.ipynb", ("before = 1", {}), (source, metadata), ("after = 1", {})
    )
    start = time.monotonic()
    is_flood = why.endswith("20 MB")
    report = run([path], replace(options, cell_s=15) if is_flood else options)
    assert time.monotonic() - start < 25
    (verdict,) = report.notebooks
    assert (verdict.status, report.exit_code) == (status, CODES[status]), repr(report)
    assert why in verdict.reason
    assert running_in(tmp_path) == []
    cells = [cell.status for cell in verdict.cells]
    assert cells == (["passed"] * 3 if status == "leaked" else ["passed", status, "not-run"])
    assert repr(report).endswith(f"again: energykit notebooks run {path}")


@pytest.mark.parametrize("name", ["time-out", "kernel killed", "forked child", "flood of 100 MB"])
def test_a_fresh_kernel_gets_the_same_verdict(name, tmp_path, options):
    source, metadata, status, why = GALLERY[name]
    path = write(tmp_path / "bad" / "notebooks" / "bad.ipynb", (source, metadata))
    (verdict,) = run([path], replace(options, fresh=True, cell_s=4)).notebooks
    assert verdict.status == status, verdict.reason
    assert why.replace("2 s", "4 s") in verdict.reason
    assert running_in(tmp_path) == []


def test_the_failing_line_is_named(tmp_path, options):
    path = write(tmp_path / "notebooks" / "bad.ipynb", ("x = 1\ny = 0\nx / y\nz = 2", {}))
    (verdict,) = run([path], options).notebooks
    assert (verdict.culprit.line, verdict.culprit.source) == (3, "x / y")


@pytest.mark.parametrize(
    "metadata",
    [{"energykit": {"raises": "ValueError"}}, {"energykit": {"raises": "ValueError"}, "tags": ["raises-exception"]}],
)
def test_an_expected_exception_passes_and_the_notebook_goes_on(tmp_path, options, metadata):
    path = write(tmp_path / "notebooks" / "good.ipynb", ("int('x')", metadata), ("1", {}))
    report = run([path], options)
    assert report.ok, repr(report)
    assert [cell.status for cell in report.notebooks[0].cells] == ["passed", "passed"]


def test_a_cell_may_have_a_longer_time(tmp_path, options):
    path = write(
        tmp_path / "notebooks" / "slow.ipynb", ("import time\ntime.sleep(3)", {"energykit": {"timeout_s": 20}})
    )
    assert run([path], options).ok


DEFAULTS = ("count = 3\nshare = 0.5\nname = 'a'", {"tags": ["parameters"]})


@pytest.mark.parametrize(
    ("given", "what", "hint"),
    [
        ({"cuont": 5}, "the notebook has no parameter 'cuont'", "did you mean 'count'?"),
        ({"count": "007"}, "count = '007' is no int", "its default is 3"),
        ({"count": 1.5}, "count = 1.5 is no int", "its default is 3"),
        ({"count": True}, "count = True is no int", "its default is 3"),
        ({"name": 5}, "name = 5 is no str", "its default is 'a'"),
    ],
)
def test_a_wrong_parameter_stops_before_a_kernel_starts(tmp_path, options, given, what, hint):
    path = write(tmp_path / "notebooks" / "p.ipynb", DEFAULTS)
    with pytest.raises(UsageError) as caught:
        run([path], Options(out=options.out, parameters=given))
    assert (caught.value.what, caught.value.hint) == (what, hint)
    assert not options.out.exists()


def test_parameters_without_a_cell_of_them_are_refused(tmp_path, options):
    path = write(tmp_path / "notebooks" / "p.ipynb", ("count = 3", {}))
    with pytest.raises(UsageError, match="the notebook has no cell of parameters"):
        run([path], Options(out=options.out, parameters={"count": 5}))


def test_a_right_parameter_is_set_with_its_type(tmp_path, options):
    check = ("assert (count, share, name) == (5, 1, 'b')", {})
    path = write(tmp_path / "notebooks" / "p.ipynb", DEFAULTS, check)
    given = {"count": 5, "share": 1, "name": "b"}
    assert run([path], Options(out=options.out, parameters=given)).ok


def test_notebooks_run_side_by_side_in_folders_of_their_own(tmp_path, options):
    source = "import os\nassert not os.path.exists('mine')\nopen('mine', 'w').close()\nimport time\ntime.sleep(1)"
    paths = [write(tmp_path / "notebooks" / f"{name}.ipynb", (source, {})) for name in "ab"]
    report = run(paths, Options(out=options.out, jobs=2))
    assert report.ok
    assert len({one.folder for one in report.notebooks}) == 2
    assert report.seconds < sum(one.seconds for one in report.notebooks) + 2
    assert sorted(path.name for path in (tmp_path / "notebooks").iterdir()) == ["a.ipynb", "b.ipynb"]
