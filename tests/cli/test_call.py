"""``energykit call``: one service, asked once, from a process."""

from __future__ import annotations

import json
from concurrent import futures

import grpc
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs


class Copying(stubs.ContainerExecutorServicer):
    """Answers what it was asked; refuses parameters that it does not know."""

    def Execute(self, request, context):
        if "unknown" in request.parameters:
            error = pb.StageError(code="INVALID_ARGUMENT", where="unknown", hint="leave it out")
            return pb.ExecuteResponse(success=False, message="no \x1b[2Jsuch", error=error)
        return pb.ExecuteResponse(success=True, message=f"read {request.input_file}")


@pytest.fixture
def address():
    server = grpc.server(futures.ThreadPoolExecutor(2))
    stubs.add_ContainerExecutorServicer_to_server(Copying(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0).wait(5)


def test_request_response_and_bytes_are_shown(energykit, address):
    done = energykit("call", address, "--input", "/data/a.csv", "--output", "/data/b.csv")
    assert done.returncode == 0, done.stderr
    assert 'input_file: "/data/a.csv"' in done.stdout
    assert 'message: "read /data/a.csv"' in done.stdout
    assert "0a 0b 2f 64 61 74 61 2f 61 2e 63 73 76" in done.stdout
    assert "response by Execute after" in done.stdout


def test_the_answer_is_given_as_json(energykit, address):
    options = ("--parameters", '{"rows": 20}', "--json")
    done = energykit("call", address, "--output", "/data/b.csv", *options)
    answer = json.loads(done.stdout)
    assert answer["ok"]
    assert answer["request"] == {"outputFile": "/data/b.csv", "parameters": {"rows": 20.0}}
    assert bytes.fromhex(answer["response_bytes"]).startswith(b"\x08\x01")


def test_a_failure_ends_with_1_and_no_control_character_reaches_the_terminal(energykit, address):
    done = energykit("call", address, "--output", "/data/b.csv", "--parameters", '{"unknown": 1}')
    assert done.returncode == 1
    assert "leave it out" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert r"\x1b[2Jsuch" in done.stdout


@pytest.mark.parametrize(
    ("parameters", "said"), [("{", "this is not JSON"), ("[1]", "[1] is not an object")]
)
def test_parameters_that_are_not_an_object_are_refused(energykit, parameters, said):
    done = energykit("call", "127.0.0.1:1", "--output", "x.csv", "--parameters", parameters)
    assert done.returncode == 2
    assert said in done.stderr


def test_what_is_not_an_address_is_refused(energykit):
    done = energykit("call", "nowhere", "--output", "x.csv")
    assert done.returncode == 2
    assert "HOST:PORT" in done.stderr
