"""Serving in this process, as in a notebook cell: ports, hosts, replacement."""

from __future__ import annotations

import gc
import socket
import weakref

import grpc
import polars as pl
import pytest

from energykit.errors import ServiceStartError, UsageError
from energykit.serving import serve, stage
from energykit.serving.ports import address_of, is_loopback
from energykit.serving.probe import health_of


@stage("copy")
def copy(readings: pl.LazyFrame) -> pl.LazyFrame:
    return readings


@stage("other")
def other(readings: pl.LazyFrame) -> pl.LazyFrame:
    return readings


def test_the_facade_makes_and_serves_a_stage(data_root, connect):
    import energykit as ek

    @ek.stage("peak-shaver")
    def shave(readings: pl.LazyFrame, *, limit_w: float = 3000.0) -> pl.LazyFrame:
        return readings.with_columns(pl.col("power_consumption").clip(upper_bound=limit_w))

    with ek.serve(shave, data_root=data_root, block=False) as server:
        assert repr(server) == f"<serving 'peak-shaver' at {server.address}>"
        assert health_of(server.address) == "SERVING"
        assert connect(server.address).execute(limit_w=125.0).success
    assert repr(server).startswith("<stopped")
    assert pl.read_csv(data_root / "out.csv")["power_consumption"].max() == 125.0


def test_a_stopped_server_does_not_answer(data_root):
    server = serve(copy, data_root=data_root, block=False)
    server.stop()
    server.stop()  # harmless
    assert health_of(server.address).startswith("UNAVAILABLE")


def test_a_plain_function_is_no_stage():
    with pytest.raises(UsageError, match="is not a stage"):
        serve(lambda readings: readings)


def test_two_servers_on_one_port_are_an_error_that_says_so(data_root):
    with serve(copy, data_root=data_root, block=False) as first:
        port = int(first.address.rpartition(":")[2])
        with pytest.raises(ServiceStartError, match="in use") as caught:
            serve(other, port=port, data_root=data_root, block=False)
        assert caught.value.where == first.address
        assert "another port" in caught.value.hint
        assert health_of(first.address) == "SERVING"


def test_a_port_that_another_program_has_is_an_error(data_root):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(ServiceStartError, match="in use"):
            serve(copy, port=holder.getsockname()[1], data_root=data_root, block=False)


def test_a_cell_that_runs_again_replaces_its_server(data_root, free_ports):
    port = free_ports[0]
    first = serve(copy, port=port, data_root=data_root, block=False)
    second = serve(copy, port=port, data_root=data_root, block=False)
    assert repr(first).startswith("<stopped")
    assert health_of(second.address) == "SERVING"
    second.stop()


def test_a_forgotten_server_can_be_collected(data_root):
    server = serve(copy, data_root=data_root, block=False)
    seen = weakref.ref(server)
    server.stop()
    del server
    gc.collect()
    assert seen() is None


def test_a_host_that_others_can_reach_is_refused(data_root):
    with pytest.raises(UsageError, match="can be reached by other machines") as caught:
        serve(copy, host="0.0.0.0", data_root=data_root, block=False)
    assert "--insecure-public" in caught.value.hint


def test_reflection_is_not_offered_to_others_unless_asked(data_root):
    with serve(
        copy, host="0.0.0.0", data_root=data_root, block=False, is_public_allowed=True
    ) as server:
        port = server.address.rpartition(":")[2]
        assert health_of(f"127.0.0.1:{port}") == "SERVING"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.stream_stream(
                "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
            )
            with pytest.raises(grpc.RpcError) as caught:
                list(call(iter([b""]), timeout=5))
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
def test_ipv6_loopback_serves(data_root):
    with serve(copy, host="::1", data_root=data_root, block=False) as server:
        assert server.address.startswith("[::1]:")
        assert health_of(server.address) == "SERVING"


def test_localhost_serves(data_root):
    with serve(copy, host="localhost", data_root=data_root, block=False) as server:
        assert health_of(server.address) == "SERVING"


def test_a_host_that_is_not_this_machine_is_an_error(data_root):
    with pytest.raises(ServiceStartError, match="there is no such address here"):
        serve(
            copy,
            host="127.0.0.1.invalid",
            port=1,
            data_root=data_root,
            block=False,
            is_public_allowed=True,
        )


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_loopback_is_told_from_the_rest(host, expected):
    assert is_loopback(host) is expected


def test_an_ipv6_address_is_written_in_brackets():
    assert address_of("::1", 50051) == "[::1]:50051"


def test_loopback_is_never_proxied(data_root, monkeypatch):
    for name in ("http_proxy", "https_proxy", "grpc_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with serve(copy, data_root=data_root, block=False) as server:
        assert health_of(server.address) == "SERVING"
