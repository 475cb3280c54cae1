"""Objects of an object store in the place of files; `localbucket` stands for S3."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import grpc
import polars as pl
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto.energy_pipeline_pb2_grpc import ContainerExecutorStub
from energykit.config import load_config
from energykit.errors import PathRefusedError, UsageError
from energykit.executor import run
from energykit.launcher import local_services
from energykit.serving import Output, stage
from energykit.serving.object_store import AllowedUrls
from energykit.temporary_folder import temporary_folder
from tests.other_account import STRANGER, needs_two_accounts

ROOT = Path(__file__).resolve().parents[2]
NAMES = {
    "energy-generator": "energy_data.csv",
    "energy-analyzer": "analysis_output.pb",
    "report-generator": "energy_report.csv",
}
MB = 1 << 20
HEADER = "timestamp,household_id,power_consumption,voltage,current\n"
ROW = "2025-01-01T00:00:00Z,HH-0,120.5,230.0,5.1\n"


@stage("copy")
def copy(readings: pl.LazyFrame) -> Output:
    return Output(readings, beside={".notes.txt": "copied"})


@stage("bytes")
def copy_bytes(source: Path) -> bytes:
    return source.read_bytes()


@pytest.fixture
def served(bucket, client_of):
    """Serve stages that may use s3://lab/run; their data root is `data_root`."""

    def start(served_stage):
        client = client_of(served_stage, allow_urls=["s3://lab/run"])
        return ContainerExecutorStub(client.channel)

    return start


def execute(stub, source, target, **parameters):
    request = pb.ExecuteRequest(input_file=source, output_file=target)
    request.parameters.update(parameters)
    return stub.Execute(request, timeout=60)


def spooled(data_root):
    return [path for path in (data_root / ".energykit-remote").rglob("*") if path.is_file()]


def test_a_chain_over_a_bucket_gives_the_bytes_of_a_disk(bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("ENERGYKIT_ALLOW_URLS", "s3://lab/run s3://other")
    plan = json.loads((ROOT / "config/energy-pipeline.json").read_text(encoding="utf-8"))
    plan.pop("$schema")
    before = ""
    for name, file in NAMES.items():
        plan["containers"][name] |= {"input_file": before, "output_file": f"s3://lab/run/{file}"}
        before = f"s3://lab/run/{file}"
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    config = load_config(file, data_root=tmp_path / "client")
    assert config.warnings == ()
    with (
        local_services(["energy-generator"], data_root=tmp_path / "one") as first,
        local_services(["energy-analyzer", "report-generator"], data_root=tmp_path / "two") as rest,
    ):
        addresses = {**first.addresses, **rest.addresses}
        result = run(config, data_root=tmp_path / "client", addresses=addresses)
        assert result.ok, result
        frame = result["report-generator"].frame()
        again = run(config, data_root=tmp_path / "client", addresses=addresses, resume=True)
    for name, file in NAMES.items():
        legacy = (ROOT / "tests/legacy" / file).read_bytes()
        assert bucket.get(f"run/{file}") == legacy
        assert result[name].output_sha256 == hashlib.sha256(legacy).hexdigest()
        assert result[name].output_path is None
        assert result[name].transfers == ()
    assert [one.path for one in result["energy-analyzer"].inputs] == [
        "s3://lab/run/energy_data.csv"
    ]
    assert len(frame) == 10
    assert again.ok
    assert "the output cannot be seen from here" in again["energy-generator"].reason
    assert sorted(path.name for path in (tmp_path / "client").iterdir()) == ["logs", "runs"]


def test_every_file_of_a_stage_is_put_and_named_by_its_url(bucket, served, data_root):
    source = bucket.put("run/in.csv", (HEADER + ROW).encode())
    response = execute(served(copy), source, "s3://lab/run/out/copy.csv")
    assert response.success, response.message
    assert list(response.metrics.outputs) == [
        "s3://lab/run/out/copy.csv",
        "s3://lab/run/out/copy.notes.txt",
    ]
    assert bucket.get("run/out/copy.notes.txt") == b"copied"
    digest = hashlib.sha256(bucket.get("run/out/copy.csv")).hexdigest()
    assert response.metrics.output_sha256 == digest
    assert [one.path for one in response.metrics.output_digests] == list(response.metrics.outputs)
    assert spooled(data_root) == []


def test_files_and_objects_may_stand_in_one_request(bucket, served, data_root):
    source = bucket.put("run/in.csv", (HEADER + ROW).encode())
    stub = served(copy)
    assert execute(stub, source, "/data/local.csv").success
    assert execute(stub, "/data/local.csv", "s3://lab/run/back.csv").success
    assert bucket.get("run/back.csv") == (data_root / "local.csv").read_bytes()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("s3://lab/run-2/in.csv", "not allowed this URL (allowed: s3://lab/run/)"),
        ("s3://lab/in.csv", "not allowed"),
        ("s3://elsewhere/run/in.csv", "not allowed"),
        ("file:///etc/passwd", "not a plain name"),
        ("file://lab/run/in.csv", "not allowed"),
        ("s3://lab/run/../in.csv", "not a plain name"),
        ("s3://lab/run//in.csv", "not a plain name"),
        ("s3://lab/run/%2e%2e/in.csv", "not a plain name"),
        ("s3://lab/run/", "not a plain name"),
        ("s3://key:secret@lab/run/in.csv", "not a plain name"),
        ("simplecache::s3://lab/run/in.csv", "not a plain name"),
        ("s3://lab/run/in.csv?versionId=1", "not a plain name"),
        ("s3://lab/run/*.csv", "not a plain name"),
    ],
)
def test_a_url_that_is_not_allowed_is_refused_before_the_store_is_asked(
    bucket, served, data_root, url, says
):
    bucket.put("in.csv", (HEADER + ROW).encode())
    stub = served(copy)
    for source, target in ((url, "/data/out.csv"), ("/data/in.csv", url)):
        response = execute(stub, source, target)
        assert not response.success
        assert says in response.message
        assert repr(url) in response.error.where
    with pytest.raises(grpc.RpcError, match="URL"):
        list(stub.ReadArtifact(pb.ReadArtifactRequest(path=url), timeout=10))
    piece = pb.ArtifactPiece(path=url, is_last=True)
    with pytest.raises(grpc.RpcError, match="is a URL"):
        stub.WriteArtifact(iter([piece]), timeout=10)
    assert bucket.requests == []
    assert not (data_root / "out.csv").exists()


