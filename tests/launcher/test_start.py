"""Starting local services: side by side, ready on return, nothing left of a failed start."""

from __future__ import annotations

import time

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.errors import ServiceStartError, UsageError
from energykit.launcher import Child, local_services

TWO = {"dummy-2": "services.dummy"}


def test_services_serve_when_the_block_begins_and_are_gone_after_it(tmp_path, is_gone):
    with local_services(["dummy", "dummy-2"], data_root=tmp_path, modules=TWO) as services:
        pids = [child.pid for child in services.processes.values()]
        assert sorted(services.addresses) == ["dummy", "dummy-2"]
        assert len(set(services.addresses.values())) == 2
        assert services.status() == {"dummy": "serving", "dummy-2": "serving"}
        for address in services.addresses.values():
            with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
                health = health_pb2_grpc.HealthStub(channel).Check(
                    health_pb2.HealthCheckRequest(), timeout=5
                )
                assert health.status == health_pb2.HealthCheckResponse.SERVING
                request = pb.ExecuteRequest(output_file="/data/out.csv")
                assert stubs.ContainerExecutorStub(channel).Execute(request, timeout=10).success
    assert (tmp_path / "out.csv").is_file()
    assert all(is_gone(pid) for pid in pids)
    assert not services.processes
    assert services.status() == {"dummy": "stopped", "dummy-2": "stopped"}


def test_a_second_block_gets_other_ports(tmp_path):
    with (
        local_services(["dummy"], data_root=tmp_path) as one,
        local_services(["dummy"], data_root=tmp_path) as other,
    ):
        assert one.addresses["dummy"] != other.addresses["dummy"]
        assert one.status() == other.status() == {"dummy": "serving"}


def test_starting_again_replaces_what_an_earlier_start_left(tmp_path, is_gone):
    earlier = local_services(["dummy"], data_root=tmp_path).start()
    pid = earlier.processes["dummy"].pid
    later = local_services(["dummy"], data_root=tmp_path).start()
    try:
        assert is_gone(pid)
        assert later.status() == {"dummy": "serving"}
        assert earlier.status() == {"dummy": "stopped"}
        assert later.start() is later
    finally:
        later.stop()
    assert later.status() == {"dummy": "stopped"}


def test_dropping_what_was_started_stops_it(tmp_path, is_gone, comes_true):
    services = local_services(["dummy"], data_root=tmp_path).start()
    pid = services.processes["dummy"].pid
    del services
    assert comes_true(lambda: is_gone(pid))


def test_a_port_can_be_chosen(tmp_path):
    with local_services(["dummy"], data_root=tmp_path) as first:
        address = first.addresses["dummy"]
    port = int(address.rpartition(":")[2])
    with local_services(["dummy"], data_root=tmp_path, ports={"dummy": port}) as services:
        assert services.addresses["dummy"] == address
        with (
            pytest.raises(ServiceStartError, match=f"{port}"),
            local_services(["dummy"], data_root=tmp_path / "other", ports={"dummy": port}),
        ):
            pytest.fail("two servers on one port")


def test_an_unknown_service_suggests_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'energy-analyzer'"):
        local_services(["energy-analyser"])
    with pytest.raises(UsageError, match=r"modules=\{'mine': 'package.module'\}"):
        local_services(["mine"])
    with pytest.raises(UsageError, match="did you mean 'dummy'"):
        local_services(["dummy"], ports={"dumy": 1})


@pytest.mark.parametrize("name", ["a/b", "../a", "..", "", "a\\b"])
def test_an_id_that_cannot_name_a_log_is_refused(name):
    with pytest.raises(UsageError, match="cannot name a file"):
        local_services([name], modules={name: "services.dummy"})


@pytest.mark.parametrize("where", ["file", "file/below", "root-with-logs"])
def test_a_data_root_that_is_a_file_is_named(tmp_path, where):
    (tmp_path / "file").write_text("")
    (tmp_path / "root-with-logs").mkdir()
    (tmp_path / "root-with-logs" / "logs").write_text("")
    services = local_services(["dummy"], data_root=tmp_path / where)
    with pytest.raises(UsageError, match="a file lies where the data root") as caught, services:
        pass
    assert (caught.value.where, caught.value.hint) == (
        str(tmp_path / where),
        "name a folder with data_root=",
    )
    assert not services.processes


def test_a_start_that_fails_shows_the_last_lines_and_stops_the_others(
    tmp_path, parts, is_gone, monkeypatch
):
    started = []
    remember = Child.__init__

    def init(self, *args, **kwargs):
        remember(self, *args, **kwargs)
        started.append(self.pid)

    monkeypatch.setattr(Child, "__init__", init)
    services = local_services(
        ["dummy", "broken"], data_root=tmp_path, modules={"broken": "fails_at_once"}
    )
    with pytest.raises(ServiceStartError, match="the meter is on fire") as caught:
        services.start()
    assert caught.value.what == "the service ended with exit code 7"
    assert caught.value.where == "broken (python -m fails_at_once)"
    assert str(tmp_path / "logs" / "broken.log") in caught.value.hint
    assert caught.value.exit_code == 3
    assert len(started) == 2
    assert all(is_gone(pid) for pid in started)
    assert not services.processes


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("no_such_module", "No module named no_such_module"),
        ("dies_early", "ended with exit code 5"),
        ("says_nothing", "was not ready in time"),
        ("is_no_service", "printed its address, but is not ready: nothing listens there"),
    ],
)
def test_a_start_that_comes_to_nothing_ends_within_its_budget(tmp_path, parts, module, said):
    start = time.monotonic()
    services = local_services(["x"], data_root=tmp_path, modules={"x": module}, start_budget_s=2)
    with pytest.raises(ServiceStartError, match=said):
        services.start()
    assert time.monotonic() - start < 5


def test_what_a_service_prints_is_in_its_log(tmp_path):
    with local_services(["dummy"], data_root=tmp_path) as services:
        assert "READY 127.0.0.1:" in services.tail("dummy")
        assert services.logs["dummy"] == tmp_path / "logs" / "dummy.log"
        assert services.tail("dummy", 1).count("\n") == 0
        with pytest.raises(UsageError, match="did you mean 'dummy'"):
            services.tail("dumy")
    with local_services(["dummy"], data_root=tmp_path) as services:
        assert services.tail("dummy", 1000).count("READY") == 2


def test_lights_have_an_icon_and_a_word(tmp_path):
    with local_services(["dummy"], data_root=tmp_path) as services:
        assert repr(services) == f"● dummy: serving at {services.addresses['dummy']}"
        shown = services._repr_html_()
        assert "●</span> serving" in shown
        assert services.addresses["dummy"] in shown
        assert str(tmp_path / "logs" / "dummy.log") in shown
    assert repr(services) == "■ dummy: stopped"
    assert "■</span> stopped" in services._repr_html_()


def test_a_proxy_in_the_environment_does_not_matter(tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "grpc_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with local_services(["dummy"], data_root=tmp_path) as services:
        assert services.status() == {"dummy": "serving"}
