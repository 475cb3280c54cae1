"""The typed service ``energy.EnergyGenerator``, on the port of the stage."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import grpc

from energykit._proto.energy_pb2 import GenerateRequest

if TYPE_CHECKING:
    from energykit.serving import DataRoot

__all__ = ["EnergyGenerator", "register"]

_SERVICE = "energy.EnergyGenerator"
_MOST_ROWS = 250_000
"""In one call, and in all that are worked on at once: some 16 MB of messages."""


class EnergyGenerator:
    """Answers with the original's readings, as bytes: decoded they would take ten times as much."""

    def __init__(self) -> None:
        self._rows = 0
        self._lock = threading.Lock()

    def GenerateData(self, request: GenerateRequest, context: grpc.ServicerContext) -> bytes:
        """Return a GenerateResponse of `rows` readings, serialised."""
        if not 0 <= request.rows <= _MOST_ROWS:
            context.abort(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"rows = {request.rows}; give a number from 0 to {_MOST_ROWS:,}, "
                "or run the stage for more",
            )
        self._take(request.rows, context)
        from energykit.artifacts.messages import encoder_for
        from services.energy_generator.original import original_readings

        batches = list(original_readings(request.rows))
        encoder = encoder_for(batches[0].columns, where="rows")
        return b"".join(encoder.rows(batch) for batch in batches)

    def _take(self, rows: int, context: grpc.ServicerContext) -> None:
        """Count rows as long as their call lasts; more than fit at once are refused."""

        def give_back() -> None:
            with self._lock:
                self._rows -= rows

        with self._lock:
            is_free = self._rows + rows <= _MOST_ROWS
            self._rows += rows if is_free else 0
        if not is_free:
            text = f"{self._rows:,} rows are being made already; try again later"
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, text)
        if not context.add_callback(give_back):
            give_back()


def register(server: grpc.Server, root: DataRoot) -> None:
    """Serve it on a server."""
    method: Any = grpc.unary_unary_rpc_method_handler(
        EnergyGenerator().GenerateData, request_deserializer=GenerateRequest.FromString
    )
    handler = grpc.method_handlers_generic_handler(_SERVICE, {"GenerateData": method})
    server.add_generic_rpc_handlers((handler,))
