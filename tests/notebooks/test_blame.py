"""The cell and the line that a failure is blamed on, and when a cell ends."""

from dataclasses import replace

import pytest

from energykit.notebooks import run
from tests.notebooks.gallery import RUN, write

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
