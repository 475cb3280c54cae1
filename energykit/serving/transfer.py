"""Artefacts over the wire, in checksummed pieces: read from an offset on, written and resumed."""

from __future__ import annotations

import os
import shutil
import stat
import zlib
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.artifacts.atomic import explain_write_errors
from energykit.artifacts.checksum import PassingDigest
from energykit.artifacts.partial import PartialFile
from energykit.errors import ArtifactError
from energykit.serving.opened import held_folder, open_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from energykit.serving.paths import DataRoot

__all__ = ["PIECE_BYTES", "read_pieces", "write_pieces"]

PIECE_BYTES = 1 << 20
"""Bytes of a piece that is sent [B]."""


def read_pieces(request: pb.ReadArtifactRequest, root: DataRoot) -> Iterator[pb.ArtifactPiece]:
    """Yield an artefact in pieces, from an offset on.

    Raises
    ------
    PathRefusedError
        The path leaves the data root.
    ArtifactError
        There is no such file, it has another digest than the request says, the offset is behind its
        end, or it is written to meanwhile.
    """
    handle = _open(request.path, root)
    try:
        yield from _pieces(request, handle)
    finally:
        os.close(handle)


def _open(wire_path: str, root: DataRoot) -> int:
    path = root.relative(wire_path)
    if not path.name:
        raise ArtifactError("is a directory, not a file", where=wire_path, hint="name a file")
    try:
        handle = open_file(root.folder, path)
    except FileNotFoundError:
        hint = "check the path, and whether the stage that writes it has run"
        raise ArtifactError(
            "there is no such file", where=wire_path, hint=hint, code="NOT_FOUND"
        ) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ArtifactError("is a directory, not a file", where=wire_path, hint="name a file")
    return handle


def _pieces(request: pb.ReadArtifactRequest, handle: int) -> Iterator[pb.ArtifactPiece]:
    before = os.fstat(handle)
    size, path = before.st_size, request.path
    _check_request(request, handle, size)
    with closing(PassingDigest()) as digest:
        _hash_to(handle, request.offset, digest)
        for offset, data in _blocks(handle, request.offset, size):
            digest.update(data)
            is_first, is_last = offset == request.offset, offset + len(data) >= size
            if is_last or not data:
                _check_unchanged(path, before, os.fstat(handle))
            yield pb.ArtifactPiece(
                path=path if is_first else "",
                offset=offset,
                data=data,
                crc32=zlib.crc32(data),
                bytes=size if is_first else 0,
                sha256=digest.hexdigest() if is_last else "",
                is_last=is_last,
            )


