"""Checks of what was added to the contract: nothing is required, and what is offered must hold."""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import TYPE_CHECKING

import grpc

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.artifacts import digest
from energykit.contract.checks import (
    FOLDER,
    ORIGINAL,
    ContractBrokenError,
    NotOfferedError,
    NotReachedError,
    Subject,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["CHECKS"]

_ARTIFACT = f"/data/{FOLDER}/artifact.bin"
_BYTES = bytes(range(256)) * 8
_WITHOUT = {grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.PERMISSION_DENIED}


def _describe(subject: Subject) -> str:
    description = _ask_description(subject)
    if not description.stage:
        raise ContractBrokenError("stage is empty: say the id that configurations name")
    if description.parameters_schema:
        try:
            schema = json.loads(description.parameters_schema)
        except ValueError as exc:
            raise ContractBrokenError(f"parameters_schema is not JSON: {exc}") from None
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise ContractBrokenError(
                'parameters_schema must be a JSON Schema with "type": "object"'
            )
    artifacts = "moves artefacts" if description.serves_artifacts else "moves no artefacts"
    return f"{description.stage} {description.stage_version}, {artifacts}".strip()


def _transfer(subject: Subject) -> str | None:
    if subject.data_root is None:
        return None
    if not _ask_description(subject).serves_artifacts:
        raise NotOfferedError("artefacts: services and notebooks need one disk")
    wanted = hashlib.sha256(_BYTES).hexdigest()
    first, second = _pieces(wanted)
    if _write(subject, [first]).bytes_kept not in {0, len(first.data)}:
        raise ContractBrokenError("bytes_kept is not what came before the stream ended")
    written = _write(subject, [first, second]).written
    if (written.sha256, written.bytes) != (wanted, len(_BYTES)):
        raise ContractBrokenError("written does not say the digest and the size of what was sent")
    parts = _read(subject)
    _remove(subject)
    if b"".join(part.data for part in parts) != _BYTES or not parts[-1].is_last:
        raise ContractBrokenError(
            "what is read is not what was written, up to a piece with is_last"
        )
    if any(zlib.crc32(part.data) != part.crc32 for part in parts):
        raise ContractBrokenError("crc32 is not that of the piece's data (zlib's crc32)")
    if parts[-1].sha256 != wanted:
        raise ContractBrokenError("sha256 of the last piece is not that of the whole file")
    return f"{len(_BYTES)} bytes written and read, in pieces with checksums"


def _digests(subject: Subject) -> str | None:
    """Compare the digests of an answer with the files."""
    if subject.data_root is None:
        return None
    response = subject.execute(subject.request().SerializeToString())
    if not response.success:
        raise NotReachedError("the stage did not write its output: see above")
    metrics, root = response.metrics, subject.data_root
    if not metrics.inputs and not metrics.output_digests:
        raise NotOfferedError("digests of inputs and outputs: a run cannot show what was read")
    for entry in [*metrics.inputs, *metrics.output_digests]:
        path = root / entry.path.removeprefix("/data").lstrip("/")
        if not path.is_file() or digest(path) != entry.sha256:
            raise ContractBrokenError(f"the digest of {entry.path} is not that of the file")
    if len(metrics.output_digests) != len(metrics.outputs):
        raise ContractBrokenError(
            "output_digests and outputs differ in number: one for each, in order"
        )
    return f"{len(metrics.inputs)} read, {len(metrics.output_digests)} written"


def _ask_description(subject: Subject) -> pb.ServiceDescription:
    call = subject.connection.channel.unary_unary(
        "/ContainerExecutor/Describe",
        request_serializer=pb.DescribeRequest.SerializeToString,
        response_deserializer=pb.ServiceDescription.FromString,
    )
    try:
        return call(pb.DescribeRequest(), timeout=subject.timeout_s)
    except grpc.RpcError as exc:
        if exc.code() in _WITHOUT:
            text = "Describe: a client learns parameters and versions from the documentation only"
            raise NotOfferedError(text) from None
        raise


def _pieces(sha256: str) -> tuple[pb.ArtifactPiece, pb.ArtifactPiece]:
    half = len(_BYTES) // 2
    first, rest = _BYTES[:half], _BYTES[half:]
    size = len(_BYTES)
    return (
        pb.ArtifactPiece(
            path=_ARTIFACT, data=first, crc32=zlib.crc32(first), bytes=size, sha256=sha256
        ),
        pb.ArtifactPiece(
            offset=half, data=rest, crc32=zlib.crc32(rest), sha256=sha256, is_last=True
        ),
    )


def _write(subject: Subject, pieces: Iterable[pb.ArtifactPiece]) -> pb.WriteArtifactResponse:
    call = subject.connection.channel.stream_unary(
        "/ContainerExecutor/WriteArtifact",
        request_serializer=pb.ArtifactPiece.SerializeToString,
        response_deserializer=pb.WriteArtifactResponse.FromString,
    )
    return call(iter(list(pieces)), timeout=subject.timeout_s)


def _read(subject: Subject) -> list[pb.ArtifactPiece]:
    call = subject.connection.channel.unary_stream(
        "/ContainerExecutor/ReadArtifact",
        request_serializer=pb.ReadArtifactRequest.SerializeToString,
        response_deserializer=pb.ArtifactPiece.FromString,
    )
    return list(call(pb.ReadArtifactRequest(path=_ARTIFACT), timeout=subject.timeout_s))


def _remove(subject: Subject) -> None:
    if subject.data_root is not None:
        (subject.data_root / _ARTIFACT.removeprefix("/data/")).unlink(missing_ok=True)


CHECKS: dict[str, Callable[[Subject], str | None]] = {
    **ORIGINAL,
    "Describe says the stage and the JSON Schema of its parameters": _describe,
    "digests in the answer are those of the files": _digests,
    "an artefact travels in checksummed pieces, and a broken transfer goes on": _transfer,
}
"""Every check by what the contract asks for; each returns what was seen, or None where the service
does not offer it.
"""
