"""The shipped services keep the contract; deliberately wrong ones fail for the right reasons."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.contract import CHECKS, conformance
from energykit.errors import ServiceUnreachableError, UsageError
from energykit.launcher import local_services
from energykit.widgets.fault import _packaged_server
from tests.other_account import STRANGER, needs_two_accounts


def verdicts(found):
    return {one.name: one.verdict for one in found.findings}


def name_of(part: str) -> str:
    (name,) = [name for name in CHECKS if part in name]
    return name


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    with local_services(
        ["dummy", "energy-generator", "energy-analyzer"], data_root=root
    ) as started:
        yield started


@pytest.mark.parametrize("name", ["dummy", "energy-generator", "energy-analyzer"])
def test_shipped_services_keep_the_contract(services, name):
    found = conformance(services.addresses[name], data_root=services.data_root)
    assert found, repr(found)
    assert found.verdict == f"{services.addresses[name]} keeps the contract"


def test_a_service_that_reads_a_file_passes_every_check(services):
    found = conformance(services.addresses["energy-analyzer"], data_root=services.data_root)
    assert set(verdicts(found).values()) == {"passed"}
    assert not list((services.data_root / "conformance").glob("readings.csv")), (
        "the sample is taken away again"
    )


@needs_two_accounts
@pytest.mark.parametrize("is_folder", [True, False])
def test_the_sample_replaces_no_file_behind_a_link(services, tmp_path, is_folder):
    victim, root = tmp_path / "mine" / "readings.csv", tmp_path / "root"
    victim.parent.mkdir()
    victim.write_text("mine")
    link = root / "conformance" if is_folder else root / "conformance" / "readings.csv"
    link.parent.mkdir(parents=True)
    link.symlink_to(victim.parent if is_folder else victim)
    os.chown(link, STRANGER, STRANGER, follow_symlinks=False)
    with suppress(UsageError):
        conformance(services.addresses["dummy"], data_root=root)
    assert victim.read_text() == "mine"


def test_without_a_data_root_file_checks_are_not_asked(services):
    found = conformance(services.addresses["energy-analyzer"])
    assert found
    assert found.verdict.endswith(
        "keeps the contract as far as it was asked; 8 of 13 checks were not"
    )
    assert verdicts(found)[name_of("Execute runs a stage")] == "not asked"
    assert verdicts(found)[name_of("missing input")] == "passed"


class Wrong(stubs.ContainerExecutorServicer):
    """A service by hand, good but for what a test changes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls = 0

    def path(self, name: str) -> Path:
        return self.root / name.removeprefix("/data/")

    def write(self, request: pb.ExecuteRequest) -> None:
        self.path(request.output_file).write_text("done\n")

    def Execute(self, request, context):
        self.calls += 1
        if ".." in request.output_file or not self.path(request.input_file).is_file():
            return pb.ExecuteResponse(success=False, message="refused")
        self.write(request)
        return pb.ExecuteResponse(success=True, message="done")


class Statuses(Wrong):
    def Execute(self, request, context):
        if not self.path(request.input_file).is_file():
            context.abort(grpc.StatusCode.NOT_FOUND, "no such file")
        return super().Execute(request, context)


class Escapes(Wrong):
    def Execute(self, request, context):
        if ".." in request.output_file:
            (self.root / "x").mkdir(exist_ok=True)
            (self.root / "x" / "../.." / "conformance-outside.csv").write_text("out")
        return super().Execute(request, context)


class Random(Wrong):
    def write(self, request):
        self.path(request.output_file).write_text(f"call {self.calls}\n")


class Destroys(Wrong):
    def Execute(self, request, context):
        self.path(request.output_file.replace("..", "")).unlink(missing_ok=True)
        return super().Execute(request, context)


class Lies(Wrong):
    def Execute(self, request, context):
        response = super().Execute(request, context)
        if response.success:
            response.metrics.rows_in, response.metrics.rows_skipped = 1, 5
        return response


class WritesNothing(Wrong):
    def write(self, request):
        pass


class LosesItsOutput(Wrong):
    def Execute(self, request, context):
        response = super().Execute(request, context)
        if self.calls > 7:  # between two equal requests
            self.path(request.output_file.replace("..", "")).unlink(missing_ok=True)
        return response