def _blocks(handle: int, offset: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield blocks up to an end, each with its offset; an empty one where there are no bytes."""
    while True:
        data = os.pread(handle, min(PIECE_BYTES, end - offset), offset)
        yield offset, data
        offset += len(data)
        if offset >= end or not data:
            return


def _hash_to(handle: int, end: int, digest: PassingDigest) -> None:
    """Hash the first bytes of a file."""
    for _, data in _blocks(handle, 0, end):
        digest.update(data)


def _check_request(request: pb.ReadArtifactRequest, handle: int, size: int) -> None:
    """Refuse an offset behind the end, and another file than the client names, before any byte."""
    if not 0 <= request.offset <= size:
        what = f"has {size} bytes, and is to be read from byte {request.offset} on"
        raise ArtifactError(
            what, where=request.path, hint="read it from byte 0", code="OUT_OF_RANGE"
        )
    if not request.sha256:
        return
    with closing(PassingDigest()) as whole:
        _hash_to(handle, size, whole)
        digest = whole.hexdigest()
    if digest != request.sha256:
        what = f"has the digest {digest[:12]}…, not {request.sha256[:12]}…"
        hint = "it was replaced since: read it again, without sha256"
        raise ArtifactError(what, where=request.path, hint=hint, code="FAILED_PRECONDITION")


def _check_unchanged(path: str, before: os.stat_result, now: os.stat_result) -> None:
    """Refuse a file that was written into while it was read."""
    if (before.st_mtime_ns, before.st_size) != (now.st_mtime_ns, now.st_size):
        hint = "read it again; replace a file in one step instead of writing into it"
        raise ArtifactError(
            "was written to while it was read", where=path, hint=hint, code="ABORTED"
        )


def write_pieces(
    pieces: Iterable[pb.ArtifactPiece], root: DataRoot, *, most_bytes: int
) -> pb.WriteArtifactResponse:
    """Write an artefact from pieces; the target is replaced when the last has come and all fits.

    A stream that ends before the last piece is answered with how many bytes are kept for the next
    attempt; that is also how to ask for it, with a first piece that has no data. Bytes are kept
    where the first piece has the digest of the whole.

    Parameters
    ----------
    pieces
        The first has the path and the size, the last the digest.
    root
        The data root.
    most_bytes
        Largest file that is taken [B].

    Raises
    ------
    PathRefusedError
        The path leaves the data root.
    ArtifactError
        A piece is damaged or in the wrong place, the file is too large, or the disk is full.
    """
    stream = iter(pieces)
    first = next(stream, None)
    if first is None:
        raise ArtifactError("no piece came", where="WriteArtifact", hint="send the path first")
    try:
        return _write(first, stream, root, most_bytes)
    except ArtifactError as exc:  # by the name that the client knows
        raise ArtifactError(exc.what, where=first.path, hint=exc.hint, code=exc.code) from exc


def _write(
    first: pb.ArtifactPiece, stream: Iterator[pb.ArtifactPiece], root: DataRoot, most_bytes: int
) -> pb.WriteArtifactResponse:
    target = root.resolve_output(first.path)
    with ExitStack() as held:
        with explain_write_errors(target):
            inside = target.parent.relative_to(root.folder)
            folder = held.enter_context(held_folder(root.folder, inside, creates=True))
        _check_size(first, folder, most_bytes)
        partial = held.enter_context(PartialFile(folder / target.name, first.sha256))
        if first.data and first.offset == 0:
            partial.restart()
        return _take(first, stream, partial)


def _take(
    first: pb.ArtifactPiece, stream: Iterator[pb.ArtifactPiece], partial: PartialFile
) -> pb.WriteArtifactResponse:
    """Take pieces until the last."""
    piece: pb.ArtifactPiece | None = first
    while piece is not None:
        data = piece.data  # each look at it is a copy
        if data or piece.is_last:
            _append(piece, data, first, partial)
        if piece.is_last:
            digest = partial.finish(piece.sha256 or first.sha256)
            written = pb.FileDigest(path=first.path, sha256=digest, bytes=partial.size)
            return pb.WriteArtifactResponse(written=written)
        piece = next(stream, None)
    return pb.WriteArtifactResponse(bytes_kept=partial.size)


def _append(
    piece: pb.ArtifactPiece, data: bytes, first: pb.ArtifactPiece, partial: PartialFile
) -> None:
    """Take the bytes of a piece if they are whole and where they belong."""
    end = piece.offset + len(data)
    what, code = "", "FAILED_PRECONDITION"
    if piece.offset != partial.size:
        what = f"a piece begins at byte {piece.offset}, and {partial.size} bytes have come"
    elif zlib.crc32(data) != piece.crc32:
        what, code = f"the piece at byte {piece.offset} was damaged on the way", "DATA_LOSS"
    elif end > first.bytes or (piece.is_last and end != first.bytes):
        what = f"the file was to have {first.bytes} bytes, and has {end}"
    if what:
        raise ArtifactError(what, where=first.path, hint="ask what is kept, go on there", code=code)
    partial.append(data)


def _check_size(first: pb.ArtifactPiece, folder: Path, most_bytes: int) -> None:
    """Refuse what is too large before it fills the disk."""
    free = shutil.disk_usage(folder).free
    if first.bytes > most_bytes:
        what = f"has {first.bytes} bytes, more than the {most_bytes} that this service takes"
        hint = "start the service with a larger --artifact-bytes"
    elif first.bytes > free:
        what, hint = f"has {first.bytes} bytes, and {free} are free on the disk", "make room there"
    else:
        return
    raise ArtifactError(what, where=first.path, hint=hint, code="RESOURCE_EXHAUSTED")
