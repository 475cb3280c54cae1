"""Who may call: over loopback the owner of the process alone; elsewhere who shows a token."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from energykit._proto.energy_pipeline_pb2 import ExecuteRequest
from energykit.config import SecretReference
from energykit.credentials import open_channel
from energykit.errors import UsageError
from energykit.serving import peers, serve, stage
from energykit.serving.gate import Tokens
from energykit.serving.probe import health_of
from energykit.serving.security import Security

NOBODY = 65534
needs_two_users = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="another account of the machine needs root, and Linux says who calls",
)
STRANGER = """
import concurrent.futures, json, os, sys
import grpc, grpc._channel
user, address, methods, data = sys.argv[1:]
os.setgroups([])
os.setgid(int(user))
os.setuid(int(user))
ENDS = {}
with grpc.insecure_channel(address) as channel:
    for method in json.loads(methods):
        streams = any(word in method for word in ("Stream", "Read", "Watch"))
        kind = "unary_stream" if streams else "unary_unary"
        kind = "stream_stream" if "Reflection" in method else kind
        call = getattr(channel, kind)(method)
        data = bytes.fromhex(data) if isinstance(data, str) else data
        try:
            answer = call(iter([data]) if kind == "stream_stream" else data, timeout=5)
            ENDS[method] = "OK" if kind == "unary_unary" else f"OK {len(list(answer))}"
        except grpc.RpcError as exc:
            ENDS[method] = f"{exc.code().name}: {exc.details()}"
