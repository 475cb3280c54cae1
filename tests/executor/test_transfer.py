"""Services with data roots of their own: artefacts are moved, checked, resumed, and recorded."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import time
import uuid
import zlib
from concurrent import futures
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

import grpc
import pandas as pd
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.config import load_config, parse_config
from energykit.errors import ArtifactError
from energykit.executor import Moved, run, steps
from energykit.executor.connection import Connection
from energykit.executor.transfer import ArtifactEnd, has_artifact
from energykit.launcher import local_services
from energykit.results import load_run

PIECE = 64 << 10
ROOT = Path(__file__).parents[2]


class Storing(stubs.ContainerExecutorServicer):
    """A service on a disk of its own: its stage copies its inputs, one after another."""

    def __init__(self, root):
        self.root = root
        self.root_id = uuid.uuid4().hex
        self.breaks_after = None
        """Pieces that are taken before the connection breaks once."""
        self.damages = False
        """Changes a byte on the way once."""
        self.stops_after = None
        """Pieces that are sent before the connection breaks once."""
        self.is_full = False
        self.offsets = []
        """Where each transfer to this service began."""

    def path(self, name):
        return self.root / PurePosixPath(name).relative_to("/data")

    def Execute(self, request, context):
        names = list(request.input_files) or [request.input_file]
        if missing := [name for name in names if not self.path(name).exists()]:
            return pb.ExecuteResponse(success=False, message=f"no file {missing[0]}")
        data = b"".join(self.path(name).read_bytes() for name in names)
        self.path(request.output_file).write_bytes(data)
        metrics = pb.StageMetrics(
            bytes_out=len(data),
            output_sha256=hashlib.sha256(data).hexdigest(),
            outputs=[request.output_file],
        )
        return pb.ExecuteResponse(success=True, message="copied", metrics=metrics)

    def Describe(self, request, context):
        return pb.ServiceDescription(
            stage="copy",
            data_root_id=self.root_id,
            serves_artifacts=True,
            versions={"polars": "9.9"},
        )

    def ReadArtifact(self, request, context):
        path = self.path(request.path)
        if not path.is_file():
            context.abort(grpc.StatusCode.NOT_FOUND, "no such file")
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if request.sha256 and request.sha256 != sha256:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"its digest is {sha256}")
        for at in range(request.offset, max(len(data), 1), PIECE):
            if self.stops_after == at // PIECE:
                self.stops_after = None
                context.abort(grpc.StatusCode.UNAVAILABLE, "the machine went away")
            part = data[at : at + PIECE]
            is_last = at + PIECE >= len(data)
            crc = zlib.crc32(part)
            if self.damages:
                part, self.damages = b"?" + part[1:], False
            yield pb.ArtifactPiece(
                path=request.path if at == request.offset else "",
                bytes=len(data) if at == request.offset else 0,
                offset=at,
                data=part,
                crc32=crc,
                is_last=is_last,
                sha256=sha256 if is_last else "",
            )

    def WriteArtifact(self, pieces, context):
        if self.is_full:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "the disk is full")
        part = None
        for number, piece in enumerate(pieces):
            if part is None:
                target = self.path(piece.path)
                part = target.with_name(f".{target.name}.part")
                part.touch()
                if not piece.data and not piece.is_last:
                    return pb.WriteArtifactResponse(bytes_kept=part.stat().st_size)
                self.offsets.append(piece.offset)
            if zlib.crc32(piece.data) != piece.crc32 or part.stat().st_size != piece.offset:
                context.abort(grpc.StatusCode.DATA_LOSS, "a damaged piece")
            if number == self.breaks_after:
                self.breaks_after = None
                context.abort(grpc.StatusCode.UNAVAILABLE, "the connection broke")
            with part.open("ab") as file:
                file.write(piece.data)
            if piece.is_last:
                sha256 = hashlib.sha256(part.read_bytes()).hexdigest()
                assert sha256 == piece.sha256
                part.replace(target)
                written = pb.FileDigest(
                    path=str(target), sha256=sha256, bytes=target.stat().st_size
                )
                return pb.WriteArtifactResponse(written=written)
        return pb.WriteArtifactResponse(bytes_kept=part.stat().st_size if part else 0)


@pytest.fixture
def machine(tmp_path):
    """Start a service with a data root of its own, as on another machine."""
    servers = []

    def start(name):
        root = tmp_path / name
        root.mkdir()
        storing = Storing(root)
        server = grpc.server(futures.ThreadPoolExecutor(4))
        stubs.add_ContainerExecutorServicer_to_server(storing, server)
        storing.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        servers.append(server)
        return storing

    yield start
    for server in servers:
        server.stop(0).wait(5)


READINGS = b"timestamp,household_id\n" + b"2025-01-01T00:00:00Z,HH-0\n" * 20_000
DIGEST = hashlib.sha256(READINGS).hexdigest()


def test_an_output_is_moved_to_the_service_that_reads_it(machine, chain, tmp_path):
    first, second = machine("one"), machine("two")
    (first.root / "0.csv").write_bytes(READINGS)
    seen = []
    client = tmp_path / "client"
    result = run(chain(first.address, second.address), data_root=client, on_event=seen.append)
    assert result.ok, result
    (moved,) = result["stage-2"].transfers
    assert (moved.path, moved.bytes, moved.sha256) == ("/data/1.csv", len(READINGS), DIGEST)
    assert moved.source == f"stage-1 at {first.address}"
    assert moved.target == f"stage-2 at {second.address}"
    assert moved.seconds > 0
    assert moved.attempts == 1
    assert result["stage-2"].output_sha256 == DIGEST
    assert result["stage-2"].input_sha256 == DIGEST
    assert result["stage-1"].transfers == ()
    assert [event.transfer for event in seen if isinstance(event, Moved)] == [moved]
    assert load_run(result.folder) == result
    assert "moved /data/1.csv from stage-1" in repr(result)
    assert result["stage-1"].service_versions == {"polars": "9.9"}
    assert "moved /data/1.csv" in (client / "logs/orchestrator.log").read_text()


def test_services_that_share_a_root_move_nothing(machine, chain, tmp_path):
    first, second = machine("one"), machine("two")
    second.root, second.root_id = first.root, first.root_id
    (first.root / "0.csv").write_bytes(READINGS)
    result = run(chain(first.address, second.address), data_root=tmp_path / "client")
    assert result.ok
    assert result["stage-2"].transfers == ()


def test_a_broken_transfer_goes_on_where_it_stopped(machine, chain, tmp_path):
    first, second = machine("one"), machine("two")
    (first.root / "0.csv").write_bytes(READINGS)
    second.breaks_after = 3
    result = run(chain(first.address, second.address), data_root=tmp_path / "client")
    assert result.ok, result
    assert result["stage-2"].transfers[0].attempts == 2
    assert second.offsets == [0, 3 * PIECE]
    assert (second.root / "1.csv").read_bytes() == READINGS


def test_a_source_that_breaks_off_is_read_on_from_what_the_target_has(machine, chain, tmp_path):
    first, second = machine("one"), machine("two")
    (first.root / "0.csv").write_bytes(READINGS)
    first.stops_after = 3
    result = run(chain(first.address, second.address), data_root=tmp_path / "client")
    assert result.ok, result
    assert result["stage-2"].transfers[0].attempts == 2
    assert second.offsets == [0, 3 * PIECE]
    assert (second.root / "1.csv").read_bytes() == READINGS


def test_a_source_that_has_another_file_now_is_named(machine, chain, tmp_path):
    first, second = machine("one"), machine("two")
    (first.root / "0.csv").write_bytes(READINGS)
    stages = steps(chain(first.address, second.address), data_root=tmp_path / "client")
    next(stages)
    (first.root / "1.csv").write_bytes(READINGS + b"changed")
    error = next(stages).error
    assert "'/data/1.csv' is another file now: its digest is" in error.message
    assert error.where == f"stage-1 at {first.address}"
    assert error.hint == "run the stage that writes it again"
    assert not (second.root / "1.csv").exists()


def test_a_source_without_the_file_is_named(machine, chain, tmp_path):
    first, second = machine("one"), machine("two")
    (first.root / "0.csv").write_bytes(READINGS)
    stages = steps(chain(first.address, second.address), data_root=tmp_path / "client")
    next(stages)
    (first.root / "1.csv").unlink()
    error = next(stages).error
    assert f"from stage-1 at {first.address} to stage-2" in error.message
    assert "NOT_FOUND: no such file" in error.message


def test_a_damaged_piece_is_sent_again(machine, chain, tmp_path):
    first, second = machine("one"), machine("two")
    (first.root / "0.csv").write_bytes(READINGS)
    first.damages = True
    result = run(chain(first.address, second.address), data_root=tmp_path / "client")
    assert result.ok, result
    assert (second.root / "1.csv").read_bytes() == READINGS


def test_a_file_that_is_there_already_is_not_sent(machine, chain, tmp_path):
    first, second = machine("one"), machine("two")
    (first.root / "0.csv").write_bytes(READINGS)
    (second.root / "1.csv").write_bytes(READINGS)
    result = run(chain(first.address, second.address), data_root=tmp_path / "client")
    assert result["stage-2"].transfers[0].was_there
    assert second.offsets == []


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is POSIX")
def test_asking_for_a_file_does_not_keep_a_service_from_stopping(tmp_path):
    (tmp_path / "there.csv").write_bytes(b"x" * (3 << 20))
    with local_services(["dummy"], data_root=tmp_path) as services:
        connection = Connection((services.addresses["dummy"],))
        service = ArtifactEnd(connection=connection, name="dummy")
        assert has_artifact(service, "/data/there.csv")
        assert not has_artifact(service, "/data/absent.csv")
        connection.close()
        child, begin = services.processes["dummy"], time.monotonic()
        os.kill(child.pid, signal.SIGTERM)
        while child.is_running:
            time.sleep(0.01)
    assert time.monotonic() - begin < 3  # a call that is left open lasts for 5 s


def test_a_file_of_the_client_is_sent_to_a_service_that_lacks_it(machine, chain, tmp_path):
    first = machine("one")
    client = tmp_path / "client"
    client.mkdir()
    (client / "0.csv").write_bytes(READINGS)
    result = run(chain(first.address), data_root=client)
    assert result.ok, result
    assert result["stage-1"].transfers[0].source == "client"
    assert result["stage-1"].output_sha256 == DIGEST


def test_a_frame_is_fetched_where_the_client_sees_no_file(machine, chain, tmp_path):
    first = machine("one")
    (first.root / "0.csv").write_bytes(REPORT)
    stage = run(chain(first.address), data_root=tmp_path / "client")["stage-1"]
    assert stage.output_path is None
    frame = stage.frame()
    assert list(frame["household_id"]) == ["HH-0", "HH-1"]
    shutil.rmtree(first.root)
    assert len(stage.frame()) == 2  # kept


REPORT = (
    b"timestamp,household_id,power_consumption,voltage,current\n"
    b"2025-01-01T00:00:00Z,HH-0,120.5,230.0,5.1\n2025-01-01T00:00:01Z,HH-1,121.5,230.0,5.2\n"
)


def test_a_frame_of_a_file_that_was_replaced_is_refused(machine, chain, tmp_path):
    first = machine("one")
    (first.root / "0.csv").write_bytes(READINGS + b"x")
    stage = run(chain(first.address), data_root=tmp_path / "client")["stage-1"]
    (first.root / "1.csv").write_bytes(REPORT)
    with pytest.raises(ArtifactError, match="is another file now"):
        stage.frame()


def test_a_transfer_that_does_not_come_about_is_a_failed_stage(machine, chain, tmp_path):
    first, second = machine("one"), machine("two")
    (first.root / "0.csv").write_bytes(READINGS)

    second.is_full = True
    result = run(chain(first.address, second.address), data_root=tmp_path / "client")
    error = result["stage-2"].error
    assert result["stage-2"].status == "failed"
    assert "could not be moved from stage-1" in error.message
    assert "RESOURCE_EXHAUSTED: the disk is full" in error.message
    assert not (second.root / "1.csv").exists()


CHAIN = ("energy-generator", "energy-analyzer", "report-generator")


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """The three services, each on a data root of its own."""
    with ExitStack() as running:
        yield {
            name: running.enter_context(
                local_services([name], data_root=tmp_path_factory.mktemp(name))
            )
            for name in CHAIN
        }


def test_three_machines_give_the_bytes_of_one(machines, tmp_path):
    config = load_config(ROOT / "config" / "energy-pipeline.json")
    addresses = {name: services.addresses[name] for name, services in machines.items()}
    apart = run(config, data_root=tmp_path / "client", addresses=addresses)
    assert apart.ok, apart
    with local_services(list(CHAIN), data_root=tmp_path / "one") as services:
        together = run(config, services)
    assert together.ok
    assert [one.output_sha256 for one in apart] == [one.output_sha256 for one in together]
    assert [len(stage.transfers) for stage in apart] == [0, 1, 1]
    assert [len(stage.transfers) for stage in together] == [0, 0, 0]
    assert [stage.output_path for stage in apart] == [None] * 3
    pd.testing.assert_frame_equal(
        apart["report-generator"].frame(), together["report-generator"].frame()
    )
    assert set(apart["energy-analyzer"].service_versions) >= {"python", "polars", "grpcio"}


def test_a_large_file_of_the_client_reaches_a_service_elsewhere(machines, tmp_path):
    client = tmp_path / "client"
    client.mkdir()
    lines = (f"2025-01-01T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z,HH-0,120.5,230.0,5.1\n"
             for at in range(80_000))  # fmt: skip
    header = "timestamp,household_id,power_consumption,voltage,current\n"
    (client / "mine.csv").write_text(header + "".join(lines))
    node = {
        "id": "energy-analyzer",
        "input_file": "/data/mine.csv",
        "output_file": "/data/mine.parquet",
        "next_node": None,
        "timeout_seconds": 60,
    }
    plan = {
        "workflow_name": "mine",
        "start_node": "energy-analyzer",
        "execution_mode": "sequential",
        "service_registry": {
            "energy-analyzer": machines["energy-analyzer"].addresses["energy-analyzer"]
        },
        "containers": {"energy-analyzer": node},
    }
    stage = run(parse_config(json.dumps(plan)), data_root=client)["energy-analyzer"]
    assert stage.ok, stage
    assert stage.transfers[0].source == "client"
    assert stage.transfers[0].bytes == (client / "mine.csv").stat().st_size
    assert stage.metrics.rows_in == 80_000
    assert len(stage.frame()) == stage.metrics.rows_out
