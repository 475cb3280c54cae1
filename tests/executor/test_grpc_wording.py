"""What the installed gRPC says, in the cases that only its text tells apart."""

from __future__ import annotations

import socket
from concurrent import futures

import grpc
import pytest

from energykit.executor.grpc_wording import (
    says_broken_connection,
    says_never_connected,
    says_unknown_method,
)


def details_of(address, method="/ContainerExecutor/Execute"):
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(method)(b"", timeout=5)
    return caught.value.code().name, caught.value.details()


def test_a_port_where_nothing_listens_was_never_connected():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        code, details = details_of(f"127.0.0.1:{free.getsockname()[1]}")
    assert code == "UNAVAILABLE"
    assert says_never_connected(details)
    assert not says_broken_connection(details)


def test_several_addresses_where_nothing_listens_were_never_connected():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        code, details = details_of(f"ipv4:127.0.0.1:{port},127.0.0.2:{port}")
    assert code == "UNAVAILABLE"
    assert says_never_connected(details)


def test_a_name_that_cannot_be_resolved_was_never_connected():
    code, details = details_of("dns:///nowhere.invalid:1")
    assert code in {"UNAVAILABLE", "DEADLINE_EXCEEDED"}
    assert code == "DEADLINE_EXCEEDED" or says_never_connected(details)


def test_a_connection_that_breaks_during_a_call_is_told_apart():
    with socket.create_server(("127.0.0.1", 0)) as listener, futures.ThreadPoolExecutor(1) as pool:
        later = pool.submit(details_of, f"127.0.0.1:{listener.getsockname()[1]}")
        connection, _ = listener.accept()
        connection.settimeout(5)
        connection.sendall(bytes.fromhex("000000040000000000"))  # an empty SETTINGS frame
        while b"ContainerExecutor" not in connection.recv(65536):
            pass
        listener.close()
        connection.close()
        code, details = later.result(10)
    assert code == "UNAVAILABLE"
    assert says_broken_connection(details) or says_never_connected(details)


def test_a_server_without_the_method_says_so():
    server = grpc.server(futures.ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        code, details = details_of(f"127.0.0.1:{port}")
    finally:
        server.stop(0).wait(5)
    assert code == "UNIMPLEMENTED"
    assert says_unknown_method(details)
    assert not says_unknown_method("parquet cannot be written here")
