"""Something put before a method of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["check_first", "kind_of", "wrap_handler"]

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


def check_first(handler: Any, check: Callable[[grpc.ServicerContext], None]) -> Any:
    """Return a handler that looks at the caller before it waits for the request.

    gRPC gives a handler of one request its thread first and waits in it for that request. Whoever
    opens calls and sends nothing would hold all threads before anybody asks who it is. So requests
    are taken as a stream, which is the same on the wire, and read when the caller has been let in.

    Parameters
    ----------
    handler
        What :class:`grpc.Server` knows of a method.
    check
        Ends the call of a caller who is refused.
    """
    kind = kind_of(handler)
    behaviour = getattr(handler, kind)
    takes_one = kind.startswith("unary")

    def call(requests: Iterable[Any], context: grpc.ServicerContext) -> Any:
        check(context)
        return behaviour(_only(requests, context) if takes_one else requests, context)

    return getattr(grpc, f"stream_{kind.partition('_')[2]}_rpc_method_handler")(
        call, handler.request_deserializer, handler.response_serializer
    )


def _only(requests: Iterable[Any], context: grpc.ServicerContext) -> Any:
    for request in requests:
        return request
    return context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the call ended without a request")
