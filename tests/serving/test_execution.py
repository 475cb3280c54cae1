"""One call of a stage: inputs, outputs, counts, failures."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from energykit.artifacts import Skipped
from energykit.artifacts.formats import SUFFIXES
from energykit.errors import StageFailedError
from energykit.serving import Output, StageContext, stage

BAD_ROW = b"2025-01-01T00:00:10Z,HH-1,much,230.0,5.1\n"


@pytest.fixture
def bad_input(data_root):
    path = data_root / "in.csv"
    path.write_bytes(path.read_bytes() + BAD_ROW)


@stage("copy")
def copy(readings: pl.LazyFrame) -> pl.LazyFrame:
    return readings


@stage("copy-pandas")
def copy_pandas(readings: pd.DataFrame) -> pd.DataFrame:
    return readings


@pytest.mark.parametrize("made", [copy, copy_pandas], ids=lambda made: made.name)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_stage_that_changes_nothing_changes_nothing(client_of, data_root, made, suffix):
    client = client_of(made)
    assert client.execute(target=f"/data/a{suffix}").success
    assert client.execute(source=f"/data/a{suffix}", target="/data/b.csv").success
    assert (data_root / "b.csv").read_bytes() == (data_root / "in.csv").read_bytes()


def test_a_pandas_stage_gets_parsed_times_and_gives_them_back_as_text(client_of, data_root):
    seen = []

    @stage("later")
    def later(readings: pd.DataFrame) -> pd.DataFrame:
        seen.append(str(readings.timestamp.dtype))
        readings["timestamp"] += pd.Timedelta(days=1)
        return readings

    assert client_of(later).execute().success
    assert "UTC" in seen[0]
    assert "2025-01-02T00:00:09Z,HH-0" in (data_root / "out.csv").read_text()


def test_a_zone_that_is_not_known_is_not_made_up(client_of, data_root):
    path = data_root / "in.csv"
    path.write_text(path.read_text().replace("Z,", ","))
    assert client_of(copy_pandas).execute().success
    assert (data_root / "out.csv").read_text() == path.read_text()


def test_bad_rows_are_skipped_and_counted(client_of, bad_input):
    metrics = client_of(copy).execute().metrics
    assert (metrics.rows_in, metrics.rows_out, metrics.rows_skipped) == (11, 10, 1)
    assert [(item.rows, item.first_line) for item in metrics.skipped] == [(1, 12)]


@pytest.mark.parametrize("made", [copy, copy_pandas], ids=lambda made: made.name)
def test_strict_refuses_bad_rows_and_leaves_the_target(client_of, data_root, bad_input, made):
    (data_root / "out.csv").write_text("as it was")
    answer = client_of(made).execute(strict=True)
    assert (answer.success, answer.error.code, answer.error.where) == (
        False,
        "INVALID_ARGUMENT",
        "/data/in.csv:12:27",
    )
    assert (data_root / "out.csv").read_text() == "as it was"
    assert sorted(path.name for path in data_root.iterdir()) == ["in.csv", "out.csv"]


def test_metrics_say_what_was_done(client_of, data_root):
    answer = client_of(copy).execute(target="/data/new/folder/out.csv")
    metrics = answer.metrics
    assert metrics.bytes_in == metrics.bytes_out == (data_root / "in.csv").stat().st_size
    assert metrics.output_sha256 == hashlib.sha256((data_root / "in.csv").read_bytes()).hexdigest()
    assert list(metrics.outputs) == ["/data/new/folder/out.csv"]
    assert 0 < metrics.seconds < 10


def test_a_stage_may_stop_reading_early(client_of):
    @stage("head")
    def head(readings: pl.LazyFrame) -> pl.LazyFrame:
        return readings.head(3)

    answer = client_of(head).execute()
    assert answer.success
    assert answer.metrics.rows_out == 3


def test_batches_files_beside_and_own_counts(client_of, data_root):
    @stage("batches")
    def batches(*, rows: int) -> Output:
        done = []

        def parts():
            for row in range(rows):
                done.append(row)
                yield pl.DataFrame({"row": [row]})

        return Output(
            parts(),
            beside={
                ".labels.csv": pl.DataFrame({"kind": ["spike"]}),
                "note.txt": "a note\n",
                ".sum.csv": lambda: pl.DataFrame({"sum": [sum(done)]}),
            },
            skipped=[Skipped("too dull", 2, 7)],
            rows_in=lambda: len(done) + 2,
            message="done",
        )

    answer = client_of(batches).execute(source="", target="/data/o/x.csv", rows=4)
    assert answer.message == "done"
    assert (answer.metrics.rows_in, answer.metrics.rows_out, answer.metrics.rows_skipped) == (
        6,
        4,
        2,
    )
    assert sorted(answer.metrics.outputs) == [
        "/data/o/note.txt",
        "/data/o/x.csv",
        "/data/o/x.labels.csv",
        "/data/o/x.sum.csv",
    ]
    assert answer.metrics.outputs[0] == "/data/o/x.csv"
    written = {path.name: path.read_text() for path in (data_root / "o").iterdir()}
    assert written == {
        "x.csv": "row\n0\n1\n2\n3\n",
        "x.labels.csv": "kind\nspike\n",
        "x.sum.csv": "sum\n6\n",
        "note.txt": "a note\n",
    }


def test_a_file_beside_cannot_leave_the_root(client_of, data_root):
    @stage("outside")
    def outside() -> Output:
        return Output("text", beside={"../../../x.txt": "out"})

    answer = client_of(outside).execute()
    assert not answer.success
    assert not (data_root / "out.csv").exists()


def test_a_path_stage_is_given_a_path_that_leads_to_its_input_or_none(client_of, data_root):
    seen = []

    @stage("paths")
    def paths(source: Path | None) -> Output:
        seen.append(source and (source.name, source.read_bytes()))
        return Output(b"\x00raw")

    client = client_of(paths)
    assert client.execute().success
    assert client.execute(source="").success
    assert seen == [("in.csv", (data_root / "in.csv").read_bytes()), None]
    assert (data_root / "out.csv").read_bytes() == b"\x00raw"


def test_a_stage_that_needs_its_input_says_that_the_request_names_none(client_of):
    answer = client_of(copy).execute(source="")
    assert (answer.error.code, answer.error.where) == ("INVALID_ARGUMENT", "input_file")


def test_the_context_tells_the_run_and_the_time_left(client_of):
    seen = []

    @stage("curious")
    def curious(*, context: StageContext) -> Output:
        seen.append(
            (
                context.stage,
                context.run_id,
                context.input_file,
                context.output_file,
                context.remaining_s,
            )
        )
        return Output(None, message="nothing to write")

    answer = client_of(curious).execute(timeout=10)
    assert answer.success
    assert list(answer.metrics.outputs) == []
    assert seen[0][:4] == ("curious", "", "/data/in.csv", "/data/out.csv")
    assert 5 < seen[0][4] < 11  # the server's clock starts when the request arrives


def test_an_unknown_parameter_suggests_the_nearest(client_of, data_root):
    @stage("shave")
    def shave(readings: pl.LazyFrame, *, limit_w: float = 3000.0) -> pl.LazyFrame:
        return readings

    answer = client_of(shave).execute(limt_w=1.0)
    assert answer.message == "unknown parameter 'limt_w'"
    assert (answer.error.code, answer.error.hint) == ("INVALID_ARGUMENT", "did you mean 'limit_w'?")
    assert not (data_root / "out.csv").exists()


@pytest.mark.parametrize("source", ["/data/none.csv", "/data/folder.csv"])
def test_an_input_that_is_no_file_is_named(client_of, data_root, source):
    (data_root / "folder.csv").mkdir()
    answer = client_of(copy).execute(source=source)
    assert not answer.success
    assert source in answer.error.where


def raises(exc):
    @stage("broken")
    def broken() -> Output:
        raise exc

    return broken


@pytest.mark.parametrize(
    ("exc", "code", "said"),
    [
        (StageFailedError("no sun today", hint="wait"), "INTERNAL", "no sun today"),
        (StageFailedError("not yet", code="FAILED_PRECONDITION"), "FAILED_PRECONDITION", "not yet"),
        (FileNotFoundError(2, "No such file or directory", "/x/y"), "NOT_FOUND", "No such file"),
        (OSError(28, "No space left on device"), "RESOURCE_EXHAUSTED", "No space left"),
        (PermissionError(13, "Permission denied"), "PERMISSION_DENIED", "Permission denied"),
        (MemoryError(), "RESOURCE_EXHAUSTED", "memory"),
    ],
)
def test_a_failure_has_a_code(client_of, exc, code, said):
    answer = client_of(raises(exc)).execute()
    assert (answer.success, answer.error.code) == (False, code)
    assert said in answer.message


@pytest.mark.parametrize("exc", [ZeroDivisionError("division by zero"), SystemExit(3)])
def test_an_unhandled_exception_is_internal_and_the_service_goes_on(client_of, caplog, exc):
    client = client_of(raises(exc))
    with caplog.at_level(logging.INFO):
        answer = client.execute()
    assert answer.error.code == "INTERNAL"
    assert type(exc).__name__ in answer.message
    assert answer.error.where.startswith("test_execution.py:")
    assert "Traceback" not in str(answer)
    assert [record.levelname for record in caplog.records if record.exc_info] == ["ERROR"]
    assert client.execute().error.code == "INTERNAL"


def test_a_failed_stage_is_no_error_of_the_log(client_of, caplog):
    with caplog.at_level(logging.INFO):
        client_of(copy).execute(source="/data/none.csv")
    assert "ERROR" not in {record.levelname for record in caplog.records}


@pytest.mark.parametrize("result", [5, None, object(), {"a": 1}])
def test_what_is_no_frame_is_refused_with_what_would_do(client_of, result):
    @stage("odd")
    def odd() -> object:
        return result if result is not None else Output({})

    answer = client_of(odd).execute()
    assert "which is not a frame" in answer.message
    assert "pandas or polars frame" in answer.error.hint


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0,
    reason="root may write everywhere, Windows has other rights",
)
def test_a_folder_that_cannot_be_written_is_named(client_of, data_root):
    folder = data_root / "locked"
    folder.mkdir(mode=0o500)
    answer = client_of(copy).execute(target="/data/locked/out.csv")
    assert answer.error.code == "PERMISSION_DENIED"


def test_a_file_where_a_folder_should_be_is_named(client_of):
    answer = client_of(copy).execute(target="/data/in.csv/out.csv")
    assert not answer.success
    assert "/data/in.csv" in answer.error.where
