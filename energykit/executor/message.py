"""Between records and the messages on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.artifacts import Skipped
from energykit.results import FileRecord, RowAdjustment, StageMetrics
from energykit.results.text import LONGEST_TEXT, escape_controls, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["bound_response", "clean_text", "metrics_of", "plain", "request_bytes"]

_LISTED = 1000
"""Entries that a record keeps of each list in a service's metrics."""
_LARGEST_RESPONSE = 64 << 10
"""A larger response is kept with its texts cut [byte]."""
_REPEATED = {"skipped", "outputs", "inputs", "output_digests", "adjustments"}
_SCALARS = tuple(field.name for field in fields(StageMetrics) if field.name not in _REPEATED)


def request_bytes(
    inputs: Sequence[str], output_file: str, parameters: Mapping[str, Any], run_id: str
) -> bytes:
    """Return the bytes of an ExecuteRequest.

    Parameters
    ----------
    inputs
        As the configuration says; a single one is sent as the original did.
    output_file
        As the configuration says.
    parameters
        Sent as a Struct; none leaves the field out, and a service then does exactly what the
        original did.
    run_id
        The run's id; empty leaves the field out.
    """
    request = pb.ExecuteRequest(
        input_file=inputs[0] if inputs else "", output_file=output_file, run_id=run_id
    )
    if len(inputs) > 1:
        request.input_files.extend(inputs)
    if parameters:
        request.parameters.update(plain(parameters))
    return request.SerializeToString(deterministic=True)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: every mapping a dict, every sequence a list."""
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


def clean_text(text: str) -> str:
    """Return a service's text as a record keeps it: no control characters, of bounded length."""
    return shorten(escape_controls(text)) if text else text


def bound_response(data: bytes) -> bytes:
    """Return a response as a record keeps it: as it came, or with its texts cut if it is large."""
    if len(data) <= _LARGEST_RESPONSE:
        return data
    response = pb.ExecuteResponse.FromString(data)
    response.message = shorten(response.message, LONGEST_TEXT // 2)
    for name in ("where", "hint"):
        text = shorten(getattr(response.error, name), LONGEST_TEXT // 4)
        if text:
            setattr(response.error, name, text)
    for name in _REPEATED:
        del getattr(response.metrics, name)[_LISTED // 10 :]
    response.DiscardUnknownFields()
    cut = response.SerializeToString()
    return cut if len(cut) <= _LARGEST_RESPONSE else b""


def metrics_of(response: pb.ExecuteResponse) -> StageMetrics | None:
    """Return what a service counted, or None where it does not say."""
    if not response.HasField("metrics"):
        return None
    metrics = response.metrics
    values: dict[str, Any] = {name: getattr(metrics, name) for name in _SCALARS}
    return StageMetrics(
        skipped=tuple(
            Skipped(reason=clean_text(part.reason), rows=part.rows, first_line=part.first_line)
            for part in metrics.skipped[:_LISTED]
        ),
        outputs=tuple(metrics.outputs[:_LISTED]),
        inputs=_read_digests(metrics.inputs),
        output_digests=_read_digests(metrics.output_digests),
        adjustments=tuple(
            RowAdjustment(what=clean_text(part.what), rows=part.rows, first_line=part.first_line)
            for part in metrics.adjustments[:_LISTED]
        ),
        **values,
    )


def _read_digests(messages: Iterable[pb.FileDigest]) -> tuple[FileRecord, ...]:
    return tuple(
        FileRecord(path=part.path, sha256=part.sha256, bytes=part.bytes)
        for part, _ in zip(messages, range(_LISTED), strict=False)
    )
