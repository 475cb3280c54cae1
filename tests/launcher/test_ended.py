"""Services that have ended: named with their end and their log, started again where asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import grpc
import pytest

from energykit.errors import ServiceUnreachableError, UsageError
from energykit.executor.connection import Connection
from energykit.launcher import local_services

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")


def kill(child, comes_true):
    os.kill(child.pid, signal.SIGKILL)
    assert comes_true(lambda: not child.is_running)


def test_a_dead_service_is_named_with_its_end_and_its_log(tmp_path, comes_true):
    with local_services(["dummy"], data_root=tmp_path) as services:
        kill(services.processes["dummy"], comes_true)
        connection = Connection((services.addresses["dummy"],))
        with pytest.raises(ServiceUnreachableError) as caught:
            connection.wait_until_serving(20, lambda *_: pytest.fail("it waits for the dead"))
        connection.close()
    assert caught.value.what == "the service that was started there was ended by SIGKILL"
    assert "services.start()" in caught.value.hint
    assert f"the log {tmp_path / 'logs' / 'dummy.log'} ends with:" in caught.value.hint


def test_a_service_that_ends_is_started_again_at_its_address(tmp_path, comes_true):
    with local_services(["dummy"], data_root=tmp_path, restart=1) as services:
        address, first = services.addresses["dummy"], services.processes["dummy"]
        kill(first, comes_true)
        assert comes_true(lambda: services.processes["dummy"] is not first, 30)
        assert services.addresses["dummy"] == address
        with grpc.insecure_channel(address) as channel:
            call = channel.unary_unary("/ContainerExecutor/Execute")
            assert call(b"\x12\x05a.csv", timeout=10, wait_for_ready=True)
        second = services.processes["dummy"]
        kill(second, comes_true)
        assert not comes_true(lambda: services.processes["dummy"] is not second, 1)
        assert services.status() == {"dummy": "stopped"}
    assert not second.is_running


def test_services_that_were_stopped_say_so_and_are_not_looked_for_elsewhere(tmp_path):
    services = local_services(["dummy"], data_root=tmp_path)
    with pytest.raises(UsageError, match="these services are not started") as caught:
        services.addresses
    assert "services.start()" in caught.value.hint
    services.start()
    assert services.addresses
    services.stop()
    with pytest.raises(UsageError, match="these services were stopped"):
        services.addresses
    assert "stopped" in repr(services)
    services.start()
    assert services.addresses
    services.stop()


def test_a_run_with_stopped_services_is_refused(tmp_path):
    import energykit as ek

    config = tmp_path / "c.json"
    config.write_text(
        '{"workflow_name": "w", "start_node": "dummy", "execution_mode": "sequential",'
        ' "service_registry": {"dummy": "127.0.0.1:50099"}, "containers": {"dummy":'
        ' {"id": "dummy", "input_file": "", "output_file": "/data/a.csv", "next_node": null,'
        ' "timeout_seconds": 5}}}'
    )
    with local_services(["dummy"], data_root=tmp_path) as services:
        pass
    with pytest.raises(UsageError, match="these services were stopped"):
        ek.run(config, services)


IPV6_ONLY = """
import sys
from energykit.executor.connection import Connection
from energykit.launcher import local_services
from energykit.errors import ServiceStartError
from energykit.serving.ports import check_free
with local_services(["dummy"], data_root=sys.argv[1]) as services:
    print(services.addresses["dummy"], services.status()["dummy"])
try:
    check_free("127.0.0.1", 50051)
except ServiceStartError as exc:
    print(exc)
"""


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="a network without IPv4 needs root"
)
def test_a_host_without_ipv4_is_served_over_ipv6(tmp_path):
    (tmp_path / "script.py").write_text(IPV6_ONLY)
    commands = f"ip link set lo up && ip addr del 127.0.0.1/8 dev lo && exec {sys.executable} "
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", commands + f"{tmp_path}/script.py {tmp_path}/data"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    if "unshare" in done.stderr or "ip:" in done.stderr:
        pytest.skip(f"no network of its own here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("[::1]:")
    assert lines[0].endswith(" serving")
    assert lines[1] == "127.0.0.1:50051: there is no such address here"
    assert "--host ::1" in lines[2]
