"""Resuming a run: what stands is not done again, what does not is, and each stage says why."""

from __future__ import annotations

import json

import grpc
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.config import parse_config
from energykit.executor import StageFinished, StageStarted, run, steps
from energykit.results import load_run
from tests.executor.conftest import statuses

SAME = "same request, same input, same output"


def asked(port):
    return [pb.ExecuteRequest.FromString(one).output_file for one in port.answering.requests]


def test_nothing_is_run_again_where_nothing_changed(plan, writing, tmp_path):
    first = run(plan(), data_root=tmp_path)
    events = []
    second = run(plan(), data_root=tmp_path, resume=True, on_event=events.append)
    assert len(writing.answering.requests) == 3
    assert second.ok
    assert second.raise_for_failure() is second
    assert statuses(second) == ["reused"] * 3
    assert {stage.reason for stage in second} == {SAME}
    assert {stage.reused_from for stage in second} == {first.run_id}
    assert second.resumed_from == first.run_id
    assert [stage.output_sha256 for stage in second] == [stage.output_sha256 for stage in first]
    assert [stage.attempts for stage in second] == [()] * 3
    assert second["stage-2"].output_path == tmp_path / "2.csv"
    assert {type(event) for event in events} == {StageFinished}
    assert load_run(second.folder) == second
    assert f"reused · /data/0.csv → /data/1.csv · {SAME} (run {first.run_id})" in repr(second)
    assert SAME in second._repr_html_()
    assert "3 of 3 stages succeeded" in repr(second)


def test_a_failed_run_goes_on_where_it_failed(plan, writing, tmp_path):
    undisturbed = run(plan(), data_root=tmp_path)
    for number in (1, 2, 3):
        (tmp_path / f"{number}.csv").unlink()
    writing.answering.requests.clear()
    (tmp_path / "2.csv").mkdir()  # the second stage cannot write
    first = run(plan(), data_root=tmp_path)
    assert statuses(first) == ["succeeded", "failed", "skipped"]
    (tmp_path / "2.csv").rmdir()
    events = []
    second = run(plan(), data_root=tmp_path, resume=True, on_event=events.append)
    assert second.resumed_from == first.run_id
    assert statuses(second) == ["reused", "succeeded", "succeeded"]
    assert [stage.reason for stage in second] == [
        SAME,
        f"it failed in run {first.run_id}",
        f"it was not finished in run {first.run_id}",
    ]
    assert asked(writing) == ["/data/1.csv", "/data/2.csv", "/data/2.csv", "/data/3.csv"]
    assert [one.reason for one in events if isinstance(one, StageStarted)] == [
        one.reason for one in second.stages[1:]
    ]
    assert [stage.output_sha256 for stage in second] == [
        stage.output_sha256 for stage in undisturbed
    ]
    assert f"run again: it failed in run {first.run_id}" in repr(second)


def change_input(root):
    (root / "0.csv").write_bytes(b"another\n")


def change_output(root):
    (root / "2.csv").write_bytes(b"another\n")


def remove_output(root):
    (root / "2.csv").unlink()


@pytest.mark.parametrize(
    ("change", "fields", "expected", "reason"),
    [
        (change_input, {}, ["succeeded"] * 3, "the input's digest differs: it is "),
        (
            change_output,
            {},
            ["reused", "succeeded", "reused"],
            "the output's digest differs: it is ",
        ),
        (
            remove_output,
            {},
            ["reused", "succeeded", "reused"],
            "the output is missing: '/data/2.csv'",
        ),
        (
            None,
            {"parameters": {"rows": 20}},
            ["succeeded"] * 3,
            "the parameter 'rows' differs: it is 20, and was 10",
        ),
        (
            None,
            {"parameters": {}},
            ["succeeded"] * 3,
            "the parameter 'rows' differs: it is not given, and was 10",
        ),
        (None, {"parameters": {"rows": 10.0}}, ["reused"] * 3, SAME),
        (None, {"parameters": {"rows": 10}, "timeout_s": 6}, ["reused"] * 3, SAME),
    ],
    ids=[
        "input",
        "output",
        "no output",
        "parameter",
        "no parameter",
        "the same number",
        "deadline",
    ],
)
def test_what_changed_is_run_again_and_says_why(plan, tmp_path, change, fields, expected, reason):
    given = {"parameters": {"rows": 10}}
    run(plan(**given), data_root=tmp_path)
    if change:
        change(tmp_path)
    result = run(plan(**(fields or given)), data_root=tmp_path, resume=True)
    assert statuses(result) == expected
    again = next((stage for stage in result if stage.status == "succeeded"), result.stages[0])
    assert again.reason.startswith(reason)
    assert (
        run(plan(**(fields or given)), data_root=tmp_path, resume=result).stages[0].status
        == "reused"
    )


def test_true_and_one_are_not_the_same_on_the_wire(plan, tmp_path):
    run(plan(parameters={"deep": {"strict": True}}), data_root=tmp_path)
    result = run(plan(parameters={"deep": {"strict": 1}}), data_root=tmp_path, resume=True)
    assert result["stage-1"].reason == (
        'the parameter \'deep\' differs: it is {"strict": 1}, and was {"strict": true}'
    )


