"""Moving an artefact between data roots that are not shared: in pieces, checksummed, resumable.

A piece at a time is in memory. Where a transfer breaks, the target says how much it has kept, and
the source is read on from there.
"""

from __future__ import annotations

import time
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Any

import grpc

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.artifacts.checksum import PassingDigest
from energykit.errors import ArtifactError
from energykit.executor.artifact_source import AGAIN, ArtifactEnd, ArtifactSource
from energykit.executor.connection import end_call
from energykit.executor.message import clean_text
from energykit.results import Transfer

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ArtifactEnd", "download", "has_artifact", "move", "upload"]

_ATTEMPTS = 6
_BLOCK_BYTES = 1 << 20
_ASK_S = 10.0
_PAUSE_S = 0.2
"""Before the second attempt [s]; twice as long before each further one: 6 s in all."""
_BEHIND = 1 << 62
"""An offset behind the end of every file [B]."""
_REFUSES_OFFSET = {grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.INVALID_ARGUMENT}
"""How services refuse it of a file that they have."""
_PASSING = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DATA_LOSS, grpc.StatusCode.ABORTED}
"""A broken connection, a damaged piece, a part that somebody else writes: worth another attempt."""


def has_artifact(end: ArtifactEnd, path: str, sha256: str = "") -> bool:
    """Return whether a service has a file, with a digest where one is asked for.

    Without a digest it is asked for what lies behind every end: refusing that ends the call, while
    a call that is cancelled at its first piece would keep the service from stopping at once.
    """
    request = pb.ReadArtifactRequest(path=path, offset=0 if sha256 else _BEHIND, sha256=sha256)
    stream = end.connection.read_artifact(request, timeout=_ASK_S)
    try:
        next(iter(stream), None)
    except grpc.RpcError as exc:
        if not sha256 and _code(exc) in _REFUSES_OFFSET:
            return True
        if _code(exc) in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION}:
            return False
        raise _explain(exc, path, end.name, end.name) from exc
    finally:
        end_call(stream)
    return True


def move(
    source: ArtifactEnd, target: ArtifactEnd, path: str, *, sha256: str, timeout_s: float
) -> Transfer:
    """Copy a file of one service's data root to the same path in another's.

    Parameters
    ----------
    source, target
        The services.
    path
        As the configuration says.
    sha256
        Digest of the file, where it is known: a target that has it already gets no byte.
    timeout_s
        Deadline of the whole transfer [s].

    Raises
    ------
    energykit.errors.ArtifactError
        It did not come about; the target is as it was.
    """
    origin = ArtifactSource(source, path, sha256=sha256, timeout_s=timeout_s)
    return _send(origin, target, path, sha256=sha256, timeout_s=timeout_s)


def upload(
    file: Path, target: ArtifactEnd, path: str, *, sha256: str, timeout_s: float
) -> Transfer:
    """Copy a file of this machine into a service's data root; see `move`."""
    origin = ArtifactSource(file, path, sha256=sha256, timeout_s=timeout_s)
    return _send(origin, target, path, sha256=sha256, timeout_s=timeout_s)


def download(source: ArtifactEnd, path: str, file: Path, *, timeout_s: float) -> str:
    """Copy a file of a service's data root to this machine, and return its digest.

    Parameters
    ----------
    source
        The service.
    path
        As the configuration says.
    file
        Is written; what is there already is taken for the beginning of it.
    timeout_s
        Deadline [s].

    Raises
    ------
    energykit.errors.ArtifactError
        It did not come about, or the bytes are not what the service says.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _receive(source, path, file, timeout_s)
        except grpc.RpcError as exc:
            if _code(exc) not in _PASSING or attempt == _ATTEMPTS:
                raise _explain(exc, path, source.name, "client") from exc
            _pause(attempt)
    raise AssertionError


def _receive(source: ArtifactEnd, path: str, file: Path, timeout_s: float) -> str:
    expected = ""
    with file.open("a+b", buffering=0) as target, closing(PassingDigest()) as digest:
        target.seek(0)
        while block := target.read(_BLOCK_BYTES):
            digest.update(block)
        request = pb.ReadArtifactRequest(path=path, offset=target.tell())
        for piece in source.connection.read_artifact(request, timeout=timeout_s):
            data = piece.data  # each look at it is a copy
            _check_piece(piece, data, target.tell(), path)
            digest.update(data)
            target.write(data)
            expected = piece.sha256 if piece.is_last else ""
        sha256 = digest.hexdigest()
    if expected != sha256:
        file.unlink()
        what = "it did not come to its end" if not expected else "its digest is another one"
        raise ArtifactError(f"{path!r} was not received: {what}", where=source.name, hint=AGAIN)
    return sha256


def _check_piece(piece: pb.ArtifactPiece, data: bytes, offset: int, path: str) -> None:
    if piece.offset != offset or zlib.crc32(data) != piece.crc32:
        raise ArtifactError(
            f"a piece of {path!r} at byte {offset} is damaged", where=path, hint=AGAIN
        )


def _send(
    source: ArtifactSource, target: ArtifactEnd, path: str, *, sha256: str, timeout_s: float
) -> Transfer:
    begun_s = time.monotonic()
    was_there = bool(sha256) and has_artifact(target, path, sha256)
    attempt, written = 1, pb.FileDigest(path=path, sha256=sha256)
    while not was_there:
        try:
            written = _try_once(source, target, path, sha256, timeout_s, is_first=attempt == 1)
            break
        except grpc.RpcError as exc:
            if _code(exc) not in _PASSING or attempt == _ATTEMPTS:
                raise _explain(exc, path, source.name, target.name) from exc
        _pause(attempt)
        attempt += 1
    return Transfer(
        path=path,
        source=source.name,
        target=target.name,
        bytes=written.bytes,
        seconds=time.monotonic() - begun_s,
        sha256=written.sha256,
        attempts=attempt,
        was_there=was_there,
    )


def _try_once(
    source: ArtifactSource,
    target: ArtifactEnd,
    path: str,
    sha256: str,
    timeout_s: float,
    *,
    is_first: bool,
) -> pb.FileDigest:
    """Send what the target does not have, and return what it has written."""
    offset = 0 if is_first else _ask_kept(target, path, sha256)
    try:
        response = target.connection.write_artifact(source.read(offset), timeout=timeout_s)
    except grpc.RpcError:
        if source.failure is None:
            raise
    if source.failure is not None:  # the cause, whatever the target says of the missing pieces
        raise source.failure
    return response.written


def _pause(attempt: int) -> None:
    time.sleep(_PAUSE_S * 2 ** (attempt - 1))


def _ask_kept(target: ArtifactEnd, path: str, sha256: str) -> int:
    """Return how much of an unfinished transfer the target has kept [byte]."""
    opening = pb.ArtifactPiece(path=path, sha256=sha256)
    response = target.connection.write_artifact(iter([opening]), timeout=_ASK_S)
    return int(response.bytes_kept)


def _code(exc: Any) -> grpc.StatusCode:
    code: grpc.StatusCode = exc.code()
    return code


def _explain(exc: Any, path: str, source: str, target: str) -> ArtifactError:
    details = clean_text(exc.details() or "")
    code = _code(exc)
    what = f"{path!r} could not be moved from {source} to {target}: {code.name}: {details}"
    hint = AGAIN
    if code is grpc.StatusCode.UNIMPLEMENTED:
        hint = "both services have to offer ReadArtifact and WriteArtifact, or share a data root"
    return ArtifactError(what, where=path, hint=hint, code=code.name)
