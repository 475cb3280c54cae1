"""Resuming a run: what stands is not done again, what does not is, and each stage says why."""

from __future__ import annotations

import hashlib
import json
from concurrent import futures
from dataclasses import replace
from datetime import timedelta

import grpc
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.config import parse_config
from energykit.errors import ArtifactError, UsageError
from energykit.executor import StageFinished, StageStarted, run, steps
from energykit.results import load_run, save_run

SAME = "same request, same input, same output"


@pytest.fixture
def writing(port, tmp_path):
    """A service that copies its input and a line of its own into its output; its digests."""

    def work(request, context):
        source = (
            tmp_path / request.input_file.removeprefix("/data/") if request.input_file else None
        )
        before = source.read_bytes() if source else b""
        said = request.parameters.SerializeToString(deterministic=True)
        (tmp_path / request.output_file.removeprefix("/data/")).write_bytes(before + said + b"\n")
        return pb.ExecuteResponse(success=True, message="copied")

    port.answering.usual = work
    return port


@pytest.fixture
def plan(chain, writing, tmp_path):
    """A chain of three stages at that service, and its input."""
    (tmp_path / "0.csv").write_bytes(b"input\n")
    return lambda **fields: chain(*[writing.address] * 3, **fields)


def asked(port):
    return [pb.ExecuteRequest.FromString(one).output_file for one in port.answering.requests]


def statuses(result):
    return [stage.status for stage in result]


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


def test_the_run_to_resume_is_the_newest_that_is_not_done(plan, writing, tmp_path):
    undone = steps(plan(), data_root=tmp_path, run_id="undone")
    next(undone)
    undone.close()
    run(plan(), data_root=tmp_path, run_id="done")
    assert run(plan(), data_root=tmp_path, resume=True, run_id="second").resumed_from == "undone"
    assert (
        run(plan(), data_root=tmp_path, resume=True).resumed_from == "second"
    )  # `undone` was resumed: all are done


def test_a_run_of_another_workflow_is_not_resumed(plan, tmp_path):
    other = run(plan(), data_root=tmp_path, run_id="other")
    save_run(
        replace(other, workflow_name="another", started=other.started + timedelta(1)),
        tmp_path / "runs" / "other",
    )
    assert run(plan(), data_root=tmp_path, resume=True).resumed_from == ""


@pytest.mark.parametrize("how", ["id", "folder", "file", "result"])
def test_a_run_is_named_by_its_id_its_record_or_its_result(plan, tmp_path, how):
    first = run(plan(), data_root=tmp_path)
    named = {
        "id": first.run_id,
        "folder": first.folder,
        "file": str(first.folder / "run.json"),
        "result": first,
    }
    assert run(plan(), data_root=tmp_path, resume=named[how]).resumed_from == first.run_id


