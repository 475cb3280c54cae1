"""Another account that took a service's place is sent no secret and no token."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import contextmanager

import grpc
import pytest

from energykit.config import Credentials, SecretReference
from energykit.credentials import check_listener, open_channel, socket_table
from energykit.credentials.listener import listener_of
from energykit.executor import run
from tests.other_account import STRANGER, needs_two_accounts

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems do not say whose a socket is"
)
TOKEN = "s3cr3t-of-a-meter"
FALSE_SERVICE = """
import encodings.idna, os, sys
from concurrent import futures
import grpc
from grpc_health.v1 import health, health_pb2_grpc
from energykit._proto import energy_pipeline_pb2 as pb
def execute(request, context):
    print(request.parameters, context.invocation_metadata(), flush=True)
    return pb.ExecuteResponse(success=True, message="false")
server = grpc.server(futures.ThreadPoolExecutor(4))
health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("ContainerExecutor", {
    "Execute": grpc.unary_unary_rpc_method_handler(
        execute, pb.ExecuteRequest.FromString, pb.ExecuteResponse.SerializeToString)}),))
os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
sys.stdin.read()
os._exit(0)
"""


@contextmanager
def false_service():
    """A service of another account; yields its address, and then what it was told."""
    command = [sys.executable, "-c", FALSE_SERVICE, str(STRANGER)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        heard: list[str] = []
        try:
            yield f"127.0.0.1:{int(process.stdout.readline())}", heard
        finally:
            process.stdin.close()
            heard += process.stdout.readlines()
            process.wait(20)


@needs_two_accounts
def test_it_is_sent_no_secret_and_no_token(chain, tmp_path, monkeypatch):
    monkeypatch.setenv("METER_TOKEN", TOKEN)
    credentials = Credentials(token=SecretReference(env="METER_TOKEN"))
    with false_service() as (address, heard):
        plain = run(chain(address, parameters={"rows": 1}), data_root=tmp_path)
        secret = {"token": {"$env": "METER_TOKEN"}}
        stage = run(chain(address, parameters=secret), data_root=tmp_path)["stage-1"]
        with open_channel(address, credentials) as channel, pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary("/ContainerExecutor/Execute")(b"", timeout=10)
    assert plain.ok  # who shares a service of another account may call it
    for said in (stage.error.message, caught.value.details()):
        assert f"a program of another user ({STRANGER}) listens there" in said
    assert "rows" in "".join(heard)
    assert TOKEN not in "".join(heard)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_listener_of_a_port_is_found(host):
    with socket.create_server((host, 0)) as server:
        port = server.getsockname()[1]
        assert listener_of(f"127.0.0.1:{port}") == os.geteuid()
        assert listener_of(f"localhost:{port}") == os.geteuid()
    assert listener_of(f"127.0.0.1:{port}") is None


def test_who_listens_beside_a_service_does_not_count():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_server(("127.0.0.2", port)):
            assert listener_of(f"127.0.0.3:{port}") is None
            assert listener_of(f"127.0.0.1:{port}") == os.geteuid()


def test_a_system_without_that_table_and_without_numbers_of_users_is_believed(monkeypatch):
    monkeypatch.setattr(socket_table, "_TABLES", ())
    monkeypatch.delattr(os, "geteuid")  # as on Windows
    check_listener("127.0.0.1:50051")
