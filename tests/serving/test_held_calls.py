"""Another account that holds calls and connections, or floods them, keeps nobody out."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

import grpc
import pytest

from energykit.launcher import local_services
from energykit.serving import serve, stage

STRANGER = 12_002
EXECUTE = "/ContainerExecutor/Execute"
CONNECTIONS, USUAL_OPEN_FILES = 1_200, 1_024
needs_two_users = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="another account of the machine needs root, and Linux says who calls",
)
BECOME = """
import encodings.idna, os, resource, socket, sys, threading
import grpc, grpc._channel
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
"""
HOLDS_CALLS = (
    BECOME
    + """
def requests():
    threading.Event().wait()
    yield b""
own = [("grpc.use_local_subchannel_pool", 1)]
channels = [grpc.insecure_channel(sys.argv[2], options=own) for _ in range(4)]
calls = [c.stream_unary("/ContainerExecutor/Execute").future(requests()) for c in channels * 30]
print(len({call.code().name for call in calls}), calls[-1].code().name, flush=True)
sys.stdin.read()
os._exit(0)
"""
)
HOLDS_CONNECTIONS = (
    BECOME
    + """
host, _, port = sys.argv[2].rpartition(":")
held = [socket.create_connection((host, int(port)), timeout=20) for _ in range(int(sys.argv[3]))]
print(len(held), flush=True)
sys.stdin.read()
os._exit(0)
"""
)
FLOODS = (
    BECOME
    + """
import struct
host, _, port = sys.argv[2].rpartition(":")
count, kind, over = int(sys.argv[3]), sys.argv[4], threading.Event()

def frame(kind, flags, stream, payload=b""):
    head = struct.pack("!I", len(payload))[1:] + bytes([kind, flags])
    return head + struct.pack("!I", stream) + payload

def text(name, value):
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value

def connect():
    made = socket.create_connection((host, int(port)), timeout=20)
    made.sendall(b"PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n" + SETTINGS)
    made.settimeout(0.2)
    return made

SETTINGS, RESET, PING = frame(4, 0, 0), struct.pack("!I", 8), frame(6, 0, 0, bytes(8))
names = {b":method": b"POST", b":scheme": b"http", b":path": b"/ContainerExecutor/Execute"}
names |= {b":authority": b"x", b"content-type": b"application/grpc", b"te": b"trailers"}
HEADERS = b"".join(text(*one) for one in names.items())

def pieces(kind):
    for stream in range(1, 2**30, 2):
        call = frame(1, 4, stream, HEADERS)
        yield {
            "ping": PING,
            "settings": SETTINGS,
            "reset": call + frame(3, 0, stream, RESET),
            "calls": call,
            "headers": frame(1, 0, 1, HEADERS) if stream == 1 else frame(9, 0, 1, text(b"x", b"y")),
        }[kind]

def flood(made):
    for piece in pieces(kind):
        if over.is_set():
            return
        try:
            made.sendall(piece * (20 if kind in ("ping", "settings") else 1))
            made.recv(1 << 16, socket.MSG_DONTWAIT)
        except (BlockingIOError, TimeoutError):
            continue
        except OSError:  # closed: the next connection
            return

def go_on(made):
    while not over.is_set():
        flood(made)
        try:
            made = connect()
        except OSError:
            continue

made = [connect() for _ in range(count)]
for each in made if kind != "idle" else ():
    threading.Thread(target=go_on, args=(each,), daemon=True).start()
print(len(made), flush=True)
sys.stdin.read()
os._exit(0)
"""
)


@pytest.fixture
def service(tmp_path):
    """A service that the launcher started, with the open files that a shell usually allows."""
    import resource

    earlier = resource.getrlimit(resource.RLIMIT_NOFILE)
    if earlier[1] < CONNECTIONS + USUAL_OPEN_FILES:
        pytest.skip(f"this system allows {earlier[1]} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (USUAL_OPEN_FILES, earlier[1]))
    try:
        with local_services(["dummy"], data_root=tmp_path) as services:
            yield services.addresses["dummy"]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, earlier)


@contextlib.contextmanager
def stranger(code, address, *more):
    """Another account's process, until the block ends; yields the line that it says."""
    command = [sys.executable, "-c", code, str(STRANGER), address, *map(str, more)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(20)


def call(address):
    with grpc.insecure_channel(address) as channel:
        return channel.unary_unary(EXECUTE)(b"\x12\x05a.csv", timeout=20)


@needs_two_users
def test_calls_that_are_held_without_a_request_are_refused_at_once(service):
    with stranger(HOLDS_CALLS, service) as said:
        assert said == "1 PERMISSION_DENIED"  # all of 120, more than there are places
        assert call(service)


@needs_two_users
def test_connections_that_say_nothing_keep_nobody_out(service):
    with stranger(HOLDS_CONNECTIONS, service, CONNECTIONS) as said:
        assert int(said) == CONNECTIONS
        assert call(service)


@needs_two_users
@pytest.mark.parametrize("kind", ["idle", "ping", "settings", "reset", "calls", "headers"])
def test_whoever_floods_http2_keeps_nobody_out(service, kind):
    """Connections that are made properly and then held, and frames without an end."""
    count = CONNECTIONS if kind == "idle" else 8
    with stranger(FLOODS, service, count, kind) as said:
        assert int(said) == count
        for _ in range(10):
            assert call(service)


def test_a_call_that_ends_without_a_request_says_so(data_root):
    @stage("keeps")
    def keeps() -> str:
        return "kept"

    with serve(keeps, data_root=data_root, block=False) as server:
        if server.gate is None:
            pytest.skip("this system does not say who calls, so nothing is before the methods")
        with (
            grpc.insecure_channel(server.address) as channel,
            pytest.raises(grpc.RpcError) as caught,
        ):
            channel.stream_unary(EXECUTE)(iter(()), timeout=10)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details() == "the call ended without a request"
