"""What listens where no gRPC service answers: nothing, HTTP/1, TLS, another contract."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

import grpc
from grpc_reflection.v1alpha import reflection_pb2

from energykit import live

__all__ = ["ProbeResult", "list_services", "probe", "probe_contract", "split_address"]

_PROBE_S = 0.5
_REFLECTION_S = 2.0
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000")
"""What an HTTP/2 client says first (RFC 9113, 3.4): the preface and an empty SETTINGS frame."""
_SETTINGS = 4
_HTTP1_STARTS = (b"http/1", b"<!doctype", b"<html")
"""Some servers answer what they do not understand with a bare page."""
_TLS_ALERT = b"\x15\x03"
_METHOD = "/ContainerExecutor/Execute"
_REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


@dataclass(frozen=True)
class ProbeResult:
    """What listens at an address."""

    what: str
    """``"nothing listens there"``."""
    hint: str
    """What to do next."""
    is_final: bool = False
    """Waiting will not help."""


_NOTHING = ProbeResult(
    "nothing listens there",
    "start it with `energykit up CONFIG`, or correct its address in service_registry",
)
_HTTP1 = ProbeResult(
    "an HTTP/1 server listens there, not a gRPC service",
    "correct the address: another program has that port",
    True,
)
_TLS = ProbeResult(
    "a server that speaks TLS listens there, and it was called in the clear",
    "call a port without TLS",
    True,
)
_BUSY = ProbeResult(
    "a gRPC server listens there, but does not answer", "wait, or look at the service's log"
)
_SILENT = ProbeResult(
    "something listens there, but does not answer as a gRPC service",
    "correct the address, or look at its log",
)


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of ``host:port`` or ``[host]:port``."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def probe(addresses: tuple[str, ...]) -> ProbeResult:
    """Return what is seen at an address, or at several.

    Parameters
    ----------
    addresses
        ``host:port`` of each.
    """
    seen = [_probe_address(address) for address in addresses]
    if len({one.what for one in seen}) == 1:
        return seen[0]
    what = "; ".join(f"{address}: {one.what}" for address, one in zip(addresses, seen, strict=True))
    return ProbeResult(what, seen[0].hint, all(one.is_final for one in seen))


def _probe_address(address: str) -> ProbeResult:
    started = live.current("local service", address)  # by this process, and named by its launcher
    what, hint = started.describe_end() if started else ("", "")
    if what:
        return ProbeResult(what, hint, True)
    host, port = split_address(address)
    try:
        with socket.create_connection((host, port), timeout=_PROBE_S) as connection:
            answer = _read_answer(connection)
    except ConnectionRefusedError:
        return _NOTHING
    except socket.gaierror:
        return ProbeResult(
            f"cannot resolve host name {host!r}", "correct its address in service_registry"
        )
    except TimeoutError:
        return ProbeResult(
            "no answer from that host", "check the address, the network and the firewall"
        )
    except OSError as exc:
        return ProbeResult(
            f"no connection: {exc.strerror or exc}", "correct its address in service_registry"
        )
    return _classify(answer) or (_TLS if _speaks_tls(host, port) else _SILENT)


def _read_answer(connection: socket.socket) -> bytes:
    try:
        connection.sendall(_PREFACE)
        return connection.recv(64)
    except (TimeoutError, ConnectionError):
        return b""


def _classify(answer: bytes) -> ProbeResult | None:
    if answer.lower().startswith(_HTTP1_STARTS):
        return _HTTP1
    if answer.startswith(_TLS_ALERT):
        return _TLS
    if len(answer) >= 9:  # length of a frame's header
        return (
            _BUSY
            if answer[3] == _SETTINGS
            else ProbeResult(f"what listens there says {answer[:24]!r}", _HTTP1.hint, True)
        )
    return None


def _speaks_tls(host: str, port: int) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only asked whether it speaks TLS: nothing is sent
    context.set_alpn_protocols(["h2"])
    try:
        with (
            socket.create_connection((host, port), timeout=_PROBE_S) as plain,
            context.wrap_socket(plain, server_hostname=None),
        ):
            return True
    except ssl.SSLError as exc:
        return "ALERT" in (exc.reason or "")
    except OSError:
        return False


def probe_contract(channel: grpc.Channel, details: str) -> ProbeResult:
    """Explain UNIMPLEMENTED: the path that was asked for, and what the server offers by reflection.

    Parameters
    ----------
    channel
        To the server that answered so.
    details
        What it said.
    """
    offered = list_services(channel)
    what = f"the server does not know the method {_METHOD}"
    if offered is None:
        hint = (
            "check that its .proto declares ContainerExecutor with no package;"
            " the server does not list its services"
        )
        return ProbeResult(f"{what} ({details})", hint, True)
    names = ", ".join(offered) or "nothing"
    return ProbeResult(f"{what}; it offers: {names}", _contract_hint(offered), True)


def _contract_hint(offered: tuple[str, ...]) -> str:
    """Return what to do about a server without the method: often its service has a package."""
    cousin = next((name for name in offered if name.endswith(".ContainerExecutor")), "")
    if cousin and "ContainerExecutor" not in offered:
        package = cousin.rpartition(".")[0]
        return (
            f"its .proto says `package {package};`: leave the package out,"
            f" so that the path is {_METHOD}"
        )
    return f"no service here executes stages: correct the address, or serve {_METHOD}"


def list_services(channel: grpc.Channel) -> tuple[str, ...] | None:
    """Return the names of the services a server offers; None where it has no reflection."""
    listing = channel.stream_stream(
        _REFLECTION,
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    try:
        answer = next(listing(iter([request]), timeout=_REFLECTION_S))
    except (grpc.RpcError, StopIteration):
        return None
    return tuple(sorted(service.name for service in answer.list_services_response.service))
