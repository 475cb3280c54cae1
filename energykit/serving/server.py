"""A gRPC server for one stage: who may call, health, reflection, limits, an end that drains."""

from __future__ import annotations

import functools
import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self, cast

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from energykit import live
from energykit._proto import energy_pipeline_pb2_grpc
from energykit.credentials import is_loopback
from energykit.credentials.channel import FLOW
from energykit.errors import UsageError
from energykit.serving.definition import Stage
from energykit.serving.limits import ServerLimits
from energykit.serving.object_store import AllowedUrls
from energykit.serving.opened import warn_where_names_are_used
from energykit.serving.paths import DataRoot
from energykit.serving.places import CallPlaces, TypedCallLimit
from energykit.serving.ports import address_of, check_free, check_host, start_error
from energykit.serving.registrar import Registrar
from energykit.serving.security import Security, make_gate, own_end, server_credentials
from energykit.serving.servicer import StageServicer

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable

__all__ = ["Server", "ServerLimits", "serve"]

logger = logging.getLogger(__name__)

_HANDSHAKE_MS = 10_000
"""Connections that say nothing for so long are closed: each holds an open file [ms]."""
_SPARE_THREADS = 4  # health, reflection and typed services answer while every place is taken


class Server:
    """A stage that is being served.

    Parameters
    ----------
    stage
        The stage.
    host
        Host name or address to listen on; an IPv6 address without brackets.
    port
        Port; 0 takes a free one.
    data_root
        Folder that the stage may read and write.
    also
        Callables that register further services on the server; given the server and the data root.
    reflects
        Whether to offer reflection; None: on loopback only.
    is_public_allowed
        Whether other machines may reach the service although it is not encrypted, or does not ask
        who calls.
    limits
        What the server takes on at most.
    serves_artifacts
        Whether artefacts are read and written over the wire; None: where it is known who calls.
    allow_urls
        Folders of object stores whose objects requests may name: ``s3://bucket/folder``.
    security
        Certificates and tokens; None: over loopback, the owner of this process alone may call
        (where the system says who calls: Linux).

    Raises
    ------
    UsageError
        The host can be reached by other machines, and that was not asked for; the number is not
        one of a port; or a certificate or token cannot be used.
    ServiceStartError
        The port is taken, or the host is not one of this machine's.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        data_root: str | os.PathLike[str] = ".",
        also: Iterable[Callable[[grpc.Server, DataRoot], None]] = (),
        reflects: bool | None = None,
        is_public_allowed: bool = False,
        limits: ServerLimits | None = None,
        security: Security | None = None,
        serves_artifacts: bool | None = None,
        allow_urls: Iterable[str] = (),
    ) -> None:
        limits, self._security = limits or ServerLimits(), security or Security()
        is_closed = self._security.is_closed
        check_host(host, is_public_allowed=is_public_allowed or is_closed)
        check_free(host, port)
        self.stage = stage
        """The stage that is served."""
        self._allowed_urls = AllowedUrls(allow_urls)
        self._health = health.HealthServicer()
        self.gate, rule = make_gate(stage.name, self._security, is_loopback=is_loopback(host))
        """What stands before every method; None: everybody who reaches the server may call."""
        self.serves_owner_alone = rule is not None
        """Whether nobody but the owner of this process may call."""
        self.root = DataRoot(data_root, is_private=self.serves_owner_alone)
        """The data root."""
        places = CallPlaces(stage.name, limits.concurrency)
        if serves_artifacts is None:
            serves_artifacts = is_loopback(host) or is_closed
        self._servicer = self._make_servicer(limits, places, serves_artifacts=serves_artifacts)
        typed = TypedCallLimit(stage.name, places, limits.message_bytes)
        self._server = _build_server(limits, [self.gate, typed] if self.gate else [typed])
        self._stopped: threading.Event | None = None
        self.services = self._register(also, is_loopback(host) if reflects is None else reflects)
        """Full names of the services that are served."""
        bound = self._bind_port(host, port)
        self.address = address_of(host, bound)
        """Where, ``host:port``."""
        if rule is not None:
            rule.own_end = functools.partial(own_end, host, bound)
        self._start()

    def __repr__(self) -> str:
        """Show the stage, its address, and whether it still serves."""
        state = "stopped" if self._stopped else "serving"
        return f"<{state} {self.stage.name!r} at {self.address}>"

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server."""
        self.stop()

    @property
    def running(self) -> int:
        """Stages that are being run now."""
        return self._servicer.running

    def stop(self, grace_s: float = 1.0) -> None:
        """Take no more calls, let the running ones finish, and end.

        Parameters
        ----------
        grace_s
            How long running calls may take; then they are cancelled [s].
        """
        self._health.enter_graceful_shutdown()
        self._stopped = self._stopped or self._server.stop(grace_s)
        if not self._stopped.wait(grace_s + 5.0):
            logger.warning("%s: a call does not end", self.stage.name)
        self._servicer.cancel_all()

    def wait(self) -> None:
        """Serve until :meth:`stop` is called elsewhere or the kernel is interrupted."""
        try:
            self._server.wait_for_termination()
        except KeyboardInterrupt:
            self.stop()

    def _make_servicer(
        self, limits: ServerLimits, places: CallPlaces, *, serves_artifacts: bool
    ) -> StageServicer:
        name = self.stage.name
        return StageServicer(
            self.stage,
            self.root,
            places=places,
            transfers=CallPlaces(name, limits.transfers, "transfers") if serves_artifacts else None,
            most_bytes=limits.artifact_bytes,
            allowed_urls=self._allowed_urls,
        )

    def _register(
        self, also: Iterable[Callable[[grpc.Server, DataRoot], None]], reflects: bool
    ) -> tuple[str, ...]:
        """Register every service; health knows all of them."""
        registrar = Registrar(self._server)
        seen = cast("grpc.Server", registrar)
        energy_pipeline_pb2_grpc.add_ContainerExecutorServicer_to_server(  # type: ignore[no-untyped-call]
            self._servicer, seen
        )
        for register in also:
            register(seen, self.root)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, seen)
        names = tuple(registrar.names)
        if reflects:
            from grpc_reflection.v1alpha import reflection

            reflection.enable_server_reflection((*names, reflection.SERVICE_NAME), self._server)
        return names

    def _bind_port(self, host: str, port: int) -> int:
        try:
            bound = self._add_port(address_of(host, port))
        except RuntimeError as exc:
            raise start_error(host, port, str(exc)) from None
        if bound == 0:
            raise start_error(host, port, "the address cannot be bound")
        return bound

    def _add_port(self, address: str) -> int:
        if not self._security.is_encrypted:
            return self._server.add_insecure_port(address)
        return self._server.add_secure_port(address, server_credentials(self._security))

    def _start(self) -> None:
        self._server.start()
        for name in ("", *self.services):
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        name, services, folder = self.stage.name, ", ".join(self.services), self.root.folder
        logger.info("%s serves %s at %s, data root %s", name, services, self.address, folder)
        warn_where_names_are_used(name)
        if not os.access(folder, os.W_OK):
            logger.warning(
                "%s: this user may not write into the data root %s: every stage will fail",
                name,
                folder,
            )


