"""Branches side by side: order, failures, bounds, early ends, joins."""

from __future__ import annotations

import json
import os
import signal
import threading
import time

import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.config import parse_config
from energykit.executor import StageFinished, run, steps
from energykit.results import load_run

DIAMOND = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}


def plan(address, after=DIAMOND, *, mode="parallel", timeout_s=60):
    before = {name: [one for one, later in after.items() if name in later] for name in after}
    containers = {}
    for name, later in after.items():
        inputs = [f"/data/{one}.csv" for one in before[name]]
        containers[name] = {
            "id": name,
            **({"input_files": inputs} if len(inputs) > 1 else {"input_file": "".join(inputs)}),
            "output_file": f"/data/{name}.csv",
            "next_node": later,
            "timeout_seconds": timeout_s,
        }
    return parse_config(
        json.dumps(
            {
                "workflow_name": "branches",
                "start_node": next(iter(after)),
                "execution_mode": mode,
                "service_registry": dict.fromkeys(after, address),
                "containers": containers,
            }
        )
    )


class Meeting:
    """Answers only when so many stages are being executed at once."""

    def __init__(self, *stages):
        self.barrier = threading.Barrier(len(stages))
        self.stages = stages

    def __call__(self, request, context):
        if request.output_file.removeprefix("/data/")[0] in self.stages:
            self.barrier.wait(40)
        return pb.ExecuteResponse(success=True, message="done")


def test_branches_run_at_once_and_the_join_after_both(port, tmp_path):
    port.answering.usual = Meeting("b", "c")
    result = run(plan(port.address), data_root=tmp_path)
    assert result.ok, result
    assert [stage.id for stage in result] == ["a", "b", "c", "d"]
    ends = {stage.id: (stage.started, stage.seconds) for stage in result}
    assert ends["d"][0] >= max(ends["b"][0], ends["c"][0])
    assert load_run(result.folder) == result


def test_a_join_gets_all_its_inputs(port, tmp_path):
    run(plan(port.address), data_root=tmp_path)
    asked = [pb.ExecuteRequest.FromString(data) for data in port.answering.requests]
    last = next(one for one in asked if one.output_file == "/data/d.csv")
    assert last.input_file == "/data/b.csv"
    assert list(last.input_files) == ["/data/b.csv", "/data/c.csv"]
    assert all(not one.input_files for one in asked if one is not last)


def fail(*names):
    def answer(request, context):
        is_bad = request.output_file.removeprefix("/data/")[0] in names
        return pb.ExecuteResponse(success=not is_bad, message="broken" if is_bad else "done")

    return answer


def test_a_failure_skips_only_what_depends_on_it(port, tmp_path):
    after = {"a": ["b", "c"], "b": ["d"], "c": ["e"], "d": ["f"], "e": [], "f": []}
    port.answering.usual = fail("b")
    result = run(plan(port.address, after), data_root=tmp_path)
    assert {stage.id: stage.status for stage in result} == {
        "a": "succeeded",
        "b": "failed",
        "c": "succeeded",
        "d": "skipped",
        "e": "succeeded",
        "f": "skipped",
    }
    assert "'b' failed before it" in result["f"].error.message
    assert result.exit_code == 1


def test_sequential_skips_everything_after_a_failure(port, tmp_path):
    port.answering.usual = fail("b")
    result = run(plan(port.address, mode="sequential"), data_root=tmp_path)
    assert [stage.status for stage in result] == ["succeeded", "failed", "skipped", "skipped"]


def test_no_more_stages_than_asked_for_run_at_once(port, tmp_path):
    running, most, turn = 0, 0, threading.Lock()

    def answer(request, context):
        nonlocal running, most
        with turn:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with turn:
            running -= 1
        return pb.ExecuteResponse(success=True)

    port.answering.usual = answer
    after = {"a": list("bcdefg"), **{name: [] for name in "bcdefg"}}
    assert run(plan(port.address, after), data_root=tmp_path, parallel_stages=2).ok
    assert most == 2


def test_each_step_yields_a_stage_that_has_ended(port, tmp_path):
    port.answering.usual = Meeting("b", "c")
    with steps(plan(port.address), data_root=tmp_path) as stages:
        assert next(stages).id == "a"
        assert {next(stages).id, next(stages).id} == {"b", "c"}
        assert next(stages).id == "d"
        assert next(stages, None) is None
    assert stages.result.ok


def test_closing_early_skips_the_branches(port, tmp_path):
    stages = steps(plan(port.address), data_root=tmp_path)
    next(stages)
    stages.close()
    kept = load_run(tmp_path / "runs" / stages.run_id)
    assert [stage.status for stage in kept] == ["succeeded", "skipped", "skipped", "skipped"]


def test_an_interrupt_cancels_the_branches_that_run(port, tmp_path):
    ended, begun = threading.Semaphore(0), threading.Barrier(2)

    def answer(request, context):
        if request.output_file == "/data/a.csv":
            return pb.ExecuteResponse(success=True)
        over = threading.Event()
        context.add_callback(over.set)
        if begun.wait(40) == 0:
            os.kill(os.getpid(), signal.SIGINT)
        over.wait(50)
        ended.release()
        return pb.ExecuteResponse(success=False)

    port.answering.usual = answer
    with pytest.raises(KeyboardInterrupt):
        run(plan(port.address), data_root=tmp_path, run_id="stopped")
    assert ended.acquire(timeout=20)
    assert ended.acquire(timeout=20)
    kept = load_run(tmp_path / "runs" / "stopped")
    assert [stage.status for stage in kept] == ["succeeded", "failed", "failed", "skipped"]
    assert kept["b"].error.code == "CANCELLED"
    assert "interrupted while this stage ran" in kept["c"].error.message


def test_what_a_listener_raises_ends_all_branches(port, tmp_path):
    port.answering.usual = Meeting("b", "c")

    def stop(event):
        if isinstance(event, StageFinished) and event.id in {"b", "c"}:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        run(plan(port.address), data_root=tmp_path, on_event=stop, run_id="stopped")
    kept = load_run(tmp_path / "runs" / "stopped")
    assert kept.is_finished
    assert kept["d"].status == "skipped"


def test_resuming_runs_only_the_branch_that_failed(port, tmp_path):
    def answer(request, context):
        name = request.output_file.removeprefix("/data/")
        if name == "c.csv" and not port.answering.is_whole:
            return pb.ExecuteResponse(success=False, message="broken")
        (tmp_path / name).write_text(f"{name} of one run\n")
        return pb.ExecuteResponse(success=True)

    port.answering.is_whole = False
    port.answering.usual = answer
    config = plan(port.address)
    first = run(config, data_root=tmp_path)
    assert [stage.status for stage in first] == ["succeeded", "succeeded", "failed", "skipped"]
    port.answering.is_whole = True
    second = run(config, data_root=tmp_path, resume=True)
    assert [stage.status for stage in second] == ["reused", "reused", "succeeded", "succeeded"]
    third = run(config, data_root=tmp_path, resume=True)
    assert [stage.status for stage in third] == ["reused"] * 4
    (tmp_path / "c.csv").write_text("edited\n")
    fourth = run(config, data_root=tmp_path, resume=True)
    assert [stage.status for stage in fourth] == ["reused", "reused", "succeeded", "reused"]