class StreamsOtherwise(Wrong):
    def ExecuteStream(self, request, context):
        yield pb.ExecuteEvent(
            response=pb.ExecuteResponse(success=self.Execute(request, context).success)
        )


@contextmanager
def served(servicer, *, has_health=True):
    server = grpc.server(ThreadPoolExecutor(4))
    stubs.add_ContainerExecutorServicer_to_server(servicer, server)
    if has_health:
        status = health.HealthServicer()
        for name in ("", "ContainerExecutor"):
            status.set(name, health_pb2.HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(status, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait(5)


def test_a_plain_service_by_hand_keeps_it_with_optional_parts_missing(tmp_path):
    with served(Wrong(tmp_path)) as address:
        found = conformance(address, data_root=tmp_path)
    assert found, repr(found)
    assert verdicts(found)[name_of("ExecuteStream")] == "not offered"
    assert verdicts(found)[name_of("metrics")] == "not offered"


@pytest.mark.parametrize(
    ("kind", "broken", "text"),
    [
        (
            Statuses,
            "missing input",
            "the call ended with NOT_FOUND (no such file); answer success=false instead",
        ),
        (Escapes, "outside the data root", "'..' led out of the data root"),
        (Random, "same bytes", "two equal requests gave different files"),
        (Destroys, "leaves the output", "the old output is gone or changed"),
        (Lies, "metrics", "rows_skipped is not the sum of its reasons"),
        (
            WritesNothing,
            "Execute runs a stage",
            "success=true, but /data/conformance/out.csv is not there",
        ),
        (StreamsOtherwise, "ExecuteStream", "has no message, though that of Execute has one"),
    ],
)
def test_a_wrong_service_fails_for_the_right_reason(kind, broken, text, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    with served(kind(root)) as address:
        found = conformance(address, data_root=root)
    assert not found
    failed = {one.name: one.text for one in found.findings if one.verdict == "failed"}
    assert list(failed) == [name_of(broken)]
    assert text in failed[name_of(broken)]
    assert not (tmp_path / "conformance-outside.csv").exists()


def test_an_output_of_another_time_does_not_hide_that_nothing_is_written(tmp_path):
    for kind, keeps in ((Wrong, True), (WritesNothing, False)):
        with served(kind(tmp_path)) as address:
            assert conformance(address, data_root=tmp_path).ok is keeps


def test_an_output_that_goes_is_no_crash_and_the_check_says_what_it_lacks(tmp_path):
    with served(LosesItsOutput(tmp_path)) as address:
        found = conformance(address, data_root=tmp_path)
    texts = {one.name: (one.verdict, one.text) for one in found.findings}
    assert texts[name_of("same bytes")] == (
        "not asked",
        "the stage did not write its output: see above",
    )


def test_another_contract_is_told_which_method_to_serve(tmp_path):
    with _packaged_server() as address:
        found = conformance(address, data_root=tmp_path)
    failed = {one.name: one.text for one in found.findings if one.verdict == "failed"}
    assert (
        "serve /ContainerExecutor/Execute: the .proto has no package"
        in failed[name_of("Execute runs a stage")]
    )
    assert (
        found.verdict
        == f"{address} breaks the contract: {len(failed)} of {len(CHECKS)} checks failed, see below"
    )


def test_a_service_without_health_is_told_what_to_register(tmp_path):
    with served(Wrong(tmp_path), has_health=False) as address:
        found = conformance(address, data_root=tmp_path)
    (failed,) = [one for one in found.findings if one.verdict == "failed"]
    assert "register grpc.health.v1.Health" in failed.text


def test_nobody_there_is_an_error():
    with pytest.raises(ServiceUnreachableError):
        conformance("127.0.0.1:1", timeout_s=0.5)


def test_the_table_shows_every_check(services):
    shown = conformance(services.addresses["dummy"], data_root=services.data_root)._repr_html_()
    assert all(name.split(",")[0] in shown for name in CHECKS)


def test_an_address_that_is_none_is_refused():
    with pytest.raises(UsageError, match="the address is 'x', not host:port"):
        conformance("x")