def _build_server(limits: ServerLimits, interceptors: list[grpc.ServerInterceptor]) -> grpc.Server:
    options = [
        ("grpc.so_reuseport", 0),  # two servers on one port would share the calls at random
        ("grpc.server_handshake_timeout_ms", _HANDSHAKE_MS),
        ("grpc.max_receive_message_length", limits.message_bytes),
        ("grpc.max_send_message_length", limits.answer_bytes),
        *FLOW,
    ]
    threads = limits.concurrency + limits.transfers + _SPARE_THREADS
    pool = ThreadPoolExecutor(threads, thread_name_prefix="energykit-serving")
    return grpc.server(
        pool,
        interceptors=interceptors,
        options=options,
        maximum_concurrent_rpcs=threads + limits.waiting,
    )


def serve(
    stage: Stage,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    data_root: str | os.PathLike[str] = ".",
    also: Iterable[Callable[[grpc.Server, DataRoot], None]] = (),
    block: bool = True,
    **options: Any,
) -> Server:
    """Serve a stage: a gRPC service with health, reflection, progress, typed errors, whole files.

    Parameters
    ----------
    stage
        What :func:`stage` made.
    host
        Host name or address to listen on.
    port
        Port; 0 takes a free one. Serving the same stage on the same port again replaces the earlier
        server.
    data_root
        Folder that the stage may read and write; ``/data`` in a request means it.
    also
        Callables that register further services on the server; given the server and the data root.
    block
        True serves until interrupted; False returns at once, and the server ends with
        :meth:`Server.stop` or as a context manager.
    **options
        As :class:`Server` takes them.

    Raises
    ------
    UsageError
        `stage` is a plain function, or the host can be reached by other machines and that was not
        asked for.
    ServiceStartError
        The port is taken by another server.

    Examples
    --------
    >>> from energykit.serving import stage
    >>> @stage("nothing")
    ... def nothing() -> None:
    ...     return None
    >>> with serve(nothing, data_root="data", block=False) as server:
    ...     server.address
    '127.0.0.1:...'
    """
    if not isinstance(stage, Stage):
        raise UsageError(
            f"{stage!r} is not a stage", hint='write @ek.stage("a-name") above the function'
        )
    key = (stage.name, host, port)
    if port and (earlier := live.forget("server", key)):
        earlier.stop(0)  # first: it has the port
    server = Server(stage, host=host, port=port, data_root=data_root, also=also, **options)
    if port:
        live.take_over("server", key, server, Server.stop)
    if block:
        sys.stdout.write(f"{server!r}; interrupt to stop\n")
        sys.stdout.flush()
        server.wait()
    return server