def test_another_path_is_another_request(port, tmp_path):
    def config(output):
        text = {"workflow_name": "w", "start_node": "a", "service_registry": {"a": port.address}}
        node = {"id": "a", "input_file": "", "output_file": output, "next_node": ""}
        return parse_config(json.dumps({**text, "containers": {"a": node}}))

    first = run(config("/data/a.csv"), data_root=tmp_path)
    result = run(config("/data/b.csv"), data_root=tmp_path, resume=first)
    assert result["a"].reason == "output_file differs: it is '/data/b.csv', and was '/data/a.csv'"
    fresh = run(
        config("/data/c.csv"), data_root=tmp_path, resume=True
    )  # no run wrote that: another workflow
    assert (fresh.resumed_from, fresh["a"].reason) == ("", "")


def test_a_stage_whose_files_cannot_be_seen_is_run_again(port, chain, tmp_path):
    first = run(
        chain(port.address, port.address), data_root=tmp_path
    )  # the service writes nothing here
    result = run(chain(port.address, port.address), data_root=tmp_path, resume=True)
    assert statuses(result) == ["succeeded"] * 2
    assert result["stage-1"].reason == "its input cannot be seen from here: '/data/0.csv'"
    (tmp_path / "0.csv").write_text("now it can")
    result = run(chain(port.address, port.address), data_root=tmp_path, resume=first)
    assert result["stage-1"].reason == "the record has no digest of its input"


def test_a_further_output_that_is_missing_is_made_again(port, chain, tmp_path):
    (tmp_path / "0.csv").write_bytes(b"in")
    (tmp_path / "1.csv").write_bytes(b"out")
    metrics = pb.StageMetrics(bytes_out=3, outputs=["/data/1.csv", "/data/1.labels.csv"])
    port.answering.answers = [pb.ExecuteResponse(success=True, metrics=metrics)]
    run(chain(port.address), data_root=tmp_path)
    result = run(chain(port.address), data_root=tmp_path, resume=True)
    assert result["stage-1"].reason == "the output is missing: '/data/1.labels.csv'"


def test_a_join_is_run_again_when_a_branch_beside_its_input_changed(writing, tmp_path):
    def config(**parameters):
        after = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}
        nodes = {
            one: {
                "id": one,
                "input_file": {"a": "", "d": "/data/b.csv"}.get(one, "/data/a.csv"),
                "output_file": f"/data/{one}.csv",
                "next_node": later,
                "parameters": parameters if one == "c" else {},
            }
            for one, later in after.items()
        }
        registry = dict.fromkeys(after, writing.address)
        return parse_config(
            json.dumps(
                {
                    "workflow_name": "w",
                    "start_node": "a",
                    "service_registry": registry,
                    "containers": nodes,
                }
            )
        )

    run(config(rows=1), data_root=tmp_path)
    result = run(config(rows=2), data_root=tmp_path, resume=True)
    assert {stage.id: stage.status for stage in result} == {
        "a": "reused",
        "b": "reused",
        "c": "succeeded",
        "d": "succeeded",
    }
    assert result["d"].reason == "the output of 'c', which it waits for, differs"


def test_what_a_resumed_run_reused_is_known_to_the_next(plan, writing, tmp_path):
    with steps(plan(), data_root=tmp_path) as first:
        next(first)
    with steps(plan(), data_root=tmp_path, resume=True) as second:
        assert next(second).status == "reused"
        assert next(second).status == "succeeded"
    lost = run(plan(), data_root=tmp_path, resume=True)
    assert statuses(lost) == ["reused", "reused", "succeeded"]
    assert [stage.reused_from for stage in lost] == [first.run_id, second.run_id, ""]
    assert len(writing.answering.requests) == 3


def test_a_reused_stage_is_a_row_and_a_bar(plan, tmp_path):
    run(plan(), data_root=tmp_path)
    result = run(plan(), data_root=tmp_path, resume=True)
    frame = result.to_frame()
    assert list(frame["status"]) == ["reused"] * 3
    assert set(frame["reason"]) == {SAME}
    from matplotlib import pyplot as plt

    from energykit.plots import alt_text

    ax = result.plot.timeline()
    assert "stage-1 reused" in alt_text(ax)
    plt.close(ax.get_figure())


def test_a_stage_that_is_run_again_is_tried_again_too(plan, writing, tmp_path):
    run(plan(), data_root=tmp_path)
    (tmp_path / "1.csv").unlink()
    writing.answering.answers.append((grpc.StatusCode.UNAVAILABLE, "busy"))
    result = run(plan(retry={"initial_backoff_s": 0.01}), data_root=tmp_path, resume=True)
    assert [attempt.status for attempt in result["stage-1"].attempts] == ["UNAVAILABLE", "OK"]
    assert statuses(result) == ["succeeded", "reused", "reused"]


def test_what_the_resumed_run_lacks_is_taken_from_another_run_of_the_workflow(
    plan, writing, tmp_path
):
    whole = run(plan(), data_root=tmp_path)
    with steps(plan(), data_root=tmp_path) as begun:
        next(begun)
    result = run(plan(), data_root=tmp_path, resume=True)
    assert result.resumed_from == begun.run_id
    assert [stage.reused_from for stage in result] == [begun.run_id, whole.run_id, whole.run_id]
    named = run(plan(), data_root=tmp_path, resume=begun.run_id)  # that run, and no other
    assert statuses(named) == ["reused", "succeeded", "succeeded"]
    assert named["stage-2"].reason == f"it was not finished in run {begun.run_id}"
