"""What is seen where no service answers, and waiting for one that starts late."""

from __future__ import annotations

import http.server
import socket
import ssl
import subprocess
import threading
import time

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection

from energykit.errors import ServiceUnreachableError
from energykit.executor import Waiting, run
from energykit.executor.connection import target_of
from energykit.executor.endpoint_probe import probe


@pytest.fixture
def free_address(free_ports):
    return f"127.0.0.1:{free_ports[0]}"


def accepting(answer):
    """Listen with plain sockets; each connection is answered in a thread."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer_and_close(connection):
        with connection:
            answer(connection)

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer_and_close, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return server, f"127.0.0.1:{server.getsockname()[1]}"


def only_error(config, tmp_path, **options):
    result = run(config, data_root=tmp_path, **options)
    assert result.stages[0].status == "failed"
    assert {stage.status for stage in result.stages[1:]} <= {"skipped"}
    return result, result.stages[0].error


def test_nothing_listens(port, chain, tmp_path, free_address):
    start = time.monotonic()
    result, error = only_error(chain(free_address, port.address), tmp_path, connect_budget_s=0.6)
    assert time.monotonic() - start < 1.6
    assert result.exit_code == 3
    assert str(error).startswith(
        f"could not reach stage-1 at {free_address}: nothing listens there\n  → start it with"
    )
    assert port.answering.requests == []
    assert [attempt.method for attempt in result.stages[0].attempts] == ["connect"]
    with pytest.raises(ServiceUnreachableError, match="nothing listens there") as caught:
        result.raise_for_failure()
    assert caught.value.exit_code == 3


def test_a_service_that_starts_late_is_waited_for(listen, chain, tmp_path, free_address):
    late = []
    timer = threading.Timer(
        1.0, lambda: late.append(listen(port=int(free_address.rpartition(":")[2])))
    )
    timer.start()
    events = []
    start = time.monotonic()
    result = run(chain(free_address), data_root=tmp_path, on_event=events.append)
    timer.join()
    assert result.ok
    assert 1.0 <= time.monotonic() - start < 3.0
    waits = [event for event in events if isinstance(event, Waiting)]
    assert waits
    assert waits[0].message == "nothing listens there"
    assert "nothing listens there; waited" in (tmp_path / "logs" / "orchestrator.log").read_text()


def test_a_service_that_is_not_serving_yet_is_waited_for(port, chain, tmp_path):
    port.health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    timer = threading.Timer(0.5, port.health.set, ("", health_pb2.HealthCheckResponse.SERVING))
    timer.start()
    result = run(chain(port.address), data_root=tmp_path)
    timer.join()
    assert result.ok
    assert result.seconds >= 0.4


def test_a_service_that_never_serves_is_unreachable(port, chain, tmp_path):
    port.health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    result, error = only_error(chain(port.address), tmp_path, connect_budget_s=0.3)
    assert "NOT_SERVING" in error.message
    assert result.exit_code == 3
    assert port.answering.requests == []


def test_an_http_1_server_is_recognised_at_once(chain, tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    server.RequestHandlerClass.log_message = lambda *_: None
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        start = time.monotonic()
        result, error = only_error(chain(f"127.0.0.1:{server.server_port}"), tmp_path)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert "an HTTP/1 server listens there, not a gRPC service" in error.message
    assert result.exit_code == 3
    assert time.monotonic() - start < 3


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
    ]
    try:
        subprocess.run(
            [*command, "-keyout", "key.pem", "-out", "cert.pem"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("openssl is not installed: no certificate can be made")
    return folder / "cert.pem", folder / "key.pem"


def test_a_grpc_server_with_tls_is_recognised(certificate, chain, tmp_path):
    cert, key = certificate
    server = grpc.server(None)
    credentials = grpc.ssl_server_credentials([(key.read_bytes(), cert.read_bytes())])
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        result, error = only_error(chain(f"127.0.0.1:{port}"), tmp_path)
    finally:
        server.stop(0).wait(5)
    assert "a server that speaks TLS listens there" in error.message
    assert result.exit_code == 3


def test_any_server_with_tls_is_recognised(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def answer(connection):
        try:
            with context.wrap_socket(connection, server_side=True) as wrapped:
                wrapped.recv(1)
        except OSError:
            return

    server, address = accepting(answer)
    with server:
        assert "speaks TLS" in probe((address,)).what


def test_a_port_that_accepts_and_says_nothing(chain, tmp_path):
    server, address = accepting(lambda connection: (connection.recv(1000), time.sleep(3)))
    with server:
        start = time.monotonic()
        result, error = only_error(chain(address), tmp_path, connect_budget_s=0.5)
        assert time.monotonic() - start < 2.5
    assert "something listens there, but does not answer as a gRPC service" in error.message
    assert result.exit_code == 3


def test_another_protocol_is_quoted():
    server, address = accepting(
        lambda connection: (connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"), time.sleep(0.5))
    )
    with server:
        assert "SSH-2.0-OpenSSH" in probe((address,)).what


def test_a_name_without_an_address_is_named():
    assert (
        probe(("no-such-host.invalid:1",)).what == "cannot resolve host name 'no-such-host.invalid'"
    )
    with pytest.raises(ServiceUnreachableError, match="cannot resolve host name"):
        target_of(("no-such-host.invalid:1", "127.0.0.1:1"))


def test_the_contract_of_another_package_is_explained_by_reflection(chain, tmp_path):
    from concurrent import futures

    server = grpc.server(futures.ThreadPoolExecutor(2))
    method = grpc.unary_unary_rpc_method_handler(lambda request, context: b"")
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("energy.ContainerExecutor", {"Execute": method}),)
    )
    reflection.enable_server_reflection(("energy.ContainerExecutor",), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        result, error = only_error(chain(f"127.0.0.1:{port}"), tmp_path)
    finally:
        server.stop(0).wait(5)
    assert error.code == "UNIMPLEMENTED"
    assert (
        "does not know the method /ContainerExecutor/Execute; it offers: energy.ContainerExecutor"
        in error.message
    )
    assert "package energy;" in error.hint
    assert result.exit_code == 3


def test_a_contract_without_reflection_is_explained(listen, chain, tmp_path):
    method = grpc.unary_unary_rpc_method_handler(lambda request, context: b"")
    other = listen(
        grpc.method_handlers_generic_handler("other.Service", {"Do": method}), has_health=False
    )
    _, error = only_error(chain(other.address), tmp_path)
    assert "does not know the method /ContainerExecutor/Execute" in error.message
    assert "declares ContainerExecutor with no package" in error.hint


def test_a_proxy_in_the_environment_is_not_asked(port, chain, tmp_path, monkeypatch, free_address):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "grpc_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{free_address}")
    for name in ("no_proxy", "NO_PROXY", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert run(chain(port.address), data_root=tmp_path).ok
    assert run(chain([port.address, port.address]), data_root=tmp_path).ok


def test_targets_of_several_addresses():
    assert target_of(("localhost:1",)) == "localhost:1"
    assert target_of(("127.0.0.1:1", "127.0.0.2:2")) == "ipv4:127.0.0.1:1,127.0.0.2:2"
    assert target_of(("[::1]:1", "127.0.0.1:2")) == "ipv6:[::1]:1,[::ffff:127.0.0.1]:2"
