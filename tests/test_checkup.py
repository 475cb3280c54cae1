import os
import socket
import subprocess
import sys
from importlib import import_module

import pytest

from energykit import checkup as module
from energykit.checkup import Check, Checkup, doctor, survivors


def finding(checkup: Checkup, name: str) -> Check:
    return next(check for check in checkup.checks if check.name == name)


def test_this_machine_is_ready(tmp_path):
    checkup = doctor(tmp_path)
    assert checkup.ok
    assert checkup.verdict == "Ready."
    assert finding(checkup, "packages").text.startswith("grpcio ")


def test_a_taken_port_is_a_note_that_stops_nothing(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(module, "PORTS", (port,))
        check = finding(doctor(), "ports")
    assert (check.verdict, check.text) == ("note", f"in use: {port}")


def test_a_missing_package_is_trouble_with_the_pip_line(monkeypatch):
    monkeypatch.setattr(module, "NOTEBOOK", ("no-such-package-at-all",))
    checkup = doctor()
    assert not checkup.ok
    assert checkup.verdict == "Not ready: packages."
    assert finding(checkup, "packages").hint == 'pip install "energykit-course[notebooks]"'


def test_a_full_disk_is_trouble(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "DISK_LOW_BYTES", 1 << 80)
    assert finding(doctor(tmp_path), "disk").verdict == "trouble"


def test_a_running_child_survives_until_it_ends():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert any(line.startswith(f"{child.pid} ") for line in survivors().processes)
    finally:
        child.communicate(b"\n", timeout=20)
    assert not any(line.startswith(f"{child.pid} ") for line in survivors().processes)


def test_the_verdict_is_shown_in_words():
    assert doctor()._repr_html_().startswith("<div")
    assert "Ready." in repr(doctor())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such helpers")
@pytest.mark.parametrize("name", ["resource_tracker", "forkserver"])
def test_the_helpers_of_multiprocessing_are_not_survivors(name):
    import_module(f"multiprocessing.{name}").ensure_running()
    assert not any(name in line for line in survivors().processes)


def test_the_helper_of_joblibs_pools_is_no_survivor():
    tracker = pytest.importorskip("joblib.externals.loky.backend.resource_tracker")
    tracker.ensure_running()
    assert not any("resource_tracker" in line for line in survivors().processes)
