"""A warm channel to the service of a stage, and waiting until that service is ready for work."""

from __future__ import annotations

import ipaddress
import json
import socket
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health_pb2

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.credentials import (
    credentials_from_environment,
    explain_refusal,
    open_channel,
)
from energykit.errors import ServiceUnreachableError
from energykit.executor.endpoint_probe import ProbeResult, probe, split_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from energykit.config import Credentials

    _Unary = grpc.UnaryUnaryMultiCallable[bytes, bytes]
    _Stream = grpc.UnaryStreamMultiCallable[bytes, bytes]

__all__ = ["Connection", "end_call", "find_credentials", "target_of"]

_ROUND_ROBIN = json.dumps(
    {"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}
)
"""gRPC itself takes the addresses in turn, and leaves out those whose health service says no."""
_OPTIONS: tuple[tuple[str, int | str], ...] = (
    ("grpc.enable_retries", 0),  # attempts are counted here, none happens unseen
    ("grpc.service_config_disable_resolution", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),  # a service that starts late is found soon
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
    ("SingleThreadedUnaryStream", 1),  # no thread for each call
)
_FIRST_LOOK_S = 0.25
_NEXT_LOOK_S = 1.0
_PAUSE_S = 0.05
_DESCRIBE_S = (2.0, 8.0)
"""How long each attempt waits [s]: a service of a busy machine is not one that does not know."""
_HEALTH = health_pb2.HealthCheckResponse
_SILENT = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


_CREDENTIALS: dict[tuple[str, ...], Credentials] = {}
"""Those that this process has used, so that a record, which has none, can ask for a file again."""


def find_credentials(addresses: tuple[str, ...]) -> Credentials | None:
    """Return the credentials that addresses were called with, else those of the environment."""
    return _CREDENTIALS.get(addresses) or credentials_from_environment()


def _encode_piece(piece: pb.ArtifactPiece | bytes) -> bytes:
    return piece if isinstance(piece, bytes) else piece.SerializeToString()


class Connection:
    """One channel to the service (or the equal services) of a stage.

    Parameters
    ----------
    addresses
        ``host:port`` of each; calls go round them in turn.
    credentials
        What the service asks for to let a client in; None: nothing.

    Raises
    ------
    energykit.errors.UsageError
        A file or variable that the credentials name cannot be read.
    """

    def __init__(self, addresses: tuple[str, ...], credentials: Credentials | None = None) -> None:
        self.addresses = addresses
        self._credentials = credentials
        if credentials is not None:
            _CREDENTIALS[addresses] = credentials
        self.address = ", ".join(addresses)
        options = (
            _OPTIONS if len(addresses) == 1 else (*_OPTIONS, ("grpc.service_config", _ROUND_ROBIN))
        )
        self.channel = open_channel(target_of(addresses), credentials, options=options)
        self.execute: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(
            "/ContainerExecutor/Execute"
        )
        """Bytes of an ExecuteRequest to bytes of an ExecuteResponse."""
        self.execute_stream: _Stream = self.channel.unary_stream("/ContainerExecutor/ExecuteStream")
        """Bytes of an ExecuteRequest to bytes of each ExecuteEvent."""
        self.offers_stream = True
        """False once the service has answered that it does not know ExecuteStream."""
        self._check = self.channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=_HEALTH.FromString,
        )
        self._describe = self.channel.unary_unary(
            "/ContainerExecutor/Describe",
            request_serializer=pb.DescribeRequest.SerializeToString,
            response_deserializer=pb.ServiceDescription.FromString,
        )
        self._is_ready = False
        self._bind_artifact_methods()

    def _bind_artifact_methods(self) -> None:
        self.read_artifact = self.channel.unary_stream(
            "/ContainerExecutor/ReadArtifact",
            request_serializer=pb.ReadArtifactRequest.SerializeToString,
            response_deserializer=pb.ArtifactPiece.FromString,
        )
        """A ReadArtifactRequest to the pieces of a file."""
        self.relay_artifact: grpc.UnaryStreamMultiCallable[pb.ReadArtifactRequest, bytes]
        self.relay_artifact = self.channel.unary_stream(
            "/ContainerExecutor/ReadArtifact",
            request_serializer=pb.ReadArtifactRequest.SerializeToString,
        )
        """The same to the bytes of the pieces, which need not be made again to be passed on."""
        self.write_artifact = self.channel.stream_unary(
            "/ContainerExecutor/WriteArtifact",
            request_serializer=_encode_piece,
            response_deserializer=pb.WriteArtifactResponse.FromString,
        )
        """The pieces of a file to a WriteArtifactResponse."""

    def close(self) -> None:
        """Close the channel, once or again; calls that are under way are cancelled."""
        self.channel.close()

    @cached_property
    def description(self) -> pb.ServiceDescription | None:
        """What the service says it is, asked for until it answers; None where it does not say."""
        for timeout_s in _DESCRIBE_S:
            try:
                return self._describe(pb.DescribeRequest(), timeout=timeout_s)
            except grpc.RpcError as exc:
                if exc.code() is not grpc.StatusCode.DEADLINE_EXCEEDED:
                    return None
        return None

    @property
    def service_versions(self) -> dict[str, str]:
        """Versions, by package, of what decides the service's output."""
        return dict(self.description.versions) if self.description else {}

    def shows_life(self, timeout_s: float) -> bool:
        """Return whether the service answers anything within so many seconds."""
        try:
            self._check(health_pb2.HealthCheckRequest(), timeout=timeout_s)
        except grpc.RpcError as exc:
            return exc.code() not in _SILENT
        except ValueError:  # the channel was closed meanwhile: the run has ended
            return True
        return True

    def wait_until_serving(self, budget_s: float, on_wait: Callable[[float, str], None]) -> None:
        """Return when the service says that it serves; without a health service, when it answers.

        Parameters
        ----------
        budget_s
            How long to wait [s].
        on_wait
            Called with the seconds waited and what was seen, each time the service was not ready.

        Raises
        ------
        energykit.errors.ServiceUnreachableError
            It does not serve within the budget, or what answers there is not a gRPC server.
        """
        start = time.monotonic()
        look_s = _FIRST_LOOK_S
        while not self._is_ready:
            left = start + budget_s - time.monotonic()
            seen = self._ask_health(min(look_s, max(left, _FIRST_LOOK_S)))
            if seen is not None:
                waited = time.monotonic() - start
                if seen.is_final or waited >= budget_s:
                    raise ServiceUnreachableError(seen.what, where=self.address, hint=seen.hint)
                on_wait(waited, seen.what)
                time.sleep(_PAUSE_S)
            look_s = _NEXT_LOOK_S

    def _explain_silence(self) -> ProbeResult:
        """Return what listens at the addresses, or why no encrypted connection came about."""
        tls = self._credentials.tls if self._credentials else None
        if tls is None:
            return probe(self.addresses)
        refusal = explain_refusal(self.addresses[0], tls)
        if refusal is None:
            return ProbeResult(
                "it speaks TLS, but does not answer", "wait, or look at the service's log"
            )
        return ProbeResult(refusal.what, refusal.hint, is_final=refusal.reason != "not reached")

    def _ask_health(self, timeout_s: float) -> ProbeResult | None:
        """Ask for its health once; None: the service is ready."""
        try:
            answer = self._check(
                health_pb2.HealthCheckRequest(), timeout=timeout_s, wait_for_ready=True
            )
        except grpc.RpcError as exc:
            if exc.code() in _SILENT:
                return self._explain_silence()
        else:
            if answer.status == _HEALTH.NOT_SERVING:
                return ProbeResult(
                    "it answers, but says that it is NOT_SERVING",
                    "wait, or look at the service's log",
                )
        self._is_ready = True
        return None


