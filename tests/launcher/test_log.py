"""Logs of services: private, bounded, one line a record, and no reason to end."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

import pytest

from energykit.executor.connection import Connection
from energykit.launcher import local_services
from energykit.launcher import log as log_module
from energykit.launcher.log import LogFile, last_lines

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions")


@POSIX
def test_logs_are_for_their_owner_alone(tmp_path):
    with local_services(["dummy"], data_root=tmp_path) as services:
        assert stat.S_IMODE((tmp_path / "logs").stat().st_mode) == 0o700
        assert stat.S_IMODE(services.logs["dummy"].stat().st_mode) == 0o600


def test_a_log_that_grows_begins_anew_and_keeps_three_earlier_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(log_module, "_LARGEST_BYTES", 1_000)
    log = LogFile(tmp_path / "a.log")
    for number in range(100):
        log.write(f"{number:090d}")
    log.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a.log", "a.log.1", "a.log.2", "a.log.3"]
    assert all(path.stat().st_size <= 1_000 for path in tmp_path.iterdir())
    assert last_lines(tmp_path / "a.log", 1) == [f"{99:090d}"]


def test_what_a_service_says_cannot_be_taken_for_a_record(tmp_path):
    log = LogFile(tmp_path / "a.log")
    log.write("\x1b[2J\rFAKE 2026 - INFO - ok")
    log.close()
    assert (tmp_path / "a.log").read_text() == "\\x1b[2J\\rFAKE 2026 - INFO - ok\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_ends_no_service(tmp_path):
    (tmp_path / "logs").mkdir()
    full = LogFile(Path("/dev/full"))
    full.write("lost")
    assert full.problem == "No space left on device"
    full.close()


@POSIX
@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk can only be mounted by root")
def test_services_start_on_a_full_disk_without_a_log(tmp_path, small_disk):
    fill(small_disk)
    with local_services(["dummy"], data_root=small_disk, start_budget_s=30) as services:
        connection = Connection((services.addresses["dummy"],))
        connection.wait_until_serving(5, lambda *_: None)
        connection.close()
        assert services.status() == {"dummy": "serving"}
        problem = services.processes["dummy"].failure("test").hint
    assert "No space left on device" in problem


def test_a_log_folder_that_cannot_be_made_is_named_and_services_start(
    tmp_path, caplog, monkeypatch
):
    real = Path.mkdir

    def refuse(self, *arguments, **options):
        if self.name == "logs":
            raise OSError(28, "No space left on device")
        return real(self, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", refuse)
    with local_services(["dummy"], data_root=tmp_path) as services:
        assert services.status() == {"dummy": "serving"}
    assert any("logs cannot be kept: No space left" in text for text in caplog.messages)


def fill(folder):
    """Write until there is no room."""
    with contextlib.suppress(OSError), (folder / "fill").open("wb", 0) as file:
        while True:
            file.write(bytes(4096))