def test_an_unknown_run_suggests_the_nearest(plan, writing, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # "../x" might be there elsewhere
    run(plan(), data_root=tmp_path, run_id="morning-1")
    writing.answering.requests.clear()
    with pytest.raises(
        UsageError, match=r"there is no run 'mornin-1'\n  → did you mean 'morning-1'\?"
    ) as caught:
        run(plan(), data_root=tmp_path, resume="mornin-1")
    assert (caught.value.exit_code, caught.value.where) == (2, str(tmp_path / "runs"))
    with pytest.raises(UsageError, match="there is no run yet"):
        run(plan(), data_root=tmp_path / "fresh", resume="x")
    for name in ("", "../x", "x/y"):
        with pytest.raises(UsageError, match="there is no run"):
            run(plan(), data_root=tmp_path, resume=name)
    assert not writing.answering.requests


def test_of_many_runs_the_newest_are_named(plan, tmp_path):
    first = run(plan(), data_root=tmp_path)
    for number in range(20):
        save_run(first, tmp_path / "runs" / f"run-{number:02d}")
    with pytest.raises(UsageError) as caught:
        run(plan(), data_root=tmp_path, resume="zzz")
    assert caught.value.hint.count("'run-") == 8
    assert "'run-19'" in caught.value.hint


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_truncated_record_is_named_or_passed_over(plan, writing, tmp_path, share):
    first = run(plan(), data_root=tmp_path)
    record = first.folder / "run.json"
    record.write_bytes(record.read_bytes()[: int(share * record.stat().st_size)])
    with pytest.raises(ArtifactError, match="this is not a record of a run") as caught:
        run(plan(), data_root=tmp_path, resume=first.run_id)
    assert caught.value.where == str(record)
    assert "without resuming, every stage is run again" in caught.value.hint
    assert len(writing.answering.requests) == 3
    result = run(plan(), data_root=tmp_path, resume=True)
    assert statuses(result) == ["succeeded"] * 3
    assert (
        result["stage-1"].reason
        == f"no earlier run can be resumed; this is not a record of a run: {record}"
    )


def test_with_nothing_to_resume_everything_is_run(plan, tmp_path):
    result = run(plan(), data_root=tmp_path, resume=True)
    assert result.ok
    assert {(stage.status, stage.reason) for stage in result} == {("succeeded", "")}


def test_a_record_of_before_there_was_resuming_is_resumed(plan, tmp_path):
    first = run(plan(), data_root=tmp_path)
    record = json.loads((first.folder / "run.json").read_text(encoding="utf-8"))
    del record["resumed_from"]
    for stage in record["stages"]:
        del stage["reason"], stage["reused_from"]
    (first.folder / "run.json").write_text(json.dumps(record))
    assert statuses(run(plan(), data_root=tmp_path, resume=True)) == ["reused"] * 3


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


def test_a_run_without_stages_is_resumed(plan, tmp_path):
    whole = run(plan(), data_root=tmp_path)
    save_run(
        replace(whole, stages=(), is_finished=False), whole.folder
    )  # as one killed before its first stage ended
    result = run(plan(), data_root=tmp_path, resume=True)
    assert result.resumed_from == whole.run_id
    assert result["stage-1"].reason == f"it was not finished in run {whole.run_id}"


class Versioned(stubs.ContainerExecutorServicer):
    """Writes its output and a second file, and says which version of its code did."""

    def __init__(self, root):
        self.root = root
        self.version = "v1"

    def Execute(self, request, context):
        metrics = pb.StageMetrics()
        for name in ("1.csv", "1.labels.csv"):
            (self.root / name).write_bytes(b"made\n")
            digest = hashlib.sha256(b"made\n").hexdigest()
            metrics.outputs.append(f"/data/{name}")
            metrics.output_digests.add(path=f"/data/{name}", sha256=digest, bytes=5)
        metrics.output_sha256, metrics.bytes_out = digest, 5
        return pb.ExecuteResponse(success=True, metrics=metrics, stage_version=self.version)

    def Describe(self, request, context):
        return pb.ServiceDescription(stage_version=self.version, versions={"polars": "2.1.0"})


@pytest.fixture
def versioned(tmp_path):
    (tmp_path / "0.csv").write_bytes(b"read\n")
    server, servicer = grpc.server(futures.ThreadPoolExecutor(2)), Versioned(tmp_path)
    stubs.add_ContainerExecutorServicer_to_server(servicer, server)
    servicer.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    servicer.stop = lambda: server.stop(0).wait(5)
    yield servicer
    servicer.stop()


def test_another_version_of_a_stage_is_a_reason_that_can_be_switched_off(
    versioned, chain, tmp_path
):
    config = chain(versioned.address)
    first = run(config, data_root=tmp_path)["stage-1"]
    assert first.stage_version == "v1"
    assert first.service_versions == {"polars": "2.1.0"}
    versioned.version = "v2"
    kept = run(config, data_root=tmp_path, resume=True, resume_ignores={"version"})
    assert kept["stage-1"].status == "reused"
    again = run(config, data_root=tmp_path, resume=True)["stage-1"]
    assert again.status == "succeeded"
    assert again.reason == "the stage's version differs: it is 'v2', and was 'v1'"
    assert run(config, data_root=tmp_path, resume=True)["stage-1"].status == "reused"


def test_a_service_that_is_not_there_is_no_reason_to_run_a_finished_stage_again(
    versioned, chain, tmp_path
):
    config = chain(versioned.address)
    run(config, data_root=tmp_path)
    versioned.stop()
    assert run(config, data_root=tmp_path, resume=True)["stage-1"].status == "reused"


def test_a_second_output_that_was_changed_is_a_reason(versioned, chain, tmp_path):
    config = chain(versioned.address)
    run(config, data_root=tmp_path)
    (tmp_path / "1.labels.csv").write_bytes(b"tampered\n")
    again = run(config, data_root=tmp_path, resume=True)["stage-1"]
    assert again.status == "succeeded"
    assert again.reason.startswith("the output's digest differs '/data/1.labels.csv': it is ")
    assert (tmp_path / "1.labels.csv").read_bytes() == b"made\n"


def test_what_cannot_be_ignored_is_refused(chain, tmp_path):
    with pytest.raises(UsageError, match=r"did you mean 'version'"):
        run(chain("127.0.0.1:1"), data_root=tmp_path, resume_ignores={"versions"})
