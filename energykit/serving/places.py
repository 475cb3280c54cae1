"""How much a server takes on at once: places for calls, and bytes of typed messages."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc

from energykit.serving.handler import kind_of, wrap_handler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["CallPlaces", "TypedCallLimit"]

_OWN_SERVICES = ("ContainerExecutor", "grpc.health.v1.Health", "grpc.reflection.")
_TRY_LATER = "try again later"


class CallPlaces:
    """A number of places; who finds none is refused with RESOURCE_EXHAUSTED.

    Parameters
    ----------
    service
        Name for the refusal.
    count
        How many.
    what
        What takes a place, in the plural.
    """

    def __init__(self, service: str, count: int, what: str = "calls") -> None:
        self._service = service
        self._count = count
        self._what = what
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """CallPlaces that are taken now."""
        return self._taken

    def take(self, context: grpc.ServicerContext) -> None:
        """Take a place, or end the call."""
        with self._lock:
            is_free = self._taken < self._count
            self._taken += is_free
        if not is_free:
            text = f"{self._service} already runs {self._count} {self._what}; {_TRY_LATER}"
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, text)

    def leave(self) -> None:
        """Give the place back."""
        with self._lock:
            self._taken -= 1


class TypedCallLimit(grpc.ServerInterceptor):
    """Lets calls of further services take a place each, and decode only so many bytes at once.

    Decoded messages take many times their bytes; so it is their sum over all calls that is bounded.

    Parameters
    ----------
    service
        Name for the refusal.
    places
        Shared with the calls of the stage.
    most_bytes
        Bytes of requests that are worked on at once [B]; one larger request is worked on alone.
    """

    def __init__(self, service: str, places: CallPlaces, most_bytes: int) -> None:
        self._service = service
        self._places = places
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = threading.Lock()

    def intercept_service(
        self, continuation: Callable[[Any], Any], handler_call_details: Any
    ) -> Any:
        """Return the handler of a call; that of a further service behind the limits."""
        handler = continuation(handler_call_details)
        service = handler_call_details.method.lstrip("/").partition("/")[0]
        if handler is None or service.startswith(_OWN_SERVICES):
            return handler
        if kind_of(handler) != "unary_unary":
            return handler
        decode = handler.request_deserializer

        def limited(behaviour: Callable[[Any, grpc.ServicerContext], Any]) -> Any:
            def call(data: bytes, context: grpc.ServicerContext) -> Any:
                with self._place(len(data), context):
                    return behaviour(decode(data), context)

            return call

        return wrap_handler(handler, limited, takes_bytes=True)

    @contextmanager
    def _place(self, size: int, context: grpc.ServicerContext) -> Iterator[None]:
        self._places.take(context)
        try:
            with self._lock:
                is_free = not self._bytes or self._bytes + size <= self._most_bytes
                self._bytes += size if is_free else 0
            if not is_free:
                text = f"{self._service} already works on {self._bytes:,} bytes; {_TRY_LATER}"
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
            try:
                yield
            finally:
                with self._lock:
                    self._bytes -= size
        finally:
            self._places.leave()
