"""The record says which bytes a stage read, whoever changed the file between two stages."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.executor import run, steps
from energykit.results import FileRecord, load_run


def sha(data):
    return hashlib.sha256(data).hexdigest()


def copies(root, *, says_inputs=False, says_outputs=False):
    """Answer as a service that copies its input, and says as much about it as it is asked to."""

    def answer(request, context):
        source = root / request.input_file.removeprefix("/data/")
        data = source.read_bytes() if source.exists() else b"made\n"
        (root / request.output_file.removeprefix("/data/")).write_bytes(data)
        metrics = pb.StageMetrics()
        if says_outputs:
            metrics.output_sha256, metrics.bytes_out = sha(data), len(data)
            metrics.outputs.append(request.output_file)
        if says_inputs and source.exists():
            metrics.inputs.add(path=request.input_file, sha256=sha(data), bytes=len(data))
        has_metrics = says_inputs or says_outputs
        return pb.ExecuteResponse(success=True, metrics=metrics if has_metrics else None)

    return answer


def edit_between(config, root, **options):
    """Run the first stage, change what it wrote, and run the second."""
    stages = steps(config, data_root=root, **options)
    next(stages)
    (root / "1.csv").write_bytes(b"edited\n")
    next(stages)
    next(stages, None)
    return stages.result


def test_an_edit_between_two_steps_is_in_the_record_and_noted(port, chain, tmp_path):
    for says in (True, False):
        port.answering.usual = copies(tmp_path, says_inputs=says, says_outputs=says)
        result = edit_between(chain(port.address, port.address), tmp_path)
        second = result["stage-2"]
        assert second.input_sha256 == sha(b"edited\n")
        assert second.inputs[0].sha256 == sha(b"edited\n")
        assert result["stage-1"].output_sha256 == sha(b"made\n")
        (note,) = second.notes
        assert "'/data/1.csv' was changed after 'stage-1' wrote it" in note
        assert sha(b"edited\n")[:12] in note
        assert sha(b"made\n")[:12] in note
        assert note in repr(second)
        assert "was changed after" in second._repr_html_()
        assert "was changed after" in (tmp_path / "logs/orchestrator.log").read_text()
        assert load_run(result.folder) == result


def test_resuming_does_not_mix_an_edited_run_with_a_fresh_one(port, chain, tmp_path):
    port.answering.usual = copies(tmp_path, says_inputs=True, says_outputs=True)
    config = chain(port.address, port.address)
    edit_between(config, tmp_path)
    second = run(config, data_root=tmp_path, resume=True)
    assert [stage.status for stage in second] == ["succeeded", "succeeded"]
    assert (tmp_path / "2.csv").read_bytes() == b"made\n"
    assert second["stage-2"].notes == ()


def test_what_the_service_says_it_read_counts_more_than_the_file(port, chain, tmp_path):
    (tmp_path / "0.csv").write_bytes(b"here\n")
    metrics = pb.StageMetrics()
    metrics.inputs.add(path="/data/0.csv", sha256="ab" * 32, bytes=7)
    metrics.inputs.add(path="/data/tariff.csv", sha256="cd" * 32, bytes=9)
    port.answering.usual = pb.ExecuteResponse(success=True, metrics=metrics)
    stage = run(chain(port.address), data_root=tmp_path)["stage-1"]
    assert stage.input_sha256 == "ab" * 32
    assert stage.inputs[1] == FileRecord(path="/data/tariff.csv", sha256="cd" * 32, bytes=9)


def test_an_old_file_is_not_taken_for_the_output_of_a_stage_that_wrote_nothing(
    port, chain, tmp_path
):
    (tmp_path / "0.csv").write_bytes(b"read\n")
    (tmp_path / "1.csv").write_bytes(b"an older run's\n")
    for metrics in (None, pb.StageMetrics(rows_in=1)):
        port.answering.usual = pb.ExecuteResponse(success=True, metrics=metrics)
        stage = run(chain(port.address), data_root=tmp_path)["stage-1"]
        assert stage.ok
        assert stage.output_path is None
        assert stage.output_sha256 == ""
        assert stage.outputs == ()
    again = run(chain(port.address), data_root=tmp_path, resume=True)["stage-1"]
    assert again.status == "succeeded"
    assert "no digest of its output" in again.reason


def test_an_output_that_is_replaced_although_the_call_failed_is_noted(port, chain, tmp_path):
    def late(request, context):
        (tmp_path / "1.csv").write_bytes(b"late\n")
        return pb.ExecuteResponse(success=False, message="too late")

    port.answering.usual = late
    stage = run(chain(port.address), data_root=tmp_path)["stage-1"]
    assert stage.status == "failed"
    assert sha(b"late\n") in stage.notes[0]
    assert "was replaced although the call failed" in stage.notes[0]


def test_a_large_input_that_a_service_of_ours_reads_is_hashed_there_alone(
    chain, tmp_path, monkeypatch
):
    """A second reading would cost a third of a stage that copies; what it leaves out is read."""
    from energykit.executor import path as executor_path
    from energykit.serving import Output, serve, stage

    hashed = []
    own = executor_path._digest
    monkeypatch.setattr(executor_path, "_digest", lambda path: hashed.append(path) or own(path))

    @stage("reads")
    def reads(source: Path) -> Output:
        return Output(source.read_bytes()[:3])

    content = b"123" + bytes(5_000_000)
    (tmp_path / "0.csv").write_bytes(content)
    with serve(reads, data_root=tmp_path, block=False) as server:
        result = run(chain(server.address), data_root=tmp_path)
    assert result["stage-1"].input_sha256 == sha(content)
    assert tmp_path / "0.csv" not in hashed


@pytest.mark.parametrize("succeeds", [True, False])
@pytest.mark.parametrize("is_edited", [False, True])
def test_what_a_service_of_ours_does_not_say_is_read_afterwards(
    port, chain, tmp_path, succeeds, is_edited
):
    content = bytes(5_000_000)
    (tmp_path / "0.csv").write_bytes(content)
    port.answering.description = pb.ServiceDescription(versions={"energykit-course": "1"})

    def answer(request, context):
        if is_edited:
            (tmp_path / "0.csv").write_bytes(b"edited meanwhile\n")
        return pb.ExecuteResponse(success=succeeds)

    port.answering.usual = answer
    found = run(chain(port.address), data_root=tmp_path)["stage-1"].input_sha256
    assert found == ("" if is_edited else sha(content))
