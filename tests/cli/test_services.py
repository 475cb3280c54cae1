"""``energykit up`` and ``energykit status``, on ports that were free a moment ago."""

import json
import signal
import socket
import sys
import time

import psutil
import pytest

SHIPPED_PORTS = (50051, 50052, 50053)


@pytest.fixture
def config(tmp_path, valid):
    """Write the shipped configuration with other ports; return its name."""

    def write(ports):
        text = valid
        for old, new in zip(SHIPPED_PORTS, ports, strict=True):
            text = text.replace(f":{old}", f":{new}")
        (tmp_path / "p.json").write_text(text, encoding="utf-8")
        return "p.json"

    return write


@pytest.mark.skipif(sys.platform == "win32", reason="no signal reaches another process alone")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_services_are_up_until_a_signal(
    number, config, free_ports, energykit, under_way, left_over, tmp_path
):
    name = config(free_ports)
    with under_way("up", name, "--data-root", tmp_path / "root") as process:
        lines = [process.stdout.readline() for _ in free_ports]
        for port, line in zip(free_ports, lines, strict=True):
            assert f"serving at 127.0.0.1:{port}" in line
        assert energykit("status", name).returncode == 0
        done = energykit("run", name, "--data-root", tmp_path / "root")
        assert done.returncode == 0, done.stdout
        process.send_signal(number)
        out, err = process.communicate()
    assert process.returncode == 0
    assert (out, err.splitlines()) == ("", ["Ctrl-C stops them", "stopping"])
    assert not left_over()
    assert energykit("status", name).returncode == 3


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
def test_a_service_that_ends_is_named_and_the_others_are_stopped(
    config, free_ports, under_way, left_over, tmp_path
):
    with under_way("up", config(free_ports), "--data-root", tmp_path / "root") as process:
        assert process.stdout.readline()
        children = psutil.Process(process.pid).children()
        victim = next(one for one in children if "services.energy_analyzer" in one.cmdline())
        victim.kill()
        _, err = process.communicate()
    assert process.returncode == 3
    assert "energy-analyzer (python -m services.energy_analyzer)" in err
    assert "Traceback" not in err
    assert not left_over()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
def test_a_service_that_ends_is_started_again_as_often_as_allowed(
    config, free_ports, energykit, under_way, left_over, tmp_path
):
    name = config(free_ports)
    options = ("--data-root", tmp_path / "root", "--restart", "1")
    with under_way("up", name, *options) as process:
        assert process.stdout.readline()
        for number in (1, 2):
            _kill_the_analyzer(process.pid)
            if number == 1:
                assert _await_serving(energykit, name)
        _, err = process.communicate()
    assert process.returncode == 3
    warning = next(line for line in err.splitlines() if "it is started again" in line)
    assert "energy-analyzer" in warning
    assert "SIGKILL" in warning
    assert not left_over()


def _kill_the_analyzer(parent):
    children = psutil.Process(parent).children()
    victim = next(child for child in children if "services.energy_analyzer" in child.cmdline())
    victim.kill()
    psutil.wait_procs([victim], timeout=10)


def _await_serving(energykit, name):
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if energykit("status", name).returncode == 0:
            return True
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
def test_services_for_any_user_are_started_with_that_option(
    config, free_ports, under_way, tmp_path
):
    options = ("--data-root", tmp_path / "root", "--any-user")
    with under_way("up", config(free_ports), *options) as process:
        assert process.stdout.readline()
        children = psutil.Process(process.pid).children()
        assert {"--any-user" in child.cmdline() for child in children} == {True}
        process.terminate()
        process.communicate()


def test_restarts_are_counted_in_whole_numbers(config, free_ports, energykit):
    done = energykit("up", config(free_ports), "--restart", "often")
    assert done.returncode == 2
    assert "'often' is not a whole number from 0 on" in done.stderr


def test_a_taken_port_is_named_and_nothing_is_left(
    config, free_ports, energykit, left_over, tmp_path
):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        done = energykit(
            "up", config([free_ports[0], taken, free_ports[2]]), "--data-root", tmp_path / "root"
        )
    assert (done.returncode, done.stdout) == (3, "")
    assert f"127.0.0.1:{taken}" in done.stderr
    assert "in use" in done.stderr
    assert not left_over()


@pytest.mark.parametrize(
    "address", ['"[::1]:50052"', '"example.org:50052"', '["127.0.0.1:50052", "127.0.0.1:50062"]']
)
def test_what_cannot_be_started_here_exits_2_and_writes_nothing(
    address, valid, energykit, tmp_path
):
    (tmp_path / "p.json").write_text(valid.replace('"127.0.0.1:50052"', address), encoding="utf-8")
    done = energykit("up", "p.json")
    assert done.returncode == 2
    assert "'energy-analyzer' is at" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["p.json"]


def test_status_for_machines(config, free_ports, energykit):
    done = energykit("status", config(free_ports), "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["energy-analyzer"] == {
        "address": f"127.0.0.1:{free_ports[1]}",
        "status": "unreachable",
        "message": "nothing listens there",
    }
