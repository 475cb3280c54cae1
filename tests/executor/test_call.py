"""One call: with progress where a service offers it, as the original did where not."""

from __future__ import annotations

import grpc
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.executor import run
from energykit.executor.call import _nested


def handlers(service="ContainerExecutor", **methods):
    """Raw handlers, bytes to bytes: what a service in any language could answer."""
    made = {
        name: grpc.unary_stream_rpc_method_handler(method)
        if name == "ExecuteStream"
        else grpc.unary_unary_rpc_method_handler(method)
        for name, method in methods.items()
    }
    return grpc.method_handlers_generic_handler(service, made)


def test_an_original_server_is_called_with_execute(listen, chain, tmp_path):
    seen = []

    def execute(request, context):
        seen.append(request)
        return b"\x08\x01\x12\x02ok"

    old = listen(handlers(Execute=execute), has_health=False)
    result = run(chain(old.address, old.address), data_root=tmp_path)
    assert result.ok
    assert [stage.attempts[0].method for stage in result] == ["Execute", "Execute"]
    assert [len(stage.attempts) for stage in result] == [1, 1]
    assert result["stage-1"].response_bytes == b"\x08\x01\x12\x02ok"
    assert result["stage-1"].message == "ok"
    assert len(seen) == 2


def test_execute_stream_is_asked_for_once_where_it_is_unknown(listen, chain, tmp_path):
    asked = []

    class Listening(grpc.GenericRpcHandler):
        def service(self, details):
            asked.append(details.method)

    old = listen(
        Listening(), handlers(Execute=lambda request, context: b"\x08\x01"), has_health=False
    )
    assert run(chain(old.address, old.address), data_root=tmp_path).ok
    assert asked.count("/ContainerExecutor/ExecuteStream") == 1
    assert asked.count("/ContainerExecutor/Execute") == 2


def test_a_stage_that_answers_unimplemented_is_not_carried_out_twice(port, chain, tmp_path):
    port.answering.answers = [(grpc.StatusCode.UNIMPLEMENTED, "parquet is not written here")]
    stage = run(chain(port.address), data_root=tmp_path)["stage-1"]
    assert len(port.answering.requests) == 1
    assert stage.error.code == "UNIMPLEMENTED"
    assert "parquet is not written here" in stage.error.message
    assert stage.exit_code == 1


def test_an_empty_response_is_a_failure_of_the_stage(listen, chain, tmp_path):
    silent = listen(handlers(ExecuteStream=lambda request, context: iter([b"\x12\x00"])))
    error = run(chain(silent.address), data_root=tmp_path)["stage-1"].error
    assert "success=false and gave no message" in error.message


@pytest.mark.parametrize(
    "answer", [[], [pb.ExecuteEvent(progress=pb.Progress(done=1)).SerializeToString()]]
)
def test_a_stream_without_a_response_is_said(listen, chain, tmp_path, answer):
    silent = listen(handlers(ExecuteStream=lambda request, context: iter(answer)))
    error = run(chain(silent.address), data_root=tmp_path)["stage-1"].error
    assert error.code == "INTERNAL"
    assert "ended without a response" in error.message


def test_an_answer_that_is_no_message_is_said(listen, chain, tmp_path):
    noisy = listen(handlers(ExecuteStream=lambda request, context: iter([b"\xff\xff"])))
    assert (
        "no ExecuteEvent" in run(chain(noisy.address), data_root=tmp_path)["stage-1"].error.message
    )
    noisy = listen(handlers(Execute=lambda request, context: b"\xff\xff"))
    assert (
        "no ExecuteResponse"
        in run(chain(noisy.address), data_root=tmp_path)["stage-1"].error.message
    )


def test_the_bytes_of_a_response_are_kept_as_they_came():
    response = (
        pb.ExecuteResponse(success=True, message="m" * 300).SerializeToString() + b"\x98\x06\x01"
    )  # field 99
    event = b"\x12" + bytes([len(response) & 0x7F | 0x80, len(response) >> 7]) + response
    assert _nested(event) == response
    assert _nested(event + b"\x98\x06\x01") == response
    assert _nested(b"\x98\x06\x01\x12\x02\x08\x01") == b"\x08\x01"
