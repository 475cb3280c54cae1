"""What a killed process left in a temporary folder goes with the next folder of its kind."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from energykit.temporary_folder import TemporaryFolder, process_folder, temporary_folder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a folder is locked on POSIX alone")

HOLDS = """
import signal, sys
from energykit.temporary_folder import TemporaryFolder
folder = TemporaryFolder("probe")
(folder.path / "rows.bin").write_bytes(bytes(1000))
print(folder.path, flush=True)
signal.pause()
"""
USERS = {
    "call": "from energykit.serving.spool import open_spool\n"
    "from energykit.serving.paths import DataRoot\n"
    "context = open_spool(DataRoot(above), None); context.__enter__()",
    "dask": "from energykit.experiments.cluster import local_cluster\n"
    "if __name__ == '__main__': cluster = local_cluster(1)",
    "import": "import polars as pl\nfrom energykit.meters.store import RowStore\n"
    "store = RowStore(most_bytes=0); store.add(pl.DataFrame({'a': [1, 2]}))",
    "inputs": "from energykit.serving.private import private_path\n"
    "context = private_path('in.csv', 0); context.__enter__()",
    "worker": "from energykit.experiments.worker_folder import worker_folder\n"
    "folder = worker_folder('a')",
}
"""By kind: what makes a folder and holds it."""
_STARTED = []
RUN = """
import os, signal, sys
from pathlib import Path
above = Path(sys.argv[1])
{code}
if __name__ == "__main__":
    print("made", flush=True)
    os.read(0, 1)
"""


@pytest.fixture
def above(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def nothing_left():
    """End what a test that failed left running."""
    yield
    for process in _STARTED:
        if process.poll() is None:
            ended(process, is_killed=True)
    _STARTED.clear()


def left_in(above, kind):
    places = {above, Path("/dev/shm")} if kind == "inputs" else {above, above / ".energykit-remote"}
    return {path for place in places for path in place.glob(f"energykit-tmp-{kind}-*")}


def started(code, *arguments):
    words = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    _STARTED.append(process)
    return process, process.stdout.readline().strip()


def ended(process, *, is_killed=False):
    if is_killed:
        process.send_signal(signal.SIGKILL)
    process.communicate("x" if not is_killed else None, timeout=60)
    return process.returncode


def test_a_living_holder_keeps_its_folder_and_a_killed_one_loses_it(above):
    process, path = started(HOLDS)
    try:
        TemporaryFolder("probe").remove()
        assert Path(path, "rows.bin").is_file()
    finally:
        ended(process, is_killed=True)
    assert Path(path).is_dir()
    TemporaryFolder("another").remove()
    assert Path(path).is_dir()  # of another kind
    TemporaryFolder("probe").remove()
    assert list(above.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", USERS)
def test_everything_that_makes_one_removes_what_a_killed_process_left(above, tmp_path, kind):
    if kind == "dask":
        pytest.importorskip("distributed", reason="Dask is not installed")
    script = tmp_path / "script.py"
    script.write_text(RUN.format(code=USERS[kind]), encoding="utf-8")
    run = "import runpy, sys; runpy.run_path(sys.argv[2], run_name='__main__')"
    before = left_in(above, kind)
    process, said = started(run, above, script)
    assert said == "made"
    (mine,) = left_in(above, kind) - before
    assert mine.stat().st_mode & 0o077 == 0
    ended(process, is_killed=True)
    assert mine.is_dir()
    process, said = started(run, above, script)
    assert said == "made"
    assert not mine.exists()
    assert ended(process) == 0
    assert not left_in(above, kind) - before


def test_a_folder_goes_with_its_object_and_with_its_context(above):
    with temporary_folder("probe") as path:
        assert path.stat().st_mode & 0o777 == 0o700
    assert not path.exists()
    folder = TemporaryFolder("probe")
    path = folder.path
    del folder
    assert not path.exists()


def test_a_fork_keeps_the_folder_of_its_parent(above):
    folder = TemporaryFolder("probe")
    code = os.fork()
    if code == 0:
        folder.remove()
        os._exit(0)
    os.waitpid(code, 0)
    assert folder.path.is_dir()
    folder.remove()
    assert not folder.path.exists()


def test_many_at_once_lose_none_of_their_own(above):
    """A folder is swept by others between its making and its lock; then another is made."""
    lost = []

    def make():
        for _ in range(200):
            with temporary_folder("probe") as path:
                (path / "rows.bin").write_bytes(b"1")
                if not (path / "rows.bin").is_file():
                    lost.append(path)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not lost
    assert list(above.iterdir()) == []


def test_a_link_and_a_file_of_that_name_are_left_alone(above, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "rows.bin").touch()
    (above / "energykit-tmp-probe-link").symlink_to(outside)
    (above / "energykit-tmp-probe-file").touch()
    TemporaryFolder("probe").remove()
    assert (outside / "rows.bin").is_file()
    assert (above / "energykit-tmp-probe-file").is_file()


def test_threads_that_ask_at_once_have_a_folder_that_stays(above):
    together = threading.Barrier(8)

    def ask(kind):
        together.wait(10)
        return process_folder(kind)

    with ThreadPoolExecutor(8) as pool:
        for number in range(20):
            kind = f"at-once-{number}"
            found = list(pool.map(ask, [kind] * 8))
            assert all(folder.is_dir() for folder in found)
            assert process_folder(kind) in found
