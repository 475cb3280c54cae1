"""Equal services behind one id: gRPC takes them in turn, and one that is gone costs a retry."""

from __future__ import annotations

import threading

import pytest
from grpc_health.v1 import health_pb2

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.errors import UsageError
from energykit.executor import run


def calls(port):
    return len(port.answering.requests)


def stop_during(port, context):
    """Stop a server within one of its calls, and wait until the call has ended by that."""
    over = threading.Event()
    context.add_callback(over.set)
    port.server.stop(0)
    assert over.wait(10)


def test_calls_go_round_the_replicas(listen, chain, tmp_path):
    replicas = [listen(), listen(), listen()]
    addresses = [port.address for port in replicas]
    assert run(chain(*[addresses] * 12), data_root=tmp_path).ok
    assert sum(map(calls, replicas)) == 12
    assert min(map(calls, replicas)) >= 2


def test_a_replica_that_says_it_does_not_serve_is_left_out(listen, chain, tmp_path):
    ready, resting = listen(), listen()
    resting.health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    addresses = [ready.address, resting.address]
    assert run(chain(*[addresses] * 8), data_root=tmp_path).ok
    assert (calls(ready), calls(resting)) == (8, 0)


def test_a_replica_where_nothing_listens_is_left_out(listen, chain, tmp_path):
    ready, gone = listen(), listen()
    gone.server.stop(0).wait(5)
    result = run(chain(*[[ready.address, gone.address]] * 4), data_root=tmp_path)
    assert result.ok
    assert calls(ready) == 4


def test_a_replica_that_dies_during_a_stage_costs_a_retry(listen, chain, tmp_path):
    replicas, died = [listen(), listen()], threading.Event()

    def make(port):
        def answer(request, context):
            if not died.is_set():
                died.set()
                stop_during(port, context)
            return pb.ExecuteResponse(success=True)

        return answer

    for port in replicas:
        port.answering.usual = make(port)
    addresses = [port.address for port in replicas]
    result = run(chain(addresses, timeout_s=30), data_root=tmp_path)
    assert result.ok, result
    attempts = result["stage-1"].attempts
    assert [attempt.status for attempt in attempts] == ["UNAVAILABLE", "OK"]
    assert sum(map(calls, replicas)) == 2


def test_one_service_alone_is_not_called_again_when_it_dies(chain, tmp_path, port):
    def die(request, context):
        stop_during(port, context)
        return pb.ExecuteResponse(success=True)

    port.answering.usual = die
    stage = run(chain(port.address), data_root=tmp_path)["stage-1"]
    assert stage.status == "failed"
    assert len(stage.attempts) == 1


@pytest.mark.parametrize("count", [0, -3])
def test_fewer_than_one_stage_at_once_is_refused(chain, tmp_path, count):
    with pytest.raises(UsageError, match="concurrency must be at least 1"):
        run(chain("127.0.0.1:1"), data_root=tmp_path, parallel_stages=count)
