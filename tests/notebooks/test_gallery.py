"""A gallery of bad notebooks: each gets exactly its verdict, in time, with nothing left over."""

import math
import time
from dataclasses import replace
from datetime import date
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
server = "s = socket.create_server(('127.0.0.1', 0))"
code = f"import socket, time; {server}; print(1, flush=True); time.sleep(300)"
command = [sys.executable, "-c", code]
service = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE)
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
RUN = """
with open("failing.py", "w") as script:
    _ = script.write("1 / 0")
%run failing.py
"""
TASK = """
import asyncio
async def fail():
    raise ValueError("nobody awaits this")
task = asyncio.ensure_future(fail())
await asyncio.sleep(0)
del task
"""
DAEMON = """
import subprocess
subprocess.run(["setsid", "-f", "env", "-i", "sleep", "300"], check=True)
"""
GALLERY = {
    "time-out": ("import time\ntime.sleep(300)", {}, "timed-out", "took longer than 2 s"),
    "infinite output": (
        "while True:\n    print('x' * 1000)",
        {},
        "failed",
        "printed more than 20 MB",
    ),
    "slow infinite output": (SLOW_OUTPUT, {}, "timed-out", "took longer than 2 s"),
    "flood of 100 MB": (
        "for _ in range(100):\n    print('x' * 1_000_000)",
        {},
        "failed",
        "printed more than 20 MB",
    ),
    "flood of a child": (CHILD_FLOOD, {}, "failed", "showed more than 20 MB"),
    "flood of displays": (DISPLAY_FLOOD, {}, "failed", "showed more than 20 MB"),
    "port": (PORT, {}, "leaked", "the kernel left 127.0.0.1:"),
    "service": (SERVICE, {}, "leaked", "(listens on 127.0.0.1:"),
    "forked child": (FORKED, {}, "leaked", "a fork of the kernel's process"),
    "daemon": (DAEMON, {}, "leaked", "sleep 300"),
    "file outside": (
        "open('../../../outside.txt', 'w').close()",
        {},
        "leaked",
        "wrote outside its folder: ",
    ),
    "file beside the source": (BESIDE, {}, "leaked", "wrote outside its folder: "),
    "ignores interrupt": (STUBBORN, {}, "timed-out", "took longer than 2 s"),
    "kernel killed": ("import os\nos.kill(os.getpid(), 9)", {}, "kernel-died", "the kernel died"),
    "sys.exit": ("import sys\nsys.exit(0)", {}, "failed", "the cell called sys.exit(0)"),
    "thread": (THREAD, {}, "failed", "ZeroDivisionError in background: division by zero"),
    "failed command": ("!exit 3", {}, "failed", "!exit 3 ended with exit code 3"),
    "failed command, captured": (
        "lines = !echo no such file; exit 2",
        {},
        "failed",
        "ended with exit code 2",
    ),
    "failed magic": (
        "%cd nosuch",
        {},
        "failed",
        ", line 1: %cd nosuch: [Errno 2] No such file or directory: 'nosuch'",
    ),
    "exit": ("exit", {}, "failed", "the cell called exit or quit"),
    "task": (TASK, {}, "failed", "ValueError in a task: nobody awaits this"),
    "%run": (RUN, {}, "failed", "ZeroDivisionError: division by zero"),
    "%%capture": ("%%capture\n1 / 0", {}, "failed", "ZeroDivisionError: division by zero"),
    "failing repr": (
        "class R:\n    def __repr__(self): return 1 / 0\nR()",
        {},
        "failed",
        "ZeroDivisionError: division",
    ),
    "exception": ("x = 1\nx / 0", {}, "failed", "ZeroDivisionError: division by zero"),
    "expected and missing": (
        "1",
        {"energykit": {"raises": "ValueError"}},
        "failed",
        "ValueError was expected",
    ),
    "another than expected": (
        "{}['a']",
        {"energykit": {"raises": "ValueError"}},
        "failed",
        "KeyError",
    ),
    "tag and no exception": (
        "1",
        {"tags": ["raises-exception"]},
        "failed",
        "an exception was expected",
    ),
    "folder outside": (
        "import os\nos.mkdir('../../../outside')",
        {},
        "leaked",
        "wrote outside its folder: ",
    ),
    "leak": (LEAK, {}, "leaked", "left running: "),
}
CODES = {"failed": 1, "timed-out": 3, "kernel-died": 4, "leaked": 5}


