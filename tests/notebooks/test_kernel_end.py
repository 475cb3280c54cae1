"""A kernel ends as Python does, forked or started: what the notebook holds is let go of."""

import os
import re
from pathlib import Path

import pytest

from energykit.notebooks import Options, run
from tests.notebooks.small import write

OPEN = """
left_open = open("open.txt", "w")
_ = left_open.write("a reading")
class Held:
    def __init__(self):
        self.itself = self
        self.file = open("cycle.txt", "w")
        self.file.write("a reading")
    def __del__(self):
        print("deleted", file=open("deleted.txt", "w"))
held = Held()
"""
LATE = """
import atexit, threading, time
atexit.register(lambda: open("exit.txt", "w").write("exit"))
def slow():
    threading.main_thread().join()
    open("thread.txt", "w").write("thread")
threading.Thread(target=slow).start()
"""
LOGGED = """
import logging.handlers
kept = logging.handlers.MemoryHandler(100, target=logging.FileHandler("log.txt"))
logging.getLogger("meter").addHandler(kept)
kept.emit(logging.makeLogRecord({"msg": "a line", "levelno": logging.INFO}))
"""


@pytest.mark.parametrize("fresh", [False, True])
def test_what_a_kernel_holds_is_written_at_its_end(tmp_path, fresh):
    path = write(tmp_path / "a.ipynb", OPEN, LATE, LOGGED)
    report = run([path], Options(out=tmp_path / "out", fresh=fresh))
    assert report.ok, report.notebooks[0].reason
    folder = Path(report.notebooks[0].folder)
    written = ("open", "cycle", "deleted", "exit", "thread", "log")
    assert {name: (folder / f"{name}.txt").read_text().strip() for name in written} == {
        "open": "a reading",
        "cycle": "a reading",
        "deleted": "deleted",
        "exit": "exit",
        "thread": "thread",
        "log": "a line",
    }


SLOW = """
import atexit, time
_ = atexit.register(time.sleep, 60)
"""
JOB = """
import subprocess
_ = subprocess.run("sleep 300 &", shell=True, check=True)
"""
CHILD = """
child = subprocess.Popen("trap '' INT TERM; echo; sleep 60", shell=True, stdout=subprocess.PIPE)
_ = child.stdout.readline()
"""


@pytest.mark.skipif(os.name != "posix", reason="a job of a POSIX shell")
@pytest.mark.parametrize("fresh", [False, True])
def test_what_a_shell_left_is_found_also_where_the_kernel_has_to_be_ended(tmp_path, fresh):
    """The kernel's children end with it, as in any kernel; others of its group are leaks."""
    path = write(tmp_path / "a.ipynb", SLOW, JOB, CHILD)
    (verdict,) = run([path], Options(out=tmp_path / "out", fresh=fresh)).notebooks
    assert verdict.status == "leaked"
    assert re.fullmatch(r"left running: \d+ sleep 300", verdict.why), verdict.why


PRINTS_LAST = """
import sys, threading, time
def late(flush=sys.stdout.flush, thread=threading.current_thread, sleep=time.sleep):
    if thread().name == "Control":
        sleep(0.2)
    flush()
def slow(close=sys.stdout.pub_thread.io_loop.close, sleep=time.sleep, all_fds=False):
    sleep(0.5)
    close(all_fds)
sys.stdout.flush = late
sys.stdout.pub_thread.io_loop.close = slow
"""


@pytest.mark.parametrize("fresh", [False, True])
def test_a_kernel_ends_by_itself_whichever_of_its_threads_is_first(tmp_path, fresh):
    """ipykernel's control thread waits for the thread that sends, which may have stopped by then.

    A kernel that has to be killed for it writes no log that is written at the end.
    """
    path = write(tmp_path / "a.ipynb", LOGGED, PRINTS_LAST)
    (verdict,) = run([path], Options(out=tmp_path / "out", fresh=fresh)).notebooks
    assert verdict.status == "passed", verdict.reason
    assert Path(verdict.folder, "log.txt").read_text() == "a line\n"
