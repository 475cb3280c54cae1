"""Between records and the messages on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.artifacts import Skipped
from energykit.results import StageMetrics

__all__ = ["metrics_of", "plain", "request_bytes"]


def request_bytes(
    input_file: str, output_file: str, parameters: Mapping[str, Any], run_id: str
) -> bytes:
    """Return the bytes of an ExecuteRequest.

    Parameters
    ----------
    input_file, output_file
        As the configuration says.
    parameters
        Sent as a Struct; none leaves the field out, and a service then does exactly what the
        original did.
    run_id
        The run's id; empty leaves the field out.
    """
    request = pb.ExecuteRequest(input_file=input_file, output_file=output_file, run_id=run_id)
    if parameters:
        request.parameters.update(plain(parameters))
    return request.SerializeToString(deterministic=True)


def plain(value: Any) -> Any:
    """Return a value with every mapping as a dict and every sequence as a list, as JSON has them."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def metrics_of(response: pb.ExecuteResponse) -> StageMetrics | None:
    """Return what a service counted, or None where it does not tell."""
    if not response.HasField("metrics"):
        return None
    metrics = response.metrics
    counts = (
        "rows_in",
        "rows_out",
        "rows_skipped",
        "bytes_in",
        "bytes_out",
        "seconds",
        "output_sha256",
    )
    values = {name: getattr(metrics, name) for name in counts}
    return StageMetrics(skipped=_skipped(metrics), outputs=tuple(metrics.outputs), **values)


def _skipped(metrics: pb.StageMetrics) -> tuple[Skipped, ...]:
    return tuple(
        Skipped(reason=one.reason, rows=one.rows, first_line=one.first_line)
        for one in metrics.skipped
    )