def write(path: Path, *cells: tuple[str, dict]) -> Path:
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    notebook.cells = [
        nbformat.v4.new_code_cell(source.strip(), metadata=metadata) for source, metadata in cells
    ]
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
        tmp_path / "bad" / "notebooks" / "bad.ipynb",
        ("before = 1", {}),
        (source, metadata),
        ("after = 1", {}),
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
    limits = f"--cell-timeout {15 if is_flood else 2} --notebook-timeout 30"
    assert repr(report).endswith(f"again: energykit notebooks run {path} {limits}")


@pytest.mark.parametrize("name", ["time-out", "kernel killed", "forked child", "flood of 100 MB"])
def test_a_fresh_kernel_gets_the_same_verdict(name, tmp_path, options):
    source, metadata, status, why = GALLERY[name]
    path = write(tmp_path / "bad" / "notebooks" / "bad.ipynb", (source, metadata))
    why = why.replace("a fork of the kernel's process", "left running: ")
    (verdict,) = run([path], replace(options, fresh=True, cell_s=4)).notebooks
    assert verdict.status == status, verdict.reason
    assert why.replace("2 s", "4 s") in verdict.reason
    assert running_in(tmp_path) == []


LATE = """
import threading, time
def late():
    time.sleep(0.5)
    raise OSError("late")
threading.Thread(target=late).start()
"""


@pytest.mark.parametrize(
    "after", ["import time\ntime.sleep(1.5)", "1"], ids=["in another cell", "after the last"]
)
def test_a_thread_that_fails_late_is_blamed_on_its_own_cell(tmp_path, options, after):
    path = write(tmp_path / "notebooks" / "bad.ipynb", ("1", {}), (LATE, {}), (after, {}))
    (verdict,) = run([path], options).notebooks
    assert (verdict.status, verdict.culprit.number, verdict.culprit.line) == ("failed", 2, 4), (
        verdict.reason
    )
    assert verdict.culprit.source == 'raise OSError("late")'
    assert verdict.culprit.why.startswith("OSError in Thread")


def test_a_thread_may_end_itself(tmp_path, options):
    start = "thread = threading.Thread(target=sys.exit)\nthread.start()\nthread.join()"
    source = f"import sys, threading\n{start}"
    assert run([write(tmp_path / "notebooks" / "good.ipynb", (source, {}))], options).ok


def test_the_line_of_a_group_of_exceptions_is_named(tmp_path, options):
    path = write(
        tmp_path / "notebooks" / "bad.ipynb",
        ("x = 1\nraise ExceptionGroup('many', [ValueError()])", {}),
    )
    (verdict,) = run([path], options).notebooks
    assert verdict.culprit.line == 2


@pytest.mark.parametrize(
    ("source", "line"), [("%%capture\nx = 1\n1 / 0", 3), (RUN.strip(), 0), ("%%time\n1 / 0", 1)]
)
def test_a_magic_shifts_no_line(tmp_path, options, source, line):
    (verdict,) = run([write(tmp_path / "notebooks" / "bad.ipynb", (source, {}))], options).notebooks
    assert (verdict.culprit.why, verdict.culprit.line) == (
        "ZeroDivisionError: division by zero",
        line,
    )


def test_a_long_message_is_cut(tmp_path, options):
    path = write(tmp_path / "notebooks" / "bad.ipynb", ("raise ValueError('x' * 100_000)", {}))
    (verdict,) = run([path], options).notebooks
    assert verdict.culprit.why.endswith("x … 98,000 characters left out")


