"""Remembers the services that are registered on a server, for health and reflection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import grpc

__all__ = ["Registrar"]


class Registrar:
    """Stands before a :class:`grpc.Server` while services are registered.

    Parameters
    ----------
    server
        The server that serves them.
    """

    def __init__(self, server: grpc.Server) -> None:
        self._server = server
        self.names: list[str] = []
        """Full names of the services, in the order of registration."""

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Sequence[Any]) -> None:
        """Register handlers, as :meth:`grpc.Server.add_generic_rpc_handlers` does."""
        self.names += [
            handler.service_name()
            for handler in generic_rpc_handlers
            if hasattr(handler, "service_name")
        ]
        self._server.add_generic_rpc_handlers(generic_rpc_handlers)

    def add_registered_method_handlers(
        self, service_name: str, method_handlers: Mapping[str, Any]
    ) -> None:
        """Register methods by name, as generated code does."""
        register: Any = getattr(self._server, "add_registered_method_handlers")  # noqa: B009  newer than its types
        register(service_name, method_handlers)
