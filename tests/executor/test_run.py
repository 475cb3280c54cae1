"""Running a configuration against real servers: order, failure, early ends, the record."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from datetime import timedelta

import grpc
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.config import parse_config
from energykit.errors import DeadlineExceededError, StageFailedError, UsageError
from energykit.executor import Progress, StageFinished, StageStarted, run, steps
from energykit.results import load_run


def asked(port):
    return [pb.ExecuteRequest.FromString(one) for one in port.answering.requests]


def test_stages_run_in_order_and_the_record_is_kept(port, chain, tmp_path):
    result = run(chain(port.address, port.address, port.address), data_root=tmp_path)
    assert result.ok
    assert result.exit_code == 0
    assert [one.input_file for one in asked(port)] == ["/data/0.csv", "/data/1.csv", "/data/2.csv"]
    assert [stage.status for stage in result] == ["succeeded"] * 3
    assert load_run(tmp_path / "runs" / result.run_id) == result
    assert result.raise_for_failure() is result


def test_a_request_without_parameters_has_only_the_original_fields_and_the_run_id(
    port, chain, tmp_path
):
    result = run(chain(port.address), data_root=tmp_path, run_id="run-1")
    expected = b"\x0a\x0b/data/0.csv\x12\x0b/data/1.csv\x22\x05run-1"
    assert port.answering.requests == [expected]
    assert result["stage-1"].request_bytes == expected
    assert (
        result["stage-1"].response_bytes
        == pb.ExecuteResponse(success=True, message="done").SerializeToString()
    )


def test_parameters_go_as_a_struct(port, chain, tmp_path):
    parameters = {"rows": 10, "names": ["a", "b"], "deep": {"is": True, "none": None}}
    result = run(chain(port.address, parameters=parameters), data_root=tmp_path)
    sent = asked(port)[0].parameters
    assert dict(sent)["rows"] == 10
    assert list(sent["names"]) == ["a", "b"]
    assert dict(sent["deep"]) == {"is": True, "none": None}
    assert result["stage-1"].parameters == parameters


def test_a_failed_stage_is_returned_and_later_stages_are_skipped(port, listen, chain, tmp_path):
    error = pb.StageError(code="DATA_LOSS", where="0.csv:7:3", hint="mend the file")
    port.answering.answers = [pb.ExecuteResponse(success=False, message="a torn file", error=error)]
    later = listen()
    result = run(chain(port.address, later.address, later.address), data_root=tmp_path)
    assert [stage.status for stage in result] == ["failed", "skipped", "skipped"]
    assert later.answering.requests == []
    assert result.exit_code == 1
    first = result["stage-1"].error
    assert (first.code, first.where, first.hint, first.message) == (
        "DATA_LOSS",
        "0.csv:7:3",
        "mend the file",
        "a torn file",
    )
    assert "'stage-1' failed before it" in result["stage-3"].error.message
    with pytest.raises(
        StageFailedError, match=r"stage-1 at 127.0.0.1:.*a torn file.*0.csv:7:3"
    ) as caught:
        result.raise_for_failure()
    assert caught.value.code == "DATA_LOSS"


def test_a_failure_without_a_typed_error_is_the_originals(port, chain, tmp_path):
    port.answering.answers = [pb.ExecuteResponse(success=False, message="no")]
    error = run(chain(port.address), data_root=tmp_path)["stage-1"].error
    assert error.code == "UNKNOWN"
    assert error.where == f"stage-1 at {port.address}"
    assert str(error) == f"stage-1 at {port.address}: no\n  → look at the service's log"


@pytest.mark.parametrize(
    "code", ["INTERNAL", "INVALID_ARGUMENT", "FAILED_PRECONDITION", "RESOURCE_EXHAUSTED"]
)
def test_a_status_is_a_failure_with_its_code(port, chain, tmp_path, code):
    port.answering.answers = [(grpc.StatusCode[code], "because")]
    stage = run(chain(port.address), data_root=tmp_path)["stage-1"]
    assert stage.status == "failed"
    assert stage.exit_code == 1
    assert len(stage.attempts) == 1
    assert stage.error.code == code
    assert f"{code}: because" in stage.error.message


def test_a_stage_past_its_deadline_ends_with_4_in_time(port, chain, tmp_path):
    port.answering.answers = [lambda request, context: waits_for_its_end(context)]
    result = run(chain(port.address, port.address, timeout_s=0.3), data_root=tmp_path)
    stage = result["stage-1"]
    assert result.exit_code == 4
    assert 0.3 <= stage.seconds < 5  # the service would take 10 s
    assert stage.error.code == "DEADLINE_EXCEEDED"
    assert "no answer within 0.3 s" in stage.error.message
    assert "timeout_seconds of 'stage-1'" in stage.error.hint
    assert len(stage.attempts) == 1
    assert len(port.answering.requests) == 1
    with pytest.raises(DeadlineExceededError):
        result.raise_for_failure()


def waits_for_its_end(context):
    over = threading.Event()
    context.add_callback(over.set)
    over.wait(10)
    return pb.ExecuteResponse(success=False)


def test_a_deadline_of_any_length_is_one_in_the_future(port, chain, tmp_path):
    assert run(chain(port.address, timeout_s=1e300), data_root=tmp_path).ok


def test_steps_run_one_stage_for_each_next(port, chain, tmp_path):
    stages = steps(chain(port.address, port.address), data_root=tmp_path)
    assert not (tmp_path / "runs").exists()
    assert next(stages).id == "stage-1"
    assert len(port.answering.requests) == 1
    assert not stages.result.is_finished
    assert not load_run(stages.result.folder).is_finished
    assert next(stages).id == "stage-2"
    assert next(stages, None) is None
    assert stages.result.ok


def test_closing_early_leaves_a_consistent_record(port, chain, tmp_path):
    with steps(chain(port.address, port.address, port.address), data_root=tmp_path) as stages:
        next(stages)
    kept = load_run(tmp_path / "runs" / stages.run_id)
    assert kept == stages.result
    assert kept.is_finished
    assert [stage.status for stage in kept] == ["succeeded", "skipped", "skipped"]
    assert kept.exit_code == 1
    assert len(port.answering.requests) == 1
    with pytest.raises(StageFailedError, match="ended before its last stage"):
        kept.raise_for_failure()


def test_leaving_the_loop_closes_the_run(port, chain, tmp_path):
    for _ in steps(chain(port.address, port.address), data_root=tmp_path):
        break
    (kept,) = [load_run(folder) for folder in (tmp_path / "runs").iterdir()]
    assert [stage.status for stage in kept] == ["succeeded", "skipped"]


def test_nothing_is_known_before_the_first_stage(port, chain, tmp_path):
    with pytest.raises(UsageError, match="has not begun"):
        _ = steps(chain(port.address), data_root=tmp_path).result


def test_a_node_waits_for_all_its_predecessors(port, tmp_path):
    after = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}
    containers = {
        one: {
            "id": one,
            "input_file": "" if one == "a" else "/data/a.csv",
            "output_file": f"/data/{one}.csv",
            "next_node": later,
            "timeout_seconds": 5,
        }
        for one, later in after.items()
    }
    text = json.dumps(
        {
            "workflow_name": "branches",
            "start_node": "a",
            "execution_mode": "sequential",
            "service_registry": dict.fromkeys(after, port.address),
            "containers": containers,
        }
    )
    result = run(parse_config(text), data_root=tmp_path)
    order = [stage.id for stage in result]
    assert result.ok
    assert (order[0], order[-1]) == ("a", "d")
    assert len(port.answering.requests) == 4


def test_events_tell_what_happens(port, chain, tmp_path):
    port.answering.progress = [
        pb.Progress(phase="reading", done=done, total=2, unit="rows") for done in (1, 2)
    ]
    events = []
    run(chain(port.address, port.address), data_root=tmp_path, on_event=events.append)
    kinds = [type(event) for event in events]
    assert kinds == [StageStarted, Progress, Progress, StageFinished] * 2
    assert (events[0].number, events[0].total, events[0].address) == (1, 2, port.address)
    assert (events[2].phase, events[2].done, events[2].total, events[2].unit) == (
        "reading",
        2,
        2,
        "rows",
    )
    assert events[3].result.ok


@pytest.mark.parametrize("kind", [KeyboardInterrupt, ValueError])
def test_an_interrupt_while_a_stage_runs_is_recorded_and_raised(port, chain, tmp_path, kind):
    port.answering.progress = [pb.Progress(phase="reading", done=1)]

    def stop(event):
        if isinstance(event, Progress):
            raise kind

    with pytest.raises(kind):
        run(chain(port.address, port.address), data_root=tmp_path, on_event=stop, run_id="stopped")
    kept = load_run(tmp_path / "runs" / "stopped")
    assert kept.is_finished
    assert [stage.status for stage in kept] == ["failed", "skipped"]
    assert kept["stage-1"].error.code == "CANCELLED"
    assert kept["stage-1"].attempts == ()


@pytest.mark.parametrize("run_id", ["", "../x", "a b", ".x", "x" * 101])
def test_a_run_id_that_cannot_name_a_folder_is_refused(chain, port, tmp_path, run_id):
    with pytest.raises(UsageError, match="cannot be a run id"):
        steps(chain(port.address), data_root=tmp_path, run_id=run_id)


def test_a_run_id_is_used_once(chain, port, tmp_path):
    run(chain(port.address), data_root=tmp_path, run_id="once")
    with pytest.raises(UsageError, match="there is a record of a run 'once'"):
        run(chain(port.address), data_root=tmp_path, run_id="once")


def test_a_path_is_loaded(port, chain, tmp_path):
    path = tmp_path / "pipeline.json"
    container = {
        "id": "a",
        "input_file": "",
        "output_file": "/data/a.csv",
        "next_node": None,
        "timeout_seconds": 5,
    }
    path.write_text(
        json.dumps(
            {
                "workflow_name": "w",
                "start_node": "a",
                "execution_mode": "sequential",
                "service_registry": {"a": port.address},
                "containers": {"a": container},
            }
        )
    )
    result = run(path, data_root=tmp_path)
    assert result.ok
    assert result.config["containers"]["a"]["output_file"] == "/data/a.csv"
    assert result.config_file == str(path)


def test_the_log_has_lines_for_people_and_for_programs(port, chain, tmp_path):
    port.answering.answers = [pb.ExecuteResponse(success=False, message="two\nlines")]
    result = run(chain(port.address, port.address), data_root=tmp_path)
    lines = (tmp_path / "logs" / "orchestrator.log").read_text().splitlines()
    records = [
        json.loads(line)
        for line in (tmp_path / "logs" / "orchestrator.jsonl").read_text().splitlines()
    ]
    assert len(lines) == len(records) == 5
    assert " - INFO - Executing stage-1 at 127.0.0.1:" in lines[1]
    assert " - ERROR - stage-1 failed in " in lines[2]
    assert "two lines" in lines[2]
    assert {record["run_id"] for record in records} == {result.run_id}
    assert [record["event"] for record in records] == [
        "run-started",
        "stage-started",
        "stage-failed",
        "stage-skipped",
        "run-finished",
    ]
    assert (records[2]["stage"], records[2]["address"], records[2]["attempt"]) == (
        "stage-1",
        port.address,
        1,
    )
    assert records[2]["seconds"] == pytest.approx(result["stage-1"].seconds)


def test_a_data_root_that_cannot_be_written_is_named(port, chain, tmp_path):
    (tmp_path / "file").write_text("")
    from energykit.errors import EnergykitError

    with pytest.raises(EnergykitError, match="cannot keep a record") as caught:
        run(chain(port.address), data_root=tmp_path / "file")
    assert str(tmp_path / "file") in caught.value.where
    assert port.answering.requests == []


def test_times_keep_their_order_if_the_clock_is_set_back(port, chain, tmp_path, monkeypatch):
    from energykit.executor import clock

    class Jumping(clock.datetime):
        hours = 0

        @classmethod
        def now(cls, tz=None):
            Jumping.hours += 1
            return clock.datetime.__mro__[1].now(tz) - timedelta(hours=Jumping.hours)

    monkeypatch.setattr(clock, "datetime", Jumping)
    result = run(chain(port.address, port.address), data_root=tmp_path)
    first, second = result.stages
    assert result.started <= first.started <= first.attempts[0].started <= second.started
    assert 0 <= first.seconds <= result.seconds < 5


@pytest.mark.skipif(os.name != "posix", reason="interrupts itself with a signal")
def test_ctrl_c_ends_a_stage_that_works_and_its_service_is_told(port, chain, tmp_path):
    told = threading.Event()

    def work(request, context):
        context.add_callback(told.set)
        told.wait(10)
        return pb.ExecuteResponse(success=False)

    port.answering.answers = [work]
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(chain(port.address, port.address, timeout_s=30), data_root=tmp_path, run_id="stopped")
    assert time.monotonic() - start < 2
    timer.join()
    assert told.wait(2)
    assert [stage.status for stage in load_run(tmp_path / "runs" / "stopped")] == [
        "failed",
        "skipped",
    ]