def test_the_notebooks_own_limit_ends_it(tmp_path, options):
    path = write(tmp_path / "notebooks" / "slow.ipynb", *[("import time\ntime.sleep(1)", {})] * 6)
    (verdict,) = run([path], replace(options, notebook_s=2.5)).notebooks
    assert verdict.status == "timed-out"
    assert verdict.culprit.number <= 3
    assert verdict.culprit.why == "the notebook took longer than 2.5 s, and was at this cell"
    assert verdict.command.endswith(" --cell-timeout 2 --notebook-timeout 2.5")


LATE_TO_ANSWER = """
import signal, time
def wait_first(*_):
    time.sleep(2.5)
    raise KeyboardInterrupt
_ = signal.signal(signal.SIGINT, wait_first)
time.sleep(300)
"""


def test_a_cell_that_took_too_long_is_given_time_to_say_where_it_was(tmp_path, options):
    path = write(tmp_path / "notebooks" / "slow.ipynb", (LATE_TO_ANSWER, {}))
    (verdict,) = run([path], options).notebooks
    assert (verdict.status, verdict.culprit.line) == ("timed-out", 6)
    assert verdict.culprit.source == "time.sleep(300)"


def test_a_notebook_without_cells_passes(tmp_path, options):
    report = run([write(tmp_path / "notebooks" / "empty.ipynb")], options)
    assert report.ok, repr(report)


def test_a_notebook_that_takes_its_folder_away_leaves_the_others_their_verdicts(tmp_path, options):
    bad = write(tmp_path / "notebooks" / "bad.ipynb", ("import shutil\nshutil.rmtree('..')", {}))
    good = write(tmp_path / "notebooks" / "good.ipynb", ("1", {}))
    first, second = run([bad, good], options).notebooks
    assert (first.status, second.status) == ("failed", "passed")
    assert len(first.cells) == 1


def test_the_failing_line_is_named(tmp_path, options):
    path = write(tmp_path / "notebooks" / "bad.ipynb", ("x = 1\ny = 0\nx / y\nz = 2", {}))
    (verdict,) = run([path], options).notebooks
    assert (verdict.culprit.line, verdict.culprit.source) == (3, "x / y")


@pytest.mark.parametrize(
    "metadata",
    [
        {"energykit": {"raises": "ValueError"}},
        {"energykit": {"raises": "ValueError"}, "tags": ["raises-exception"]},
    ],
)
def test_an_expected_exception_passes_and_the_notebook_goes_on(tmp_path, options, metadata):
    path = write(tmp_path / "notebooks" / "good.ipynb", ("int('x')", metadata), ("1", {}))
    report = run([path], options)
    assert report.ok, repr(report)
    assert [cell.status for cell in report.notebooks[0].cells] == ["passed", "passed"]


def test_a_cell_may_have_a_longer_time(tmp_path, options):
    path = write(
        tmp_path / "notebooks" / "slow.ipynb",
        ("import time\ntime.sleep(3)", {"energykit": {"timeout_s": 20}}),
    )
    assert run([path], options).ok


DEFAULTS = ("count = 3\nshare = 0.5\nname = 'a'\nwhole: int = 3", {"tags": ["parameters"]})


@pytest.mark.parametrize(
    ("given", "what", "hint"),
    [
        ({"cuont": 5}, "the notebook has no parameter 'cuont'", "did you mean 'count'?"),
        ({"count": "007"}, "count = '007' is not an int", "its default is 3"),
        ({"whole": 1.5}, "whole = 1.5 is not an int", "its default is 3"),
        ({"count": True}, "count = True is not an int", "its default is 3"),
        ({"name": 5}, "name = 5 is not a str", "its default is 'a'"),
    ],
)
def test_a_wrong_parameter_stops_before_a_kernel_starts(tmp_path, options, given, what, hint):
    path = write(tmp_path / "notebooks" / "p.ipynb", DEFAULTS)
    with pytest.raises(UsageError) as caught:
        run([path], Options(out=options.out, parameters=given))
    assert (caught.value.what, caught.value.hint) == (what, hint)
    assert not options.out.exists()


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"day": date(2020, 1, 1)}, "day = datetime.date(2020, 1, 1) is not a value of JSON"),
        ({"day": {1: 2}}, "day = {1: 2} is not a value of JSON"),
    ],
)
def test_a_value_that_the_command_could_not_repeat_is_refused(tmp_path, options, given, what):
    path = write(tmp_path / "notebooks" / "p.ipynb", ("day = None", DEFAULTS[1]))
    with pytest.raises(UsageError) as caught:
        run([path], Options(out=options.out, parameters=given))
    assert caught.value.what == what


