"""The record of a run: bounded, private, free of control characters, and kept where it can be."""

from __future__ import annotations

import errno
import getpass
import logging
import os
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.config import load_config
from energykit.errors import ArtifactError, EnergykitError, RunLockedError
from energykit.executor import run
from energykit.executor.lock import OutputLocks
from energykit.results import load_run

EVIL = "\x1b[2J\x1b]0;owned\x07 ok\r\nFAKE 2026 - INFO - ok\u202e"


def test_a_huge_message_makes_a_small_record(port, chain, tmp_path):
    error = pb.StageError(code="INTERNAL", where="w" * 1_000_000, hint="h" * 1_000_000)
    port.answering.usual = pb.ExecuteResponse(success=False, message="m" * 1_500_000, error=error)
    result = run(chain(port.address), data_root=tmp_path)
    size = (result.folder / "run.json").stat().st_size
    assert size < 200_000
    assert "more characters)" in result["stage-1"].error.message
    assert (tmp_path / "logs/orchestrator.jsonl").stat().st_size < 50_000
    assert load_run(result.folder) == result
    kept = pb.ExecuteResponse.FromString(result["stage-1"].response_bytes)
    assert kept.message.startswith("mmm")


def test_lists_of_any_length_make_a_small_record(port, chain, tmp_path):
    skipped = [pb.SkippedRows(reason=f"reason {n}", rows=1) for n in range(60_000)]
    metrics = pb.StageMetrics(rows_skipped=60_000, skipped=skipped)
    port.answering.usual = pb.ExecuteResponse(success=True, metrics=metrics)
    result = run(chain(port.address), data_root=tmp_path)
    assert len(result["stage-1"].metrics.skipped) == 1000
    assert (result.folder / "run.json").stat().st_size < 300_000


def test_control_characters_reach_neither_terminal_nor_log(port, chain, tmp_path):
    for answer in (
        pb.ExecuteResponse(success=True, message=EVIL),
        pb.ExecuteResponse(success=False, message=EVIL, error=pb.StageError(hint=EVIL)),
    ):
        port.answering.usual = answer
        result = run(chain(port.address), data_root=tmp_path)
        for text in (repr(result), result["stage-1"].message, str(result["stage-1"].error)):
            assert "\x1b" not in text
            assert "\r" not in text
            assert "\u202e" not in text
    log = (tmp_path / "logs/orchestrator.log").read_bytes().decode()
    assert "\x1b" not in log
    assert "\r" not in log
    assert not [line for line in log.splitlines() if line.startswith("FAKE")]
    assert r"\x1b[2J" in log


def test_a_record_of_nested_brackets_is_refused_by_name(tmp_path):
    (tmp_path / "run.json").write_text("[" * 100_000)
    with pytest.raises(ArtifactError, match="this is not a record of a run"):
        load_run(tmp_path)