def end_call(stream: Any) -> None:
    """End a call; instrumentation may have wrapped it in a generator, which can only be closed.

    Parameters
    ----------
    stream
        What a method of the channel returned.
    """
    end = getattr(stream, "cancel", None) or getattr(stream, "close", None)
    if end is not None:
        end()


def target_of(addresses: tuple[str, ...]) -> str:
    """Return what gRPC is to call: the address itself, or a list of literal addresses for several.

    Parameters
    ----------
    addresses
        ``host:port`` of each.

    Raises
    ------
    energykit.errors.ServiceUnreachableError
        A name among several addresses has no address.
    """
    if len(addresses) == 1:
        return addresses[0]
    pairs = [(_literal(address), split_address(address)[1]) for address in addresses]
    if all(isinstance(ip, ipaddress.IPv4Address) for ip, _ in pairs):
        return "ipv4:" + ",".join(f"{ip}:{port}" for ip, port in pairs)
    return "ipv6:" + ",".join(
        f"[{ip if isinstance(ip, ipaddress.IPv6Address) else f'::ffff:{ip}'}]:{port}"
        for ip, port in pairs
    )


def _literal(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    host, port = split_address(address)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise ServiceUnreachableError(
            f"cannot resolve host name {host!r}", where=address, hint="check the name"
        ) from exc
    return ipaddress.ip_address(str(found[0][4][0]))