def test_without_an_allowance_no_url_is_used(client_of, data_root):
    response = client_of(copy).execute("s3://lab/in.csv", "/data/out.csv")
    assert response.message == "the service is not allowed this URL (allowed: none)"
    assert "--allow-url s3://lab" in response.error.hint
    assert not (data_root / ".energykit-remote").exists()


@pytest.mark.parametrize(
    "prefix", ["file:///data", "http://host/x", "s3://", "lab/run", "S3://lab"]
)
def test_a_folder_that_is_none_of_a_store_is_refused(prefix):
    with pytest.raises(UsageError, match="not a folder of an object store"):
        AllowedUrls([prefix])


def test_a_whole_bucket_can_be_allowed():
    allowed = AllowedUrls(["s3://lab"])
    allowed.check("s3://lab/any/where.csv")
    with pytest.raises(PathRefusedError):
        allowed.check("s3://lab2/any.csv")


def test_the_output_may_not_be_the_input(bucket, served):
    source = bucket.put("run/in.csv", (HEADER + ROW).encode())
    response = execute(served(copy), source, source)
    assert "the output is the input 's3://lab/run/in.csv'" in response.message


def test_an_object_that_is_not_there(bucket, served, data_root):
    response = execute(served(copy), "s3://lab/run/absent.csv", "/data/out.csv")
    assert (response.error.code, response.error.where) == ("NOT_FOUND", "s3://lab/run/absent.csv")
    assert spooled(data_root) == []


def test_bad_rows_are_reported_where_they_are_in_the_object(bucket, served):
    source = bucket.put("run/in.csv", f"{HEADER}{ROW}nonsense\n".encode())
    response = execute(served(copy), source, "s3://lab/run/out.csv", strict=True)
    assert not response.success
    assert response.error.where.startswith("s3://lab/run/in.csv:3")
    assert not (bucket.folder / "run/out.csv").exists()


def test_a_large_object_is_replaced_whole_or_not_at_all(bucket, served, data_root):
    data = os.urandom(MB) * 14
    source, target = bucket.put("run/in.bin", data), bucket.put("run/out.bin", b"the old one")
    stub = served(copy_bytes)
    bucket.refuses = lambda method, path: method == "PUT" and "partNumber=2" in path
    response = execute(stub, source, target)
    assert not response.success
    assert "cannot be written" in response.message
    assert any("partNumber=1" in line for line in bucket.requests)
    assert bucket.get("run/out.bin") == b"the old one"
    assert spooled(data_root) == []
    bucket.refuses = lambda _method, _path: False
    assert execute(stub, source, target).success
    assert bucket.get("run/out.bin") == data


def test_an_object_that_is_replaced_while_it_is_read_is_refused(bucket, served):
    source = bucket.put("run/in.bin", b"1" * (3 * MB))

    def replace(method, path):
        if method == "GET" and path.endswith("in.bin"):
            bucket.before = lambda _method, _path: None
            bucket.put("run/in.bin", b"2" * (3 * MB))

    bucket.before = replace
    response = execute(served(copy_bytes), source, "/data/out.bin")
    assert (response.error.code, response.error.where) == ("ABORTED", source)


@needs_two_accounts
@pytest.mark.parametrize("is_their_root", [False, True])
def test_objects_are_not_fetched_into_a_folder_of_another_account(
    bucket, served, data_root, is_their_root
):
    source = bucket.put("run/in.csv", (HEADER + ROW).encode())
    stub, planted = served(copy), data_root / ".energykit-remote"
    planted.mkdir()
    planted.chmod(0o777)
    for folder in (planted, data_root)[: 1 + is_their_root]:
        os.chown(folder, STRANGER, STRANGER)
    response = execute(stub, source, "/data/out.csv")
    assert not response.success
    assert f"belongs to user {STRANGER}" in response.message
    assert not list(planted.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="a folder is locked on POSIX alone")
def test_what_a_killed_service_left_is_removed_and_nothing_else(bucket, served, data_root):
    above = data_root / ".energykit-remote"
    left = above / "energykit-tmp-call-left"
    above.mkdir()
    source = bucket.put("run/in.csv", (HEADER + ROW).encode())
    with temporary_folder("call", above=above) as held:
        (held / "in.csv").write_text(HEADER)
        left.mkdir()  # this folder's maker has removed what was there
        assert execute(served(copy), source, "/data/out.csv").success
        assert not left.exists()
        assert (held / "in.csv").is_file()
