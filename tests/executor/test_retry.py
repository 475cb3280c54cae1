"""Calling again: only where the service was not available before work began, and within bounds."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.config import Retry
from energykit.executor import Progress, Retrying, run
from energykit.executor.retry import pauses
from energykit.results import load_run

BUSY = (grpc.StatusCode.UNAVAILABLE, "busy")


def test_unavailable_twice_then_fine(port, chain, tmp_path):
    port.answering.answers = [BUSY, BUSY]
    events = []
    stage = run(chain(port.address), data_root=tmp_path, on_event=events.append)["stage-1"]
    assert stage.ok
    assert [attempt.status for attempt in stage.attempts] == ["UNAVAILABLE", "UNAVAILABLE", "OK"]
    assert [attempt.number for attempt in stage.attempts] == [1, 2, 3]
    first, second, last = stage.attempts
    assert first.message == "busy"
    assert 0 < first.wait_s < second.wait_s
    assert last.wait_s == 0
    assert second.started.timestamp() - first.started.timestamp() >= first.wait_s
    assert [event.attempt for event in events if isinstance(event, Retrying)] == [first, second]
    assert "3 attempts" in repr(stage)


def test_it_ends_after_the_last_attempt(port, chain, tmp_path):
    port.answering.answers = [BUSY] * 10
    retry = {"attempts": 2, "initial_backoff_s": 0.01}
    stage = run(chain(port.address, retry=retry), data_root=tmp_path)["stage-1"]
    assert len(stage.attempts) == len(port.answering.requests) == 2
    assert stage.exit_code == 3
    assert stage.error.message == "the service is not available: busy"


@pytest.mark.parametrize(
    "code", ["FAILED_PRECONDITION", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "ABORTED", "INTERNAL"]
)
def test_other_codes_are_not_repeated(port, chain, tmp_path, code):
    port.answering.answers = [(grpc.StatusCode[code], "no")]
    stage = run(chain(port.address), data_root=tmp_path)["stage-1"]
    assert len(stage.attempts) == len(port.answering.requests) == 1
    assert stage.exit_code == (4 if code == "DEADLINE_EXCEEDED" else 1)


def test_a_deadline_that_the_service_reports_is_told_in_its_own_words(port, chain, tmp_path):
    port.answering.answers = [(grpc.StatusCode.DEADLINE_EXCEEDED, "the meter is asleep")]
    stage = run(chain(port.address, timeout_s=20), data_root=tmp_path)["stage-1"]
    said = "the service ended the call with DEADLINE_EXCEEDED: the meter is asleep"
    assert said in stage.error.message
    assert "no answer within" not in str(stage.error)
    assert (stage.error.code, stage.exit_code) == ("DEADLINE_EXCEEDED", 4)


def test_work_that_has_begun_is_not_repeated(port, chain, tmp_path):
    port.answering.progress = [pb.Progress(phase="reading", done=1)]
    port.answering.answers = [BUSY]
    stage = run(chain(port.address), data_root=tmp_path)["stage-1"]
    assert len(stage.attempts) == len(port.answering.requests) == 1


def test_no_pause_leads_past_the_deadline(port, chain, tmp_path):
    port.answering.answers = [BUSY] * 10
    start = time.monotonic()
    stage = run(chain(port.address, timeout_s=0.3), data_root=tmp_path)["stage-1"]
    assert time.monotonic() - start < 0.8
    assert 1 <= len(stage.attempts) <= 2
    assert stage.error.code == "UNAVAILABLE"


@given(
    attempts=st.integers(1, 20),
    initial=st.floats(0.001, 10),
    longest=st.floats(0.001, 10),
    multiplier=st.floats(1, 10),
    jitter=st.floats(0, 0.99),
)
def test_pauses_are_bounded_in_number_and_length(attempts, initial, longest, multiplier, jitter):
    retry = Retry(
        attempts=attempts,
        initial_backoff_s=initial,
        max_backoff_s=longest,
        multiplier=multiplier,
        jitter=jitter,
    )
    found = list(pauses(retry))
    assert len(found) == attempts - 1
    assert all(0 < pause <= longest * (1 + jitter) for pause in found)
    assert all(pause >= min(initial, longest) * (1 - jitter) * 0.999 for pause in found)


def test_without_jitter_the_pauses_are_exact():
    retry = Retry(attempts=6, initial_backoff_s=0.1, max_backoff_s=0.5, multiplier=2, jitter=0)
    assert list(pauses(retry)) == pytest.approx([0.1, 0.2, 0.4, 0.5, 0.5])


def test_a_stages_own_policy_is_followed_and_recorded(port, chain, tmp_path):
    port.answering.answers = [BUSY] * 3
    retry = {
        "attempts": 4,
        "initial_backoff_s": 0.01,
        "max_backoff_s": 0.02,
        "multiplier": 3,
        "jitter": 0,
    }
    result = run(chain(port.address, retry=retry), data_root=tmp_path)
    assert [attempt.wait_s for attempt in result["stage-1"].attempts] == [0.01, 0.02, 0.02, 0.0]
    frame = load_run(result.folder).attempts_frame()
    assert list(frame["status"]) == ["UNAVAILABLE"] * 3 + ["OK"]
    assert list(frame["wait_s"]) == [0.01, 0.02, 0.02, 0.0]
    assert (frame["seconds"] > 0).all()
    assert result.config["containers"]["stage-1"]["retry"] == retry


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_service_killed_while_it_works_is_explained_and_not_called_again(chain, tmp_path):
    from energykit.launcher import local_services

    with local_services(["dummy"], data_root=tmp_path) as services:
        pid = services.processes["dummy"].pid

        def kill(event):
            if isinstance(event, Progress):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

        delay = {"delay_s": 120, "progress_steps": 600}
        config = chain(services.addresses["dummy"], timeout_s=60, parameters=delay)
        stage = run(config, data_root=tmp_path, on_event=kill)["stage-1"]
    assert len(stage.attempts) == 1
    assert stage.error.code == "UNAVAILABLE"
    assert "the connection broke while the stage was running" in stage.error.message
    assert stage.exit_code == 3
