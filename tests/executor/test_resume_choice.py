"""Which run is resumed: the newest that is not done, or the one that is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from energykit.errors import ArtifactError, UsageError
from energykit.executor import run, steps
from energykit.results import save_run
from tests.executor.conftest import statuses


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


def test_a_run_without_stages_is_resumed(plan, tmp_path):
    whole = run(plan(), data_root=tmp_path)
    save_run(
        replace(whole, stages=(), is_finished=False), whole.folder
    )  # as one killed before its first stage ended
    result = run(plan(), data_root=tmp_path, resume=True)
    assert result.resumed_from == whole.run_id
    assert result["stage-1"].reason == f"it was not finished in run {whole.run_id}"
