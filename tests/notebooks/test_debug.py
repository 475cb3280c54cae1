"""Looking at a notebook where it stopped, with a person and without."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

PARAMETERS = ("parameters", "count = 3", ["parameters"])
SHARE = ("define", "import math\ndef share(a, b):\n    part = a * 2\n    return part / b", [])
CALL = ("call", "rows = [1, 2, 3]\nzero = count - 3\nshare(len(rows), zero)", [])
SLEEPER = """import subprocess, sys
code = "import time; time.sleep(300)"
subprocess.Popen([sys.executable, "-c", code], start_new_session=True).pid"""
LEAK = ("leak", SLEEPER, [])


def write(folder: Path, *cells: tuple[str, str, list[str]]) -> Path:
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    notebook.cells = [
        nbformat.v4.new_code_cell(text, id=name, metadata={"tags": tags})
        for name, text, tags in cells
    ]
    folder.mkdir(exist_ok=True)
    nbformat.write(notebook, folder / "one.ipynb")
    return folder / "one.ipynb"


def command(path: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "energykit", "notebooks", "debug", str(path), *arguments]


def environment(folder: Path) -> dict[str, str]:
    """An environment whose temporary folder is looked at afterwards."""
    (folder / "temporary").mkdir(exist_ok=True)
    return {**os.environ, "TMPDIR": str(folder / "temporary")}


def debugged(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    folder = path.parents[1]
    found = subprocess.run(
        command(path, *arguments),
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert_nothing_left(folder)
    return found


def assert_nothing_left(folder: Path) -> None:
    assert not list((folder / "temporary").glob("energykit-debug-*"))
    assert [process.pid for process in psutil.process_iter() if is_below(process, folder)] == []


def is_below(process: psutil.Process, folder: Path) -> bool:
    try:
        ours = process.environ().get("TMPDIR", "").startswith(str(folder))
        return ours and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere a daemon without a mark is not found"
)
def test_a_daemon_without_a_mark_is_ended(tmp_path):
    command = ["setsid", "-f", "env", "-i", "sleep", "300"]
    daemon = f"import subprocess\nsubprocess.run({command}, check=True)"
    found = debugged(write(tmp_path / "notebooks", ("daemon", daemon, [])))
    assert found.returncode == 5, found.stdout + found.stderr
    assert re.fullmatch(r"leaked: .*: left running: \d+ sleep 300\n", found.stdout)
    assert "TCP" not in found.stderr


def test_without_a_terminal_it_shows_the_place_and_its_variables(tmp_path):
    path = write(tmp_path / "notebooks", PARAMETERS, SHARE, LEAK, CALL)
    found = debugged(path)
    assert found.returncode == 1
    assert found.stdout.startswith(
        "cell 4 (call), line 3: failed\n    share(len(rows), zero)\n"
        "ZeroDivisionError: division by zero\n"
    )
    assert "----> 4     return part / b" in found.stdout
    assert re.search(
        r"variables of share\(\), line 4:\n  a +3  \(int\)\n  b +0  \(int\)\n  part +6  \(int\)\n$",
        found.stdout,
    )


def test_in_a_cell_the_variables_are_those_that_it_names(tmp_path):
    other = ("other", "unrelated = 7\nrows = [1]", [])
    found = debugged(write(tmp_path / "notebooks", other, ("bad", "key = 'x'\nrows[key]", [])))
    assert found.stdout.endswith(
        "variables of the notebook:\n  key   'x'  (str)\n  rows  [1]  (list)\n"
    )


def test_a_notebook_that_passes_says_so(tmp_path):
    path = write(tmp_path / "notebooks", PARAMETERS, SHARE, CALL)
    found = debugged(path, "-p", "count", "5")
    assert (found.returncode, found.stdout) == (0, f"passed: {path}\n")


def test_a_cell_that_hangs_is_shown_where_it_hangs(tmp_path):
    loop = ("loop", "import time\nrows = 3\nwhile True:\n    time.sleep(0.1)", [])
    found = debugged(write(tmp_path / "notebooks", loop), "--cell-timeout", "2")
    assert found.returncode == 3
    assert found.stdout.startswith("cell 1 (loop), line 4: timed-out\ntook longer than 2 s\n")
    assert found.stdout.endswith("  rows  3  (int)\n")


def test_a_dead_kernel_is_said_to_be_dead(tmp_path):
    found = debugged(
        write(tmp_path / "notebooks", ("die", "import os\nos.kill(os.getpid(), 9)", []))
    )
    assert found.returncode == 4
    assert found.stdout.startswith("cell 1 (die)")
    assert "The kernel does not answer any more" in found.stderr


def test_a_wrong_parameter_is_refused(tmp_path):
    found = debugged(write(tmp_path / "notebooks", PARAMETERS), "-p", "cuont", "5")
    assert found.returncode == 2
    assert "did you mean 'count'?" in found.stderr


def read_until(terminal: int, wanted: str, within_s: float = 40) -> str:
    import select

    told, end = "", time.monotonic() + within_s
    while wanted not in told:
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        assert ready, f"{wanted!r} did not come: {told!r}"
        try:
            told += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # the other end is closed
            assert wanted in told, told
    return told


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_a_prompt_talks_to_the_kernel_that_stopped(tmp_path):
    import pty

    path = write(tmp_path / "notebooks", PARAMETERS, SHARE, LEAK, CALL)
    ours, theirs = pty.openpty()
    # A console of another package would take the place of the prompt that is tested here.
    env = environment(tmp_path) | {"TERM": "dumb", "ENERGYKIT_PLAIN_PROMPT": "1"}
    process = subprocess.Popen(
        command(path), cwd=tmp_path, env=env, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    try:
        told = read_until(ours, ">>> ")
        assert "cell 4 (call), line 3: failed" in told
        os.write(ours, b"zero + 40\n")
        assert "40\r\n" in read_until(ours, ">>> ").partition("zero + 40")[2]
        os.write(ours, b"for row in rows:\n")
        read_until(ours, "... ")
        os.write(ours, b"    print('row', row)\n")
        read_until(ours, "... ")
        os.write(ours, b"\n")
        assert "row 3" in read_until(ours, ">>> ")
        os.write(ours, b"1 / zero\n")
        assert "ZeroDivisionError" in read_until(ours, ">>> ")
        os.write(ours, b"exit\n")
        assert process.wait(30) == 1
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert_nothing_left(tmp_path)
