"""The households scenario through the real service."""

import subprocess
import sys

import grpc
import polars as pl
import pytest

from energykit import artifacts
from energykit._proto import energy_pipeline_pb2, energy_pipeline_pb2_grpc
from services.energy_generator.households import generate


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    command = [
        sys.executable,
        "-m",
        "services.energy_generator",
        "--port",
        "0",
        "--data-root",
        str(root),
    ]
    log = (root.parent / "service.log").open("wb")
    process = subprocess.Popen(
        [*command, "--exit-with-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    try:
        ready, address = process.stdout.readline().split()
        assert ready == "READY"
        with grpc.insecure_channel(address) as channel:
            yield energy_pipeline_pb2_grpc.ContainerExecutorStub(channel), root
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()
        log.close()


def execute(stub, output: str, **parameters):
    request = energy_pipeline_pb2.ExecuteRequest(output_file=f"/data/{output}")
    request.parameters.update({"scenario": "households", **parameters})
    return stub.Execute(request, timeout=60)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "pb"])
def test_the_service_writes_what_the_function_generates_and_the_labels_beside(
    service, tmp_path, suffix
):
    stub, root = service
    parameters = {"households": 3, "days": 2, "seed": 5, "anomalies": {"gap": 1, "duplicate": 1}}
    answer = execute(stub, f"readings.{suffix}", **parameters)
    assert answer.success, answer.error
    population = generate(**parameters)
    direct = artifacts.write(population.readings, tmp_path / f"readings.{suffix}")
    assert answer.metrics.output_sha256 == direct.sha256
    assert answer.metrics.rows_out == direct.rows
    assert pl.read_csv(root / "readings.labels.csv").equals(population.labels)
    assert population.labels.height > 0


def test_a_list_of_anomalies_goes_through_the_wire(service):
    stub, root = service
    fault = {
        "household": "HH-1",
        "kind": "stuck",
        "start": "2025-01-02T06:00:00Z",
        "duration_s": 3600,
    }
    assert execute(stub, "listed.csv", households=2, days=2, anomalies=[fault]).success
    labels = pl.read_csv(root / "listed.labels.csv")
    assert labels.rows() == [("HH-1", "2025-01-02T06:00:00Z", "2025-01-02T07:00:00Z", "stuck")]


@pytest.mark.parametrize(
    ("parameters", "where", "words"),
    [
        ({"step_s": 7}, "parameters.step_s", "the nearest is 6"),
        ({"days": 0}, "parameters.days", "a period > 0"),
        ({"anomalies": {"spikes": 1}}, "parameters.anomalies", "did you mean 'spike'?"),
    ],
)
def test_an_impossible_value_is_refused_with_what_is_possible_and_nothing_is_written(
    service, parameters, where, words
):
    stub, root = service
    answer = execute(stub, "refused.csv", **parameters)
    assert not answer.success
    assert answer.error.code == "INVALID_ARGUMENT"
    assert answer.error.where == where
    assert words in answer.error.hint
    assert not (root / "refused.csv").exists()
