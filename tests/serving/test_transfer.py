"""Artefacts over the wire: whole, checked, resumable, confined, bounded."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
import zlib
from contextlib import contextmanager

import grpc
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.serving import serve, stage
from energykit.serving.limits import ServerLimits
from energykit.serving.transfer import PIECE_BYTES
from tests.other_account import STRANGER, needs_two_accounts

DATA = bytes(range(256)) * (10 * PIECE_BYTES // 1024) + b"the end"


@stage("keeps")
def keeps() -> str:
    return "kept"


@pytest.fixture
def stub(client_of):
    return client_of(keeps)._stub


def pieces(data=DATA, path="/data/a.bin", start=0, step=PIECE_BYTES, sha256="", known=True):
    digest = sha256 or hashlib.sha256(data).hexdigest()
    for offset in range(start, len(data), step):
        part = data[offset : offset + step]
        yield pb.ArtifactPiece(
            path=path if offset == start else "",
            offset=offset,
            data=part,
            crc32=zlib.crc32(part),
            bytes=len(data) if offset == start else 0,
            sha256=digest if known or offset + step >= len(data) else "",
            is_last=offset + step >= len(data),
        )


def write(stub, parts):
    return stub.WriteArtifact(iter(parts), timeout=20)


def read(stub, **request):
    return list(stub.ReadArtifact(pb.ReadArtifactRequest(**request), timeout=20))


def kept(stub, data=DATA, path="/data/a.bin"):
    first = pb.ArtifactPiece(path=path, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    return write(stub, [first]).bytes_kept


@needs_two_accounts
def test_what_another_account_began_is_not_gone_on_with(stub, data_root):
    """It could change what comes, after its digest was looked at."""
    part = data_root / f".a.bin.{hashlib.sha256(DATA).hexdigest()[:16]}.part"
    part.touch()
    os.chown(part, STRANGER, STRANGER)
    with pytest.raises(grpc.RpcError) as caught:
        write(stub, pieces())
    assert "was begun by another user" in caught.value.details()
    assert not part.stat().st_size
    assert not (data_root / "a.bin").exists()


def test_what_is_written_is_read_again(stub, data_root):
    written = write(stub, pieces(path="/data/new/a.bin")).written
    assert (written.path, written.bytes) == ("/data/new/a.bin", len(DATA))
    assert written.sha256 == hashlib.sha256(DATA).hexdigest()
    assert (data_root / "new" / "a.bin").read_bytes() == DATA
    parts = read(stub, path="/data/new/a.bin")
    assert b"".join(part.data for part in parts) == DATA
    assert all(zlib.crc32(part.data) == part.crc32 for part in parts)
    assert (parts[0].path, parts[0].bytes) == ("/data/new/a.bin", len(DATA))
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].sha256 == written.sha256
    assert max(len(part.data) for part in parts) == PIECE_BYTES


@pytest.mark.parametrize("offset", [0, 1, PIECE_BYTES + 3, len(DATA)])
@pytest.mark.parametrize("known", [False, True])
def test_a_file_is_read_from_an_offset_on(stub, data_root, offset, known):
    (data_root / "a.bin").write_bytes(DATA)
    sha256 = hashlib.sha256(DATA).hexdigest()
    parts = read(stub, path="/data/a.bin", offset=offset, sha256=sha256 if known else "")
    assert b"".join(part.data for part in parts) == DATA[offset:]
    assert parts[0].offset == offset
    assert parts[-1].sha256 == sha256


def test_an_empty_file_is_one_piece(stub, data_root):
    (data_root / "a.bin").write_bytes(b"")
    (part,) = read(stub, path="/data/a.bin")
    assert (part.is_last, part.sha256) == (True, hashlib.sha256(b"").hexdigest())
    last = pb.ArtifactPiece(path="/data/b.bin", is_last=True, sha256=part.sha256)
    assert write(stub, [last]).written.bytes == 0
    assert (data_root / "b.bin").read_bytes() == b""


def test_a_transfer_that_broke_goes_on_where_it_stopped(stub, data_root):
    (data_root / "a.bin").write_bytes(b"old")
    assert write(stub, list(pieces())[:1]).bytes_kept == PIECE_BYTES
    assert (data_root / "a.bin").read_bytes() == b"old"
    assert kept(stub) == PIECE_BYTES
    assert write(stub, pieces(start=PIECE_BYTES)).written.bytes == len(DATA)
    assert (data_root / "a.bin").read_bytes() == DATA
    assert kept(stub) == 0
    assert sorted(path.name for path in data_root.iterdir()) == ["a.bin", "in.csv"]


def test_what_came_of_another_file_is_not_continued_and_not_left(stub, data_root):
    write(stub, list(pieces())[:1])
    other = DATA[::-1]
    assert kept(stub, other) == 0
    assert write(stub, pieces(other)).written.bytes == len(DATA)
    assert (data_root / "a.bin").read_bytes() == other
    assert sorted(path.name for path in data_root.iterdir()) == ["a.bin", "in.csv"]


def test_nothing_is_kept_without_a_digest(stub, data_root):
    write(stub, list(pieces(known=False))[:1])
    assert [path.name for path in data_root.iterdir()] == ["in.csv"]


def test_a_written_file_has_the_usual_permissions_and_keeps_those_of_an_old_one(stub, data_root):
    write(stub, pieces())
    umask = os.umask(0o022)
    os.umask(umask)
    assert stat.S_IMODE((data_root / "a.bin").stat().st_mode) == 0o666 & ~umask
    (data_root / "a.bin").chmod(0o600)
    write(stub, pieces())
    assert stat.S_IMODE((data_root / "a.bin").stat().st_mode) == 0o600


def damaged(position):
    parts = list(pieces())
    parts[position].data = b"x" + parts[position].data[1:]
    return parts


@pytest.mark.parametrize(
    ("parts", "code", "text"),
    [
        ([], "INVALID_ARGUMENT", "no piece came"),
        (damaged(1), "DATA_LOSS", "was damaged on the way"),
        (list(pieces(sha256="0" * 64)), "DATA_LOSS", "the bytes that came have the digest"),
        (list(pieces(start=PIECE_BYTES)), "FAILED_PRECONDITION", "and 0 bytes have come"),
        (list(pieces())[::2], "FAILED_PRECONDITION", f"and {PIECE_BYTES} bytes have come"),
        (list(pieces(path="/data/../a")), "INVALID_ARGUMENT", "holds '..'"),
        (list(pieces(path="/data")), "INVALID_ARGUMENT", "is a folder"),
        (list(pieces(path="/etc/passwd")), "INVALID_ARGUMENT", "outside the data root"),
        (
            [pb.ArtifactPiece(path="a", bytes=1 << 62)],
            "RESOURCE_EXHAUSTED",
            "more than the 68719476736 that this service takes",
        ),
        (
            [pb.ArtifactPiece(path="a", bytes=3, data=b"long", crc32=zlib.crc32(b"long"))],
            "FAILED_PRECONDITION",
            "was to have 3 bytes, and has 4",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_and_the_target_stands(
    stub, data_root, parts, code, text
):
    (data_root / "a.bin").write_bytes(b"old")
    with pytest.raises(grpc.RpcError) as caught:
        write(stub, parts)
    assert (caught.value.code().name, text in caught.value.details()) == (code, True), caught.value
    assert (data_root / "a.bin").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("request_fields", "code", "text"),
    [
        ({"path": "/data/none"}, "NOT_FOUND", "there is no such file"),
        ({"path": "/data"}, "INVALID_ARGUMENT", "is a directory"),
        ({"path": "/data/../x"}, "INVALID_ARGUMENT", "holds '..'"),
        ({"path": "in.csv", "offset": 1 << 40}, "OUT_OF_RANGE", "is to be read from byte"),
        ({"path": "in.csv", "offset": -1}, "OUT_OF_RANGE", "is to be read from byte"),
        ({"path": "in.csv", "sha256": "0" * 64}, "FAILED_PRECONDITION", "has the digest"),
    ],
)
def test_what_cannot_be_read_is_refused(stub, request_fields, code, text):
    with pytest.raises(grpc.RpcError) as caught:
        read(stub, **request_fields)
    assert (caught.value.code().name, text in caught.value.details()) == (code, True), caught.value


@contextmanager
def a_transfer_under_way(stub, data_root):
    """Begin a transfer, and finish it at the end."""
    parts, may_go_on = list(pieces()), threading.Event()

    def slowly():
        yield parts[0]
        assert may_go_on.wait(20)
        yield from parts[1:]

    answer = stub.WriteArtifact.future(slowly(), timeout=30)
    end = time.monotonic() + 10
    while not list(data_root.glob(".a.bin.*.part")):
        assert time.monotonic() < end
        time.sleep(0.01)
    try:
        yield
    finally:
        may_go_on.set()
        assert answer.result().written.bytes == len(DATA)


def test_two_transfers_of_one_file_exclude_each_other(stub, data_root):
    with a_transfer_under_way(stub, data_root), pytest.raises(grpc.RpcError) as caught:
        write(stub, pieces())
    assert caught.value.code() is grpc.StatusCode.ABORTED
    assert "/data/a.bin: is being transferred already" in caught.value.details()


def test_more_transfers_than_places_are_refused(client_of, data_root):
    stub = client_of(keeps, limits=ServerLimits(transfers=1))._stub
    with (
        a_transfer_under_way(stub, data_root),
        pytest.raises(grpc.RpcError, match="already runs 1 transfers"),
    ):
        read(stub, path="/data/in.csv")
    assert read(stub, path="/data/in.csv")


def test_artifacts_are_not_served_where_nobody_is_asked_who_calls(data_root, connect):
    with serve(
        keeps, host="0.0.0.0", data_root=data_root, block=False, is_public_allowed=True
    ) as it:
        stub = connect(f"127.0.0.1:{it.address.rpartition(':')[2]}")._stub
        assert not stub.Describe(pb.DescribeRequest(), timeout=5).serves_artifacts
        with pytest.raises(grpc.RpcError, match="serves no artefacts; start it with --artifacts"):
            read(stub, path="/data/in.csv")


def test_a_slow_reader_keeps_memory_small(client_of, data_root):
    import psutil

    (data_root / "large.bin").write_bytes(bytes(64 << 20))
    stub, process = client_of(keeps)._stub, psutil.Process()
    stream = stub.ReadArtifact(pb.ReadArtifactRequest(path="/data/large.bin"), timeout=60)
    next(stream)
    before, size = process.memory_info().rss, PIECE_BYTES
    for piece in stream:
        size += len(piece.data)
    assert size == 64 << 20
    assert process.memory_info().rss - before < 48 << 20