def test_a_cell_of_parameters_that_is_not_python_is_refused(tmp_path, options):
    path = write(tmp_path / "notebooks" / "p.ipynb", ("count = = 3", DEFAULTS[1]))
    what = "line 1 of the cell of parameters is not Python: invalid syntax"
    with pytest.raises(UsageError, match=what):
        run([path], Options(out=options.out, parameters={"count": 5}))


def test_numbers_without_a_literal_and_annotated_defaults_are_set(tmp_path, options):
    defaults = ("high: float = 1.0\nlow = None", DEFAULTS[1])
    check = ("import math\nassert math.isinf(high) and math.isnan(low['x'][0])", {})
    path = write(tmp_path / "notebooks" / "p.ipynb", defaults, check)
    report = run(
        [path], Options(out=options.out, parameters={"high": math.inf, "low": {"x": [math.nan]}})
    )
    assert report.ok, repr(report)


@pytest.mark.parametrize(
    ("metadata", "what", "hint"),
    [
        (
            {"raise": "ValueError"},
            "the metadata 'energykit' have no 'raise'",
            "did you mean 'raises'?",
        ),
        ({"timeout_s": "soon"}, "the metadata 'timeout_s' are 'soon', not int or float", ""),
        ({"timeout_s": 0}, "a time-out of 0 s", "a number above 0"),
        ({"timeout_s": True}, "the metadata 'timeout_s' are True, not int or float", ""),
        (
            "soon",
            "the metadata 'energykit' are 'soon', not an object",
            'write {"energykit": {"timeout_s": 120}}',
        ),
    ],
)
def test_metadata_that_the_runner_does_not_know_are_refused(
    tmp_path, options, metadata, what, hint
):
    path = write(tmp_path / "notebooks" / "m.ipynb", ("1", {}), ("2", {"energykit": metadata}))
    report = run([path], options)
    (verdict,) = report.notebooks
    assert (verdict.status, report.exit_code) == ("refused", 2)
    assert verdict.reason == f"cell 2: {what}" + (f" → {hint}" if hint else "")
    assert not options.out.exists()


def test_a_notebook_of_another_language_is_refused_alone(tmp_path, options):
    path = write(tmp_path / "notebooks" / "r.ipynb", ("1 + 1", {}))
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    nbformat.write(notebook, path)
    good = write(tmp_path / "notebooks" / "good.ipynb", ("1", {}))
    report = run([path, good], options)
    assert [one.status for one in report.notebooks] == ["refused", "passed"]
    assert report.notebooks[0].why.startswith(
        "its language is 'r', and no kernel for it is installed → installed are "
    )
    assert report.exit_code == 2


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
    meet = tmp_path / "meet"
    meet.mkdir()
    claim = "assert not os.path.exists('mine')\nopen('mine', 'w').close()"
    come = f"os.mkdir(os.path.join({str(meet)!r}, str(os.getpid())))"
    wait = f"while len(os.listdir({str(meet)!r})) < 2:\n    time.sleep(0.05)"
    source = f"import os, time\n{claim}\n{come}\n{wait}"
    paths = [write(tmp_path / "notebooks" / f"{name}.ipynb", (source, {})) for name in "ab"]
    chosen = Options(out=options.out, jobs=2, allow=frozenset({"files"}))
    report = run(paths, chosen)  # each waits for the other
    assert report.ok, repr(report)
    assert len({one.folder for one in report.notebooks}) == 2
    assert sorted(path.name for path in (tmp_path / "notebooks").iterdir()) == [
        "a.ipynb",
        "b.ipynb",
    ]
