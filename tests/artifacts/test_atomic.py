"""Files are replaced in one step, keep who may read them, and killed writers leave nothing."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading

import pytest

from energykit.artifacts import replace_file
from energykit.artifacts.atomic import Replacements
from energykit.artifacts.partial import PartialFile
from energykit.errors import ArtifactError

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions and no flock")
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="another group can only be given by root")
WRITES_AND_WAITS = """
import sys
from energykit.artifacts import replace_file
with replace_file(sys.argv[1]) as file:
    file.write(b"half")
    file._stream.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def temporaries(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".tmp"))


@pytest.fixture
def writer(tmp_path):
    """Start processes that write the target until they are ended."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", WRITES_AND_WAITS, str(tmp_path / "a.csv")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout.readline() == b"writing\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=10)


@POSIX
def test_the_next_writer_removes_what_a_killed_one_left(tmp_path, writer):
    for _ in range(2):
        kill(writer())
    assert temporaries(tmp_path) == [".a.csv.0.tmp"]
    with replace_file(tmp_path / "a.csv") as file:
        file.write(b"whole")
    assert temporaries(tmp_path) == []
    assert (tmp_path / "a.csv").read_bytes() == b"whole"


@POSIX
def test_what_two_killed_writers_left_at_the_same_time_is_removed(tmp_path, writer):
    writers = [writer(), writer()]
    assert temporaries(tmp_path) == [".a.csv.0.tmp", ".a.csv.1.tmp"]
    for process in writers:
        kill(process)
    with replace_file(tmp_path / "a.csv") as file:
        file.write(b"whole")
    assert temporaries(tmp_path) == []


@POSIX
def test_a_writer_that_lives_keeps_its_file(tmp_path, writer):
    living = writer()
    with replace_file(tmp_path / "a.csv") as file:
        file.write(b"second")
    assert temporaries(tmp_path) == [".a.csv.0.tmp"]
    living.communicate(timeout=10)
    assert living.returncode == 0
    assert (tmp_path / "a.csv").read_bytes() == b"half"


@POSIX
def test_a_link_under_the_name_of_a_temporary_file_is_not_followed(tmp_path):
    (tmp_path / "other.txt").write_text("mine")
    (tmp_path / ".a.csv.0.tmp").symlink_to(tmp_path / "other.txt")
    with replace_file(tmp_path / "a.csv") as file:
        file.write(b"whole")
    assert (tmp_path / "other.txt").read_text() == "mine"
    assert (tmp_path / "a.csv").read_bytes() == b"whole"


@POSIX
def test_many_writers_at_once_leave_one_whole_file(tmp_path):
    def write(number):
        for _ in range(20):
            with replace_file(tmp_path / "a.csv") as file:
                file.write(b"%d" % number * 1000)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    content = (tmp_path / "a.csv").read_bytes()
    assert len(content) == 1000
    assert len(set(content)) == 1
    assert temporaries(tmp_path) == []


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_a_replaced_file_keeps_its_permissions(tmp_path, mode):
    path = tmp_path / "a.csv"
    path.write_text("old")
    path.chmod(mode)
    with replace_file(path) as file:
        file.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@POSIX
@ROOT
def test_a_replaced_file_keeps_its_group(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    os.chown(path, -1, 65534)
    with replace_file(path) as file:
        file.write(b"new")
    assert path.stat().st_gid == 65534


@POSIX
def test_a_group_that_cannot_be_kept_is_not_replaced_by_another(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("old")
    path.chmod(0o660)

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "chown", refuse)
    monkeypatch.setattr(os, "fstat", _with_another_group(os.fstat))
    with replace_file(path) as file:
        file.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def _with_another_group(fstat):
    def changed(handle):
        values = list(fstat(handle)[:10])
        values[5] += 1  # st_gid
        return os.stat_result(values)

    return changed


def test_files_that_belong_together_are_replaced_together(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("old")
    with Replacements() as together:
        for path in (first, second):
            with replace_file(path, together=together) as file:
                file.write(b"new")
        assert first.read_text() == "old"
        assert not second.exists()
    assert first.read_text() == second.read_text() == "new"


def test_a_check_that_raises_leaves_all_targets_as_they_were(tmp_path):
    def late():
        raise TimeoutError

    path = tmp_path / "a"
    path.write_text("old")
    with (
        pytest.raises(TimeoutError),
        Replacements(late) as together,
        replace_file(path, together=together) as file,
    ):
        file.write(b"new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_file_that_fails_leaves_those_before_it_as_they_were(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(ArtifactError, match="is a directory"):
        replace_both(path, tmp_path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def replace_both(*paths):
    with Replacements() as together:
        for path in paths:
            with replace_file(path, together=together) as file:
                file.write(b"new")


def test_a_directory_is_not_replaced(tmp_path):
    with pytest.raises(ArtifactError, match="is a directory, not a file"), replace_file(tmp_path):
        pass


@POSIX
@pytest.mark.parametrize("write", [replace_file, lambda path: PartialFile(path, "0" * 64)])
def test_a_pipe_or_a_device_is_not_replaced(tmp_path, write):
    os.mkfifo(tmp_path / "pipe")
    refused = pytest.raises(ArtifactError, match="is a device, a pipe or a socket, not a file")
    with refused, write(tmp_path / "pipe"):
        pass
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@POSIX
def test_a_link_to_a_device_is_replaced_and_the_device_stays(tmp_path):
    (tmp_path / "a.csv").symlink_to(os.devnull)
    with replace_file(tmp_path / "a.csv") as file:
        file.write(b"whole")
    assert (tmp_path / "a.csv").read_bytes() == b"whole"
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
