"""What the answer adds to the original contract: digests, adjustments, versions, inputs."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import polars as pl
import pytest

from energykit._proto.energy_pipeline_pb2 import ExecuteRequest
from energykit.serving import Adjustment, Output, StageContext, stage
from energykit.serving.version import stage_version

if TYPE_CHECKING:
    import pandas as pd


@stage("copy")
def copy(readings: pl.LazyFrame) -> pl.LazyFrame:
    return readings


@stage("join")
def join(first: pl.LazyFrame, second: pl.LazyFrame) -> pl.LazyFrame:
    return pl.concat([first, second])


@stage("join-all")
def join_all(readings: list[pl.LazyFrame]) -> pl.LazyFrame:
    return pl.concat(readings)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def execute(client, *inputs, target="/data/out.csv", **fields):
    request = ExecuteRequest(output_file=target, input_files=inputs, **fields)
    return client._stub.Execute(request, timeout=10)


def test_the_answer_has_the_digest_of_every_file_read_and_written(client_of, data_root):
    @stage("two")
    def two(readings: pl.LazyFrame) -> Output:
        return Output(readings, beside={".note.txt": "a note"})

    metrics = client_of(two).execute().metrics
    (read,) = metrics.inputs
    assert (read.path, read.sha256) == ("/data/in.csv", sha256(data_root / "in.csv"))
    assert read.bytes == metrics.bytes_in == (data_root / "in.csv").stat().st_size
    assert list(metrics.outputs) == ["/data/out.csv", "/data/out.note.txt"]
    assert [(entry.path, entry.sha256) for entry in metrics.output_digests] == [
        ("/data/out.csv", sha256(data_root / "out.csv")),
        ("/data/out.note.txt", sha256(data_root / "out.note.txt")),
    ]
    assert metrics.output_sha256 == metrics.output_digests[0].sha256


def test_the_digest_of_a_large_input_is_that_of_its_bytes(client_of, data_root):
    readings = pl.read_csv(data_root / "in.csv")
    pl.concat([readings] * 12_000).write_csv(data_root / "large.csv")
    assert (data_root / "large.csv").stat().st_size > 4 << 20
    metrics = client_of(copy).execute(source="/data/large.csv").metrics
    assert metrics.inputs[0].sha256 == sha256(data_root / "large.csv")


def test_the_digest_is_of_the_bytes_that_were_read_although_the_name_has_new_ones(
    client_of, data_root
):
    before = sha256(data_root / "in.csv")

    @stage("slow")
    def slow(readings: pl.LazyFrame) -> pl.LazyFrame:
        (data_root / "new.csv").write_text("something else")
        (data_root / "new.csv").replace(data_root / "in.csv")
        return readings

    answer = client_of(slow).execute()
    assert answer.success, answer.message
    assert answer.metrics.inputs[0].sha256 == before == sha256(data_root / "out.csv")


def test_an_input_that_is_written_into_while_it_is_read_is_a_failure(client_of, data_root):
    (data_root / "out.csv").write_text("old")

    @stage("slow")
    def slow(readings: pl.LazyFrame) -> pl.LazyFrame:
        with (data_root / "in.csv").open("a") as file:
            file.write("2025-01-01T00:00:10Z,HH-1,130.5,230.0,6.1\n")
        return readings

    answer = client_of(slow).execute()
    assert (answer.success, answer.error.code) == (False, "ABORTED")
    assert answer.message == "was written to while it was read"
    assert answer.error.where == "/data/in.csv"
    assert (data_root / "out.csv").read_text() == "old"


def test_adjustments_come_from_the_context_and_from_the_output_and_are_added_up(client_of):
    @stage("sorts")
    def sorts(readings: pl.LazyFrame, *, context: StageContext) -> Output:
        context.adjusted("sorted by time", 3, first_line=9)
        context.adjusted("sorted by time", 2, first_line=4)
        context.adjusted("nothing", 0)
        dropped = Adjustment(what="dropped, stored twice", rows=1, first_line=7)
        return Output(readings, adjustments=[dropped])

    metrics = client_of(sorts).execute().metrics
    assert [(entry.what, entry.rows, entry.first_line) for entry in metrics.adjustments] == [
        ("sorted by time", 5, 4),
        ("dropped, stored twice", 1, 7),
    ]


def test_a_stage_that_returns_nothing_has_failed_and_the_old_file_stands(client_of, data_root):
    (data_root / "out.csv").write_text("old")

    @stage("shave")
    def shave(readings: pd.DataFrame) -> pd.DataFrame:
        readings = readings.assign(power_consumption=1.0)

    answer = client_of(shave).execute()
    assert (answer.success, answer.error.code) == (False, "FAILED_PRECONDITION")
    assert answer.message == "shave returned nothing; is a `return` missing?"
    assert answer.error.where.startswith(f"{Path(__file__).name}:")
    assert not answer.metrics.output_sha256
    assert (data_root / "out.csv").read_text() == "old"


def test_a_stage_may_say_that_it_writes_no_output(client_of, data_root):
    (data_root / "out.csv").write_text("old")

    @stage("looks")
    def looks(readings: pl.LazyFrame) -> Output:
        return Output(None, message="looked at it")

    answer = client_of(looks).execute()
    assert (answer.success, answer.message) == (True, "looked at it")
    assert not answer.metrics.output_sha256
    assert not answer.metrics.outputs
    assert (data_root / "out.csv").read_text() == "old"


def test_a_stage_that_yields_nothing_has_failed(client_of):
    @stage("yields")
    def yields(readings: pl.LazyFrame):
        yield from ()

    answer = client_of(yields).execute()
    assert not answer.success
    assert answer.message.startswith("there is no batch")


def test_a_stage_none_of_whose_rows_can_be_used_has_failed(client_of, data_root):
    (data_root / "bad.csv").write_text(
        "timestamp,household_id,power_consumption,voltage,current\nyesterday,HH-0,1,2,3\n"
    )
    (data_root / "out.csv").write_text("old")
    answer = client_of(copy).execute(source="/data/bad.csv")
    assert (answer.success, answer.error.code) == (False, "INVALID_ARGUMENT")
    assert answer.message.startswith("none of 1 row can be used: ")
    assert "from line 2" in answer.message
    assert (data_root / "out.csv").read_text() == "old"


def test_a_stage_that_chooses_no_row_has_not_failed(client_of):
    @stage("none")
    def none(readings: pl.LazyFrame) -> pl.LazyFrame:
        return readings.filter(pl.col("power_consumption") < 0)

    answer = client_of(none).execute()
    assert answer.success
    assert answer.metrics.rows_out == 0


@pytest.mark.parametrize("link", ["same", "spelling", "symbolic", "hard", "folder"])
def test_an_output_that_is_the_input_is_refused_by_any_name(client_of, data_root, link):
    before = (data_root / "in.csv").read_bytes()
    target = {"same": "in.csv", "spelling": ".//in.csv", "folder": "link/in.csv"}.get(link, "b.csv")
    if link == "symbolic":
        (data_root / "b.csv").symlink_to("in.csv")
    if link == "hard":
        os.link(data_root / "in.csv", data_root / "b.csv")
    if link == "folder":
        (data_root / "link").symlink_to(".")
    answer = client_of(copy).execute(target=f"/data/{target}")
    assert (answer.success, answer.error.code) == (False, "INVALID_ARGUMENT")
    assert answer.message == "the output is the input '/data/in.csv', which it would replace"
    assert (data_root / "in.csv").read_bytes() == before


def test_a_file_beside_the_output_that_is_the_input_is_refused(client_of, data_root):
    before = (data_root / "in.csv").read_bytes()

    @stage("beside")
    def beside(readings: pl.LazyFrame) -> Output:
        return Output(readings, beside={"in.csv": "destroyed"})

    answer = client_of(beside).execute()
    assert answer.error.code == "INVALID_ARGUMENT"
    assert (data_root / "in.csv").read_bytes() == before
    assert not (data_root / "out.csv").exists()


def test_a_stage_that_ignores_its_input_may_not_replace_it_either(start, connect, data_root):
    before = (data_root / "in.csv").read_bytes()
    answer = connect(start().address).execute(target="/data/in.csv")
    assert answer.error.code == "INVALID_ARGUMENT"
    assert (data_root / "in.csv").read_bytes() == before


@pytest.mark.parametrize("ends", ["cancelled", "late", "too late for the answer"])
def test_a_call_that_ends_when_all_is_written_replaces_nothing(client_of, data_root, ends):
    (data_root / "out.csv").write_text("old")

    @stage("late")
    def late(readings: pl.LazyFrame, *, context: StageContext) -> Output:
        def end() -> str:
            if ends == "cancelled":
                context.cancel()
            else:
                context._ends = 0.0 if ends == "late" else time.monotonic() + 0.05
            return "the last file"

        return Output(readings, beside={".note.txt": "new", ".last.txt": end})

    with pytest.raises(grpc.RpcError) as caught:
        client_of(late).execute()
    assert caught.value.details().endswith("; nothing was written")
    code = "CANCELLED" if ends == "cancelled" else "DEADLINE_EXCEEDED"
    assert caught.value.code().name == code
    assert (data_root / "out.csv").read_text() == "old"
    assert sorted(path.name for path in data_root.iterdir()) == ["in.csv", "out.csv"]


def test_a_stage_with_two_frames_is_given_two_files(client_of, data_root):
    (data_root / "more.csv").write_bytes((data_root / "in.csv").read_bytes())
    metrics = execute(client_of(join), "/data/in.csv", "/data/more.csv").metrics
    assert (metrics.rows_in, metrics.rows_out) == (20, 20)
    assert [entry.path for entry in metrics.inputs] == ["/data/in.csv", "/data/more.csv"]
    assert metrics.bytes_in == 2 * (data_root / "in.csv").stat().st_size


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_stage_with_a_list_is_given_all_files(client_of, data_root, count):
    names = [f"/data/{number}.csv" for number in range(count)]
    for name in names:
        (data_root / Path(name).name).write_bytes((data_root / "in.csv").read_bytes())
    assert execute(client_of(join_all), *names).metrics.rows_out == 10 * count


@pytest.mark.parametrize(
    ("inputs", "fields", "what"),
    [
        (("in.csv",), {}, "join takes 2 inputs (first, second), the request 1"),
        (("in.csv",) * 3, {}, "join takes 2 inputs (first, second), the request 3"),
        ((), {}, "join reads a file, and the request names none"),
        (
            ("in.csv", "b.csv"),
            {"input_file": "b.csv"},
            "input_file is 'b.csv', and the first of input_files 'in.csv'",
        ),
    ],
)
def test_inputs_that_do_not_fit_the_stage_are_refused(client_of, inputs, fields, what):
    answer = execute(client_of(join), *inputs, **fields)
    assert (answer.message, answer.error.code) == (what, "INVALID_ARGUMENT")


def test_an_output_must_not_be_the_second_input(client_of, data_root):
    (data_root / "more.csv").write_bytes((data_root / "in.csv").read_bytes())
    answer = execute(client_of(join), "in.csv", "more.csv", target="/data/more.csv")
    assert answer.message == "the output is the input 'more.csv', which it would replace"


def test_the_version_is_in_the_answer_and_what_the_author_says(client_of):
    @stage("versioned", version="7")
    def versioned(readings: pl.LazyFrame) -> pl.LazyFrame:
        return readings

    assert client_of(versioned).execute().stage_version == "7"
    assert client_of(copy).execute().stage_version == stage_version(copy)


def test_a_version_changes_with_the_source(tmp_path):
    def version_of(text):
        names = {"__name__": "a_notebook", "pl": pl, "stage": stage}
        exec(compile(text, "<cell>", "exec"), names)
        return stage_version(names["own"])

    text = '@stage("own")\ndef own(readings: pl.LazyFrame):\n    return readings.head({})\n'
    assert version_of(text.format(1)) == version_of(text.format(1))
    assert version_of(text.format(1)) != version_of(text.format(2))


def test_a_version_of_a_service_is_that_of_its_package():
    from services.dummy.__main__ import dummy
    from services.energy_analyzer.__main__ import analyze

    assert stage_version(dummy) != stage_version(analyze)
    assert len(stage_version(dummy)) == 16
