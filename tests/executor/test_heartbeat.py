"""A service that shows no sign of life is found before its deadline; a busy one is left alone."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.errors import UsageError
from energykit.executor import run
from energykit.launcher import local_services


def test_a_frozen_service_is_a_failure_of_its_own(chain, tmp_path):
    with local_services(["dummy"], data_root=tmp_path) as services:
        pid = services.processes["dummy"].pid
        config = chain(services.addresses["dummy"], timeout_s=60, parameters={"delay_s": 50})

        freezing = threading.Timer(1.0, os.kill, [pid, signal.SIGSTOP])  # while it works
        begun = time.monotonic()
        try:
            freezing.start()
            result = run(config, data_root=tmp_path, heartbeat_s=1.0)
        finally:
            freezing.join()
            os.kill(pid, signal.SIGCONT)
    stage = result["stage-1"]
    assert time.monotonic() - begun < 30
    assert stage.error.code == "UNAVAILABLE"
    assert "no progress and no sign of life for 1 s" in stage.error.message
    assert stage.exit_code == 3
    assert len(stage.attempts) == 1


def test_a_service_that_says_nothing_but_answers_is_left_alone(port, chain, tmp_path):
    def slow(request, context):
        time.sleep(1.2)
        return pb.ExecuteResponse(success=True)

    port.answering.usual = slow
    assert run(chain(port.address), data_root=tmp_path, heartbeat_s=0.4).ok


@pytest.mark.parametrize("name", ["heartbeat_s", "limit_s"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_limit_that_is_not_positive_is_refused(chain, tmp_path, name, value):
    with pytest.raises(UsageError, match=f"{name}: .* is not a positive number"):
        run(chain("127.0.0.1:1"), data_root=tmp_path, **{name: value})


def test_the_limit_of_a_run_ends_its_stage_and_the_next_is_not_begun(port, chain, tmp_path):
    def slow(request, context):
        time.sleep(0.4)
        return pb.ExecuteResponse(success=True)

    port.answering.usual = slow
    result = run(chain(*[port.address] * 4), data_root=tmp_path, limit_s=0.6)
    assert result.exit_code == 4
    first, second, *rest = result
    assert first.ok
    assert second.status == "failed"
    assert "within the limit of the whole run" in second.error.message
    assert [stage.status for stage in rest] == ["skipped", "skipped"]