print(json.dumps(ENDS))
"""
METHODS = [
    "/ContainerExecutor/Execute",
    "/ContainerExecutor/ExecuteStream",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/ContainerExecutor/NoSuchMethod",
    "/no.Such.Service/Method",
]


@stage("keeps")
def keeps() -> str:
    return "the owner's"


def call_as(user, address, data=b"", methods=METHODS):
    """Call methods as another user of this machine."""
    command = [sys.executable, "-c", STRANGER, str(user), address, json.dumps(methods), data.hex()]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@needs_two_users
def test_another_user_of_the_machine_is_refused_by_every_method(data_root, connect, caplog):
    (data_root / "victim.csv").write_text("mine")
    request = b"\x12\x0c/data/victim"  # output_file = 2
    with serve(keeps, data_root=data_root, block=False) as server:
        ends = call_as(NOBODY, server.address, request)
        assert connect(server.address).execute().success
        assert server.gate.refused == len(METHODS)
    for method in METHODS:
        assert ends[method].startswith("PERMISSION_DENIED: this service serves 0 (root)"), method
    assert (data_root / "victim.csv").read_text() == "mine"
    refusals = [text for text in caplog.messages if "refused" in text]
    assert len(refusals) == 1  # one line in ten seconds for one caller
    assert f"from user {NOBODY} (nobody)" in refusals[0]


@needs_two_users
def test_a_service_that_the_launcher_starts_serves_its_owner_alone(tmp_path):
    from energykit.launcher import local_services

    request = ExecuteRequest(output_file="a.csv")
    request.parameters.update({"crash": True})
    crash = request.SerializeToString()
    with local_services(["dummy"], data_root=tmp_path) as services:
        address = services.addresses["dummy"]
        assert call_as(NOBODY, address, crash, METHODS[:1])[METHODS[0]].startswith(
            "PERMISSION_DENIED"
        )
        assert services.status() == {"dummy": "serving"}
        with grpc.insecure_channel(address) as channel:  # a lesson's plain stub
            assert channel.unary_unary(METHODS[0])(b"\x12\x05a.csv", timeout=10)
        assert "refused /ContainerExecutor/Execute from user 65534" in services.tail("dummy")


@needs_two_users
def test_what_a_service_of_one_user_writes_is_for_that_user_alone(tmp_path):
    from energykit.launcher import local_services

    (tmp_path / "shared.csv").write_text("old")
    (tmp_path / "shared.csv").chmod(0o644)
    with (
        local_services(["dummy"], data_root=tmp_path) as services,
        grpc.insecure_channel(services.addresses["dummy"]) as channel,
    ):
        for name in ("/data/new.csv", "/data/folder/new.csv", "/data/shared.csv"):
            request = ExecuteRequest(output_file=name).SerializeToString()
            channel.unary_unary(METHODS[0])(request, timeout=10)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert (modes["new.csv"], modes["folder"]) == (0o600, 0o700)
    assert modes["shared.csv"] == 0o644  # a file that is replaced keeps its permissions
    assert (tmp_path / "shared.csv").read_text() != "old"


@needs_two_users
@pytest.mark.parametrize(("arguments", "mode"), [((), 0o700), (("--any-user",), 0o777)])
def test_a_service_of_one_user_makes_its_data_root_for_that_user(start, tmp_path, arguments, mode):
    root, earlier = tmp_path / "new" / "root", os.umask(0)
    try:
        start("--data-root", str(root), *arguments)
    finally:
        os.umask(earlier)
    assert {path.stat().st_mode & 0o777 for path in (root, root.parent)} == {mode}


@needs_two_users
def test_a_service_of_all_users_writes_as_the_system_says(start, connect, data_root):
    earlier = os.umask(0o022)
    try:
        service = start("--any-user")
    finally:
        os.umask(earlier)
    assert connect(service.address).execute(target="/data/new.csv").success
    assert (data_root / "new.csv").stat().st_mode & 0o777 == 0o644


def test_a_method_that_does_not_exist_is_said_to_be_missing(data_root):
    with serve(keeps, data_root=data_root, block=False) as server:
        assert server.gate is not None or sys.platform != "linux"
        with (
            grpc.insecure_channel(server.address) as channel,
            pytest.raises(grpc.RpcError) as caught,
        ):
            channel.unary_unary("/ContainerExecutor/NoSuchMethod")(b"", timeout=5)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert caught.value.details() == "Method not found!"


@needs_two_users
def test_a_service_may_serve_every_user(data_root):
    security = Security(any_user=True)
    with serve(keeps, data_root=data_root, block=False, security=security) as server:
        assert server.gate is None
        assert call_as(NOBODY, server.address, methods=METHODS[2:3]) == {METHODS[2]: "OK"}


@needs_two_users
def test_a_caller_that_has_gone_is_nobody(data_root):
    listener, client = socket.create_server(("127.0.0.1", 0)), socket.socket()
    client.connect(listener.getsockname())
    ends = client.getsockname(), listener.getsockname()
    lookup = peers.find_lookup()
    assert lookup(*ends) == os.geteuid()
    client.close()
    assert lookup(*ends) is None
    listener.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who calls")
@pytest.mark.parametrize("lookup", [peers._ask_kernel, peers._look_through_table])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_a_peer_is_found_over_both_families(lookup, host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = "127.0.0.1" if "." in host else host
    try:
        listener = socket.create_server(
            (bound, 0), family=socket.AF_INET if "." in host else family
        )
    except OSError as exc:
        pytest.skip(f"{bound} cannot be bound here: {exc}")
    with listener, socket.socket(family) as client:
        client.connect((host, listener.getsockname()[1]))
        port = client.getsockname()[1]
        assert lookup((bound, port), listener.getsockname()[:2]) == os.geteuid()
        assert lookup((bound, port ^ 1), listener.getsockname()[:2]) is None


@pytest.mark.parametrize(
    ("text", "peer"),
    [
        ("ipv4:127.0.0.1:43210", ("127.0.0.1", 43210)),
        ("ipv6:%5B::1%5D:43210", ("::1", 43210)),
        ("ipv6:%5B::ffff:127.0.0.1%5D:43210", ("127.0.0.1", 43210)),
        ("unix:/tmp/socket", None),
        ("", None),
    ],
)
def test_a_peer_is_read_as_grpc_writes_it(text, peer):
    assert peers.peer_of(text) == peer


def test_a_system_that_does_not_say_who_calls_is_named(data_root, caplog, monkeypatch):
    monkeypatch.setattr("energykit.serving.security.find_lookup", lambda: None)
    with serve(keeps, data_root=data_root, block=False) as server:
        assert health_of(server.address) == "SERVING"
    assert any("every account of this machine can call it" in text for text in caplog.messages)


@pytest.fixture
def tokens(tmp_path):
    path = tmp_path / "tokens"
    path.write_text("first\nsecond\n")
    return path


def ask(address, credentials, method="/ContainerExecutor/Execute"):
    with open_channel(address, credentials) as channel:
        try:
            channel.unary_unary(method)(b"\x12\x05a.csv", timeout=10)
        except grpc.RpcError as exc:
            return f"{exc.code().name}: {exc.details()}"
    return "OK"


def test_a_token_lets_in_and_nothing_else_does(data_root, tokens, monkeypatch):
    from energykit.config import Credentials

    def shown(text):
        monkeypatch.setenv("MY_TOKEN", text)
        return Credentials(token=SecretReference(env="MY_TOKEN"))

    security = Security(token=SecretReference(file=str(tokens)))
    with serve(keeps, data_root=data_root, block=False, security=security) as server:
        assert ask(server.address, shown("first")) == ask(server.address, shown("second")) == "OK"
        assert ask(server.address, shown("third")).startswith("UNAUTHENTICATED: wrong token")
        assert ask(server.address, None).startswith("UNAUTHENTICATED: no token")
        assert health_of(server.address) == "SERVING"
        tokens.write_text("third\n")
        assert ask(server.address, shown("third")) == "OK"
        assert ask(server.address, shown("first")).startswith("UNAUTHENTICATED: wrong token")


def test_tokens_that_are_missing_are_named_and_never_shown(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="cannot be read") as caught:
        Tokens(SecretReference(file=str(tmp_path / "none")))
    assert caught.value.where == str(tmp_path / "none")
    monkeypatch.setenv("MY_TOKENS", " \n")
    with pytest.raises(UsageError, match="there is no token") as caught:
        Tokens(SecretReference(env="MY_TOKENS"))
    assert caught.value.where == "$MY_TOKENS"


def test_a_token_does_not_leave_the_machine_unencrypted(monkeypatch):
    from energykit.config import Credentials

    monkeypatch.setenv("MY_TOKEN", "secret-words")
    with pytest.raises(UsageError, match="would leave this machine unencrypted") as caught:
        open_channel("192.0.2.1:50051", Credentials(token=SecretReference(env="MY_TOKEN")))
    assert "secret-words" not in str(caught.value)


def test_the_private_paths_are_in_no_log(data_root, tokens, caplog):
    security = Security(token=SecretReference(file=str(tokens)))
    with serve(keeps, data_root=data_root, block=False, security=security) as server:
        ask(server.address, None)
    assert not any("first" in text or "second" in text for text in caplog.messages)
    assert Path(tokens).exists()
