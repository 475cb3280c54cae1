"""One call: with progress where a service offers it, as the original did where not."""

from __future__ import annotations

import asyncio
import queue
import threading
from concurrent import futures
from contextlib import contextmanager

import grpc
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.executor import Progress, run
from energykit.executor.call import extract_response


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


MISSING = [
    "Method not implemented!",
    "Method not found!",
    "Unexpected <class 'NotImplementedError'>: ",
    "The server does not implement the method ExecuteStream",
    "ContainerExecutor.ExecuteStream is not implemented",
    "Received http2 header with status: 404",
    "",
    "anything that a library of tomorrow may say",
]
"""What servers of Python, node and other libraries say of a method that they do not have."""


@pytest.mark.parametrize("details", MISSING)
def test_a_service_with_only_execute_is_driven_whatever_it_says(listen, chain, tmp_path, details):
    def refuse(request, context):
        context.abort(grpc.StatusCode.UNIMPLEMENTED, details)

    old = listen(handlers(Execute=lambda request, context: b"\x08\x01", ExecuteStream=refuse))
    stage = run(chain(old.address), data_root=tmp_path)["stage-1"]
    assert stage.ok
    assert [one.method for one in stage.attempts] == ["Execute"]


def test_a_servicer_of_which_only_execute_is_written_is_driven(chain, tmp_path):
    class OnlyExecute(stubs.ContainerExecutorServicer):
        def Execute(self, request, context):
            return pb.ExecuteResponse(success=True, message="ok")

    server = grpc.server(futures.ThreadPoolExecutor(2))
    stubs.add_ContainerExecutorServicer_to_server(OnlyExecute(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        assert run(chain(f"127.0.0.1:{port}"), data_root=tmp_path).ok
    finally:
        server.stop(0).wait(5)


def test_an_asyncio_server_of_which_only_execute_is_written_is_driven(chain, tmp_path):
    with asyncio_server() as address:
        assert run(chain(address), data_root=tmp_path).ok


@contextmanager
def asyncio_server():
    class OnlyExecute(stubs.ContainerExecutorServicer):
        async def Execute(self, request, context):
            return pb.ExecuteResponse(success=True, message="ok")

    loop, ports, ended = asyncio.new_event_loop(), queue.Queue(), threading.Event()

    async def serve():
        server = grpc.aio.server()
        stubs.add_ContainerExecutorServicer_to_server(OnlyExecute(), server)
        ports.put(server.add_insecure_port("127.0.0.1:0"))
        await server.start()
        await loop.run_in_executor(None, ended.wait, 30)
        await server.stop(0)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        yield f"127.0.0.1:{ports.get(timeout=10)}"
    finally:
        ended.set()
        thread.join(10)
        loop.close()


def test_the_words_of_a_stage_that_answers_unimplemented_are_kept(port, chain, tmp_path):
    port.answering.usual = (grpc.StatusCode.UNIMPLEMENTED, "parquet cannot be written here")
    stage = run(chain(port.address), data_root=tmp_path)["stage-1"]
    assert stage.error.code == "UNIMPLEMENTED"
    assert "parquet cannot be written here" in stage.error.message
    assert stage.exit_code == 1


@pytest.mark.parametrize("length", [9_000, 12_000, 40_000])
def test_the_code_of_a_status_with_a_long_text_is_kept(port, chain, tmp_path, length):
    """gRPC's own limits make RESOURCE_EXHAUSTED of some statuses above 8 KiB, of all above 16."""
    port.answering.usual = (grpc.StatusCode.UNAVAILABLE, "busy " * (length // 5))
    retry = {"attempts": 20, "initial_backoff_s": 0.001, "max_backoff_s": 0.001}
    stage = run(chain(port.address, retry=retry), data_root=tmp_path)["stage-1"]
    assert [attempt.status for attempt in stage.attempts] == ["UNAVAILABLE"] * 20
    assert stage.exit_code == 3


def test_a_service_that_lacks_a_method_and_says_so_at_length_is_driven(listen, chain, tmp_path):
    def refuse(request, context):
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "no such method; there are: " + "x, " * 6000)

    old = listen(handlers(Execute=lambda request, context: b"\x08\x01", ExecuteStream=refuse))
    assert run(chain(old.address), data_root=tmp_path).ok


class _AsGenerator(grpc.UnaryStreamClientInterceptor):
    """Hands a streaming call on as a generator, as OpenTelemetry's instrumentation does."""

    def intercept_unary_stream(self, continuation, details, request):
        def responses():
            yield from continuation(details, request)

        return responses()


@pytest.fixture
def is_instrumented(monkeypatch):
    plain = grpc.insecure_channel

    def channel(*arguments, **options):
        return grpc.intercept_channel(plain(*arguments, **options), _AsGenerator())

    monkeypatch.setattr(grpc, "insecure_channel", channel)


@pytest.mark.usefixtures("is_instrumented")
def test_a_call_object_without_cancel_is_driven(port, chain, tmp_path):
    port.answering.progress = [pb.Progress(phase="reading", done=1)]
    seen = []
    result = run(chain(port.address, port.address), data_root=tmp_path, on_event=seen.append)
    assert result.ok
    assert [stage.attempts[0].method for stage in result] == ["ExecuteStream"] * 2
    assert sum(isinstance(event, Progress) for event in seen) == 2


@pytest.mark.usefixtures("is_instrumented")
def test_failures_and_retries_are_the_same_without_cancel(port, chain, tmp_path):
    port.answering.answers = [
        (grpc.StatusCode.UNAVAILABLE, "later"),
        (grpc.StatusCode.INTERNAL, "because"),
    ]
    stage = run(chain(port.address), data_root=tmp_path)["stage-1"]
    assert [one.status for one in stage.attempts] == ["UNAVAILABLE", "INTERNAL"]
    assert "because" in stage.error.message


@pytest.mark.usefixtures("is_instrumented")
def test_what_a_listener_raises_cancels_a_call_without_cancel(listen, chain, tmp_path):
    ended = threading.Event()

    def hang(request, context):
        context.add_callback(ended.set)
        yield pb.ExecuteEvent(progress=pb.Progress(phase="reading", done=1)).SerializeToString()
        ended.wait(10)

    def stop(event):
        if isinstance(event, Progress):
            raise KeyboardInterrupt

    hanging = listen(handlers(ExecuteStream=hang))
    with pytest.raises(KeyboardInterrupt):
        run(chain(hanging.address), data_root=tmp_path, on_event=stop)
    assert ended.wait(5)


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
        "not an ExecuteEvent"
        in run(chain(noisy.address), data_root=tmp_path)["stage-1"].error.message
    )
    noisy = listen(handlers(Execute=lambda request, context: b"\xff\xff"))
    assert (
        "not an ExecuteResponse"
        in run(chain(noisy.address), data_root=tmp_path)["stage-1"].error.message
    )


def test_the_bytes_of_a_response_are_kept_as_they_came():
    response = (
        pb.ExecuteResponse(success=True, message="m" * 300).SerializeToString() + b"\x98\x06\x01"
    )  # field 99
    event = b"\x12" + bytes([len(response) & 0x7F | 0x80, len(response) >> 7]) + response
    assert extract_response(event) == response
    assert extract_response(event + b"\x98\x06\x01") == response
    assert extract_response(b"\x98\x06\x01\x12\x02\x08\x01") == b"\x08\x01"
