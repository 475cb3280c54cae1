"""Something put before a method of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["kind_of", "wrap_handler"]

_KINDS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")


def kind_of(handler: Any) -> str:
    """Return whether requests and responses of a handler are one or a stream."""
    return next(kind for kind in _KINDS if getattr(handler, kind) is not None)


def wrap_handler(
    handler: Any,
    around: Callable[[Callable[[Any, grpc.ServicerContext], Any]], Any],
    *,
    takes_bytes: bool = False,
) -> Any:
    """Return a handler of the same kind with another behaviour.

    Parameters
    ----------
    handler
        What :class:`grpc.Server` knows of a method.
    around
        From the behaviour to the one that is called instead.
    takes_bytes
        Whether the new behaviour is given the bytes of a request, not yet decoded.
    """
    kind = kind_of(handler)
    return getattr(grpc, f"{kind}_rpc_method_handler")(
        around(getattr(handler, kind)),
        None if takes_bytes else handler.request_deserializer,
        handler.response_serializer,
    )
