"""Bad notebooks, each with the verdict that it gets."""

from pathlib import Path

import nbformat
import psutil

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
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.close(write)
    time.sleep(300)
os.close(write)
assert os.read(read, 1) == b""  # it has left the session, in which a kernel ends its children
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
import os
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve("/bin/sleep", ["sleep", "300"], {})
    os._exit(0)
os.close(write)
assert os.read(read, 1) == b""  # it has become another program
"""
JOB = """
import subprocess
subprocess.run("sleep 300 &", shell=True, check=True)
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
    "background job": (JOB, {}, "leaked", "sleep 300"),
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
