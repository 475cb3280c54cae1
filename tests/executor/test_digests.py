"""Metrics and digests of outputs: those that the service says, or those taken here."""

from __future__ import annotations

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.executor import run
from energykit.results import load_run


def test_metrics_and_the_digest_of_the_output_are_recorded(port, chain, tmp_path):
    metrics = pb.StageMetrics(
        rows_in=3,
        rows_out=2,
        rows_skipped=1,
        bytes_out=10,
        output_sha256="ab",
        outputs=["/data/1.csv"],
        skipped=[pb.SkippedRows(reason="text in a number", rows=1, first_line=4)],
    )
    port.answering.answers = [writes(tmp_path / "1.csv", b"x" * 10, metrics)]
    result = run(chain(port.address), data_root=tmp_path)
    stage = result["stage-1"]
    assert (stage.metrics.rows_in, stage.metrics.skipped[0].first_line) == (3, 4)
    assert stage.output_sha256 == "ab"
    assert stage.output_path == tmp_path / "1.csv"
    assert load_run(result.folder) == result
    assert "3 → 2 rows, 1 skipped" in repr(stage)
    assert "text in a number" in stage._repr_html_()


def test_digests_are_taken_here_where_the_service_does_not_tell(port, chain, tmp_path):
    (tmp_path / "0.csv").write_bytes(b"abc")
    port.answering.answers = [writes(tmp_path / "1.csv", b"x" * 3_000_000)]  # large: read beside
    result = run(chain(port.address, port.address), data_root=tmp_path)
    first, second = result.stages
    assert first.input_sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert first.output_sha256 == second.input_sha256
    assert len(second.input_sha256) == 64
    assert second.output_path is None


def writes(path, data, metrics=None):
    """Answer as a service that writes a file, and says of it what the metrics say."""

    def answer(request, context):
        path.write_bytes(data)
        return pb.ExecuteResponse(success=True, metrics=metrics)

    return answer


def test_an_output_of_another_size_is_not_taken_for_the_services(port, chain, tmp_path):
    (tmp_path / "1.csv").write_bytes(b"an older file")
    metrics = pb.StageMetrics(bytes_out=99, output_sha256="ab")
    port.answering.answers = [pb.ExecuteResponse(success=True, metrics=metrics)]
    assert run(chain(port.address), data_root=tmp_path)["stage-1"].output_path is None