def test_a_file_that_is_too_large_for_a_record_is_not_read(tmp_path):
    with (tmp_path / "run.json").open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(ArtifactError, match="1,073,741,824 bytes, and records have at most"):
        load_run(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes")
def test_records_and_logs_are_for_their_owner(port, chain, tmp_path):
    result = run(chain(port.address), data_root=tmp_path / "new")
    for folder in ("runs", "logs", f"runs/{result.run_id}"):
        assert stat.S_IMODE((tmp_path / "new" / folder).stat().st_mode) == 0o700


def test_who_ran_it_where_and_from_which_commit(port, chain, tmp_path):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@example.org"]
    file = tmp_path / "plan.json"
    node = '{"id": "a", "output_file": "/data/a.csv", "next_node": null, "timeout_seconds": 9}'
    file.write_text(
        '{"workflow_name": "w", "start_node": "a", "execution_mode": "sequential",'
        f'"service_registry": {{"a": "{port.address}"}}, "containers": {{"a": {node}}}}}'
    )
    for arguments in (["init", "-q"], ["add", "plan.json"], ["commit", "-qm", "a plan"]):
        subprocess.run([*git, *arguments], check=True, timeout=30)
    head = subprocess.run(
        [*git, "rev-parse", "HEAD"], check=True, timeout=30, capture_output=True, text=True
    ).stdout.strip()
    result = run(load_config(file), data_root=tmp_path / "data")
    assert result.provenance["git_commit"] == head
    assert result.provenance["user"] == getpass.getuser()
    assert result.provenance["host"] == socket.gethostname()
    assert result.provenance["pid"] == os.getpid()
    assert {"python", "grpcio", "protobuf", "polars"} <= result.versions.keys()
    assert load_run(result.folder) == result


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full stands for a full disk")
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /dev/full")
def test_a_log_that_cannot_be_written_ends_no_run(port, chain, tmp_path, caplog):
    (tmp_path / "logs").mkdir()
    try:
        full = stat.S_IFCHR | 0o600, os.stat("/dev/full").st_rdev
        os.mknod(tmp_path / "logs" / "orchestrator.log", *full)
    except PermissionError as exc:
        pytest.skip(f"only root makes a device: {exc}")
    assert run(chain(port.address), data_root=tmp_path).ok
    assert "No space left on device; the run goes on without it" in caplog.text


FULL = """
import sys, resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from energykit.config import load_config
from energykit.executor import run
resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
run(load_config(sys.argv[1]), data_root=sys.argv[2], run_id="full")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for a file's size")
def test_a_record_that_cannot_be_written_is_named(port, tmp_path):
    node = '{"id": "a", "output_file": "/data/a.csv", "next_node": null, "timeout_seconds": 9}'
    (tmp_path / "plan.json").write_text(
        '{"workflow_name": "w", "start_node": "a", "execution_mode": "sequential",'
        f'"service_registry": {{"a": "{port.address}"}}, "containers": {{"a": {node}}}}}'
    )
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "plan.json"), str(tmp_path / "d")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    folder = tmp_path / "d" / "runs" / "full"
    assert f"{folder}: cannot keep a record: File too large" in done.stderr
    assert [path.name for path in folder.iterdir()] == []  # no half-written file stays
    assert not (tmp_path / "d" / "runs" / ".locks").exists()


def test_the_reasons_of_a_full_disk_are_said(tmp_path):
    from energykit.executor.record import recordable

    with pytest.raises(EnergykitError, match="the disk is full") as caught, recordable(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(tmp_path) in str(caught.value)
    assert "make room" in caught.value.hint


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="a small disk can only be mounted by root"
)
def test_a_run_on_a_full_disk_names_its_folder_and_leaves_nothing(port, chain, small_disk):
    with suppress(OSError), (small_disk / "fill").open("wb", 0) as file:
        while True:
            file.write(bytes(4096))
    with pytest.raises(EnergykitError, match="cannot keep a record: the disk is full") as caught:
        run(chain(port.address), data_root=small_disk)
    assert str(small_disk) in caught.value.where
    assert "make room" in caught.value.hint
    assert port.answering.requests == []
    assert [path for path in small_disk.rglob("*") if path.is_file()] == [small_disk / "fill"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
def test_a_file_system_without_locks_is_said_and_the_run_goes_on(
    port, chain, tmp_path, monkeypatch, caplog
):
    import fcntl

    def refuse(*_arguments):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with caplog.at_level(logging.WARNING):
        assert run(chain(port.address), data_root=tmp_path).ok
    assert "has no locks (No locks available)" in caplog.text
    assert "ENERGYKIT_LOCKS" in caplog.text


def test_locks_can_be_kept_in_a_folder_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("ENERGYKIT_LOCKS", str(tmp_path / "locks"))
    first = OutputLocks(tmp_path / "root", ["/data/a.csv"], "r1")
    first.acquire()
    assert [path.suffix for path in (tmp_path / "locks").iterdir()] == [".lock"]
    with pytest.raises(RunLockedError, match="run r1"):
        OutputLocks(tmp_path / "root", ["a.csv"], "r2").acquire()
    elsewhere = OutputLocks(tmp_path / "other", ["/data/a.csv"], "r3")
    elsewhere.acquire()  # the same name on another data root is another output
    elsewhere.release()
    first.release()
    assert not (tmp_path / "root").exists()
