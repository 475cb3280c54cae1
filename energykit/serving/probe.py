"""Ask a service for its health: what a container's health check runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from energykit.credentials import open_channel

if TYPE_CHECKING:
    from energykit.config import Credentials

__all__ = ["health_of"]


def health_of(
    address: str,
    *,
    service: str = "",
    timeout_s: float = 3.0,
    credentials: Credentials | None = None,
) -> str:
    """Return a service's health: ``"SERVING"``, ``"NOT_SERVING"``, or why it cannot be known.

    Parameters
    ----------
    address
        ``host:port``.
    service
        Full name of a service; empty: the server as a whole.
    timeout_s
        How long to wait for an answer [s].
    credentials
        Where certificates and token are found; None: the connection is not encrypted.
    """
    with open_channel(address, credentials) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=timeout_s)
        except grpc.RpcError as exc:
            return f"{exc.code().name}: {exc.details()}"
    return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
