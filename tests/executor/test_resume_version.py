"""Another version of a stage is a reason to run it again."""

from __future__ import annotations

import hashlib
from concurrent import futures

import grpc
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.errors import UsageError
from energykit.executor import run


class Versioned(stubs.ContainerExecutorServicer):
    """Writes its output and a second file, and says which version of its code did."""

    def __init__(self, root):
        self.root = root
        self.version = "v1"

    def Execute(self, request, context):
        metrics = pb.StageMetrics()
        for name in ("1.csv", "1.labels.csv"):
            (self.root / name).write_bytes(b"made\n")
            digest = hashlib.sha256(b"made\n").hexdigest()
            metrics.outputs.append(f"/data/{name}")
            metrics.output_digests.add(path=f"/data/{name}", sha256=digest, bytes=5)
        metrics.output_sha256, metrics.bytes_out = digest, 5
        return pb.ExecuteResponse(success=True, metrics=metrics, stage_version=self.version)

    def Describe(self, request, context):
        return pb.ServiceDescription(stage_version=self.version, versions={"polars": "2.1.0"})


@pytest.fixture
def versioned(tmp_path):
    (tmp_path / "0.csv").write_bytes(b"read\n")
    server, servicer = grpc.server(futures.ThreadPoolExecutor(2)), Versioned(tmp_path)
    stubs.add_ContainerExecutorServicer_to_server(servicer, server)
    servicer.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    servicer.stop = lambda: server.stop(0).wait(5)
    yield servicer
    servicer.stop()


def test_another_version_of_a_stage_is_a_reason_that_can_be_switched_off(
    versioned, chain, tmp_path
):
    config = chain(versioned.address)
    first = run(config, data_root=tmp_path)["stage-1"]
    assert first.stage_version == "v1"
    assert first.service_versions == {"polars": "2.1.0"}
    versioned.version = "v2"
    kept = run(config, data_root=tmp_path, resume=True, resume_ignores={"version"})
    assert kept["stage-1"].status == "reused"
    again = run(config, data_root=tmp_path, resume=True)["stage-1"]
    assert again.status == "succeeded"
    assert again.reason == "the stage's version differs: it is 'v2', and was 'v1'"
    assert run(config, data_root=tmp_path, resume=True)["stage-1"].status == "reused"


def test_a_service_that_is_not_there_is_no_reason_to_run_a_finished_stage_again(
    versioned, chain, tmp_path
):
    config = chain(versioned.address)
    run(config, data_root=tmp_path)
    versioned.stop()
    assert run(config, data_root=tmp_path, resume=True)["stage-1"].status == "reused"


def test_a_second_output_that_was_changed_is_a_reason(versioned, chain, tmp_path):
    config = chain(versioned.address)
    run(config, data_root=tmp_path)
    (tmp_path / "1.labels.csv").write_bytes(b"tampered\n")
    again = run(config, data_root=tmp_path, resume=True)["stage-1"]
    assert again.status == "succeeded"
    assert again.reason.startswith("the output's digest differs '/data/1.labels.csv': it is ")
    assert (tmp_path / "1.labels.csv").read_bytes() == b"made\n"


def test_what_cannot_be_ignored_is_refused(chain, tmp_path):
    with pytest.raises(UsageError, match=r"did you mean 'version'"):
        run(chain("127.0.0.1:1"), data_root=tmp_path, resume_ignores={"versions"})
