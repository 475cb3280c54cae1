"""The bytes on the wire: what an original client sends is answered as the original answers."""

import grpc
import polars as pl
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from energykit._proto import energy_pb2, energy_pb2_grpc
from energykit._proto.energy_pipeline_pb2 import ExecuteResponse
from energykit.serving import stage


@stage("copy")
def copy(readings: pl.LazyFrame) -> pl.LazyFrame:
    return readings


def field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2, len(data)]) + data


OLD_REQUEST = field(1, b"/data/in.csv") + field(2, b"/data/out.csv")


def test_hand_built_bytes_are_answered_as_the_original_would(client_of, data_root):
    answer = client_of(copy).raw("/ContainerExecutor/Execute", OLD_REQUEST)
    assert answer.startswith(b"\x08\x01\x12")  # success = true, then message
    assert (
        ExecuteResponse.FromString(answer).message
        == "copy wrote 10 rows to /data/out.csv from 10 rows of /data/in.csv"
    )
    assert (data_root / "out.csv").read_bytes() == (data_root / "in.csv").read_bytes()


def test_an_unknown_field_is_no_obstacle(client_of):
    answer = client_of(copy).raw(
        "/ContainerExecutor/Execute", OLD_REQUEST + b"\xf8\x07\x2a" + field(15, b"later")
    )
    assert ExecuteResponse.FromString(answer).success


def test_a_request_with_an_empty_struct_is_one_without_parameters(client_of):
    answer = client_of(copy).raw("/ContainerExecutor/Execute", OLD_REQUEST + field(3, b""))
    assert ExecuteResponse.FromString(answer).success


def test_another_package_is_unimplemented(client_of):
    with pytest.raises(grpc.RpcError) as caught:
        client_of(copy).raw("/energy.ContainerExecutor/Execute", OLD_REQUEST)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_bytes_that_are_no_request_end_the_call_and_not_the_service(client_of):
    client = client_of(copy)
    with pytest.raises(grpc.RpcError):
        client.raw("/ContainerExecutor/Execute", b"\xff\xff\xff")
    assert client.execute().success


@pytest.mark.parametrize("name", ["", "ContainerExecutor"])
def test_health_is_serving_by_name(client_of, name):
    stub = health_pb2_grpc.HealthStub(client_of(copy).channel)
    answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_health_does_not_know_a_service_that_is_not_served(client_of):
    stub = health_pb2_grpc.HealthStub(client_of(copy).channel)
    with pytest.raises(grpc.RpcError) as caught:
        stub.Check(health_pb2.HealthCheckRequest(service="energy.EnergyGenerator"), timeout=5)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def reflected(channel) -> set[str]:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    return {
        found.name
        for answer in stub.ServerReflectionInfo(asked, timeout=5)
        for found in answer.list_services_response.service
    }


def test_reflection_lists_the_services_on_loopback(client_of):
    assert {"ContainerExecutor", "grpc.health.v1.Health"} <= reflected(client_of(copy).channel)


def test_reflection_can_be_left_out(client_of):
    with pytest.raises(grpc.RpcError) as caught:
        reflected(client_of(copy, reflects=False).channel)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


class Typed(energy_pb2_grpc.EnergyGeneratorServicer):
    def GenerateData(self, request, context):
        return energy_pb2.GenerateResponse(
            data=[energy_pb2.RawEnergyData(household_id=str(request.rows))]
        )


def register(server, _root) -> None:
    energy_pb2_grpc.add_EnergyGeneratorServicer_to_server(Typed(), server)


def test_services_registered_beside_are_known_to_health_and_reflection(client_of):
    channel = client_of(copy, also=[register]).channel
    stub = energy_pb2_grpc.EnergyGeneratorStub(channel)
    assert (
        stub.GenerateData(energy_pb2.GenerateRequest(rows=3), timeout=5).data[0].household_id == "3"
    )
    assert "energy.EnergyGenerator" in reflected(channel)
    asked = health_pb2.HealthCheckRequest(service="energy.EnergyGenerator")
    assert (
        health_pb2_grpc.HealthStub(channel).Check(asked, timeout=5).status
        == health_pb2.HealthCheckResponse.SERVING
    )
