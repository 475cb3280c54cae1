"""Where the pieces of an artefact come from: another service, or a file of this machine."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.errors import ArtifactError
from energykit.executor.connection import end_call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from energykit.executor.connection import Connection

__all__ = ["AGAIN", "ArtifactEnd", "ArtifactSource"]

AGAIN = "run it again; where it happens twice, look at the network and the disks"
"""What to do about a transfer that did not come about."""
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ArtifactEnd:
    """One end of a transfer."""

    connection: Connection
    """To the service."""
    name: str
    """Stage and address, for records and messages."""


class ArtifactSource:
    """A file in pieces, read as far as it goes: what ends it is kept in `failure`.

    gRPC reports an error of the pieces that it sends as UNKNOWN, without its cause; so they end
    instead, and the receiver says how much it has.

    Parameters
    ----------
    origin
        The service that has the file, or its place on this machine.
    path
        As the configuration says.
    sha256
        Digest of the file, where it is known.
    timeout_s
        Deadline of each reading [s].
    """

    def __init__(
        self, origin: ArtifactEnd | Path, path: str, *, sha256: str, timeout_s: float
    ) -> None:
        self.name = origin.name if isinstance(origin, ArtifactEnd) else "client"
        """Stage and address, or ``client``."""
        self.failure: ArtifactError | grpc.RpcError | None = None
        """What ended the last reading too early."""
        self._origin = origin
        self._path = path
        self._sha256 = sha256
        self._timeout_s = timeout_s

    def read(self, offset: int) -> Iterator[pb.ArtifactPiece | bytes]:
        """Yield the pieces from an offset on; those that are passed on, as they came."""
        self.failure = None
        try:
            if isinstance(self._origin, ArtifactEnd):
                yield from self._ask(self._origin, offset)
            else:
                yield from self._cut(self._origin, offset)
        except OSError as exc:
            what = f"cannot be read: {exc.strerror or exc}"
            self.failure = ArtifactError(what, where=self._path, hint=AGAIN)
        except (ArtifactError, grpc.RpcError) as exc:
            self.failure = exc

    def _ask(self, origin: ArtifactEnd, offset: int) -> Iterator[bytes]:
        request = pb.ReadArtifactRequest(path=self._path, offset=offset)
        stream = origin.connection.relay_artifact(request, timeout=self._timeout_s)
        try:
            for encoded in stream:
                piece = pb.ArtifactPiece.FromString(encoded)
                if piece.is_last:
                    self._check_digest(piece)
                elif piece.path:
                    piece.sha256 = self._sha256  # the target keeps what it can name
                    yield piece.SerializeToString()
                    continue
                yield encoded
        finally:
            end_call(stream)

    def _check_digest(self, last: pb.ArtifactPiece) -> None:
        """Refuse a file that is another one now, before its last piece is sent."""
        if self._sha256 and last.sha256 != self._sha256:
            now, was = last.sha256[:12], self._sha256[:12]
            what = f"{self._path!r} is another file now: its digest is {now}, and was {was}"
            raise ArtifactError(what, where=self.name, hint="run the stage that writes it again")

    def _cut(self, file: Path, offset: int) -> Iterator[pb.ArtifactPiece]:
        """Yield the pieces of a file of this machine."""
        size, first = file.stat().st_size, offset
        with file.open("rb", buffering=0) as source:
            source.seek(offset)
            while True:
                data, at = source.read(_PIECE_BYTES), offset
                offset += len(data)
                is_last = offset >= size or not data
                yield pb.ArtifactPiece(
                    path=self._path if at == first else "",
                    bytes=size if at == first else 0,
                    offset=at,
                    data=data,
                    crc32=zlib.crc32(data),
                    is_last=is_last,
                    sha256=self._sha256 if at == first or is_last else "",
                )
                if is_last:
                    return
