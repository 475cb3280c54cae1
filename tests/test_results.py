"""Records of a run: their looks, their errors, and the file they are kept in."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from energykit.artifacts import Skipped
from energykit.errors import (
    ArtifactError,
    DeadlineExceededError,
    ServiceUnreachableError,
    StageFailedError,
)
from energykit.results import (
    Attempt,
    RunResult,
    StageError,
    StageMetrics,
    StageResult,
    load_run,
    save_run,
)
from energykit.results.view import byte_text, hex_dump, second_text

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
METRICS = StageMetrics(
    rows_in=20_160,
    rows_out=20_158,
    rows_skipped=2,
    skipped=(Skipped(reason="text <b>", rows=2, first_line=7),),
    bytes_in=10,
    bytes_out=20,
    seconds=0.5,
    output_sha256="ab" * 32,
    outputs=("/data/out.csv",),
)
ATTEMPT = Attempt(
    number=1,
    address="127.0.0.1:1",
    method="ExecuteStream",
    status="OK",
    message="",
    started=NOON,
    seconds=1.5,
)


def stage(name="energy-analyzer", **values):
    base = StageResult(
        id=name,
        status="succeeded",
        address="127.0.0.1:1",
        input_file="/data/in.csv",
        output_file="/data/out.csv",
        started=NOON,
        seconds=1.5,
        attempts=(ATTEMPT,),
        metrics=METRICS,
        request_bytes=b"\x0a\x02hi",
        response_bytes=b"\x08\x01",
        parameters={"limit_w": 3000.0, "names": ["ä"]},
        output_sha256="ab" * 32,
        output_path=Path("data/out.csv"),
    )
    return replace(base, **values)


def failed(exit_code=1, code="DATA_LOSS", name="energy-analyzer", where="in.csv:3:4"):
    error = StageError(code=code, where=where, hint="mend <it>", message="a torn file")
    return stage(
        name, status="failed", exit_code=exit_code, error=error, metrics=None, output_path=None
    )


def skipped(name="report-generator"):
    error = StageError(code="FAILED_PRECONDITION", where=name, hint="", message="not run")
    return stage(
        name,
        status="skipped",
        error=error,
        attempts=(),
        metrics=None,
        output_path=None,
        seconds=0.0,
    )


def a_run(*stages, **values):
    base = RunResult(
        run_id="20260101T120000-1a2b3c4d",
        workflow_name="household",
        stages=stages,
        started=NOON,
        seconds=2.5,
        config={"workflow_name": "household"},
        versions={"python": "3.11"},
        config_file="config/household.json",
    )
    return replace(base, **values)


def test_a_record_is_read_as_it_was_written(tmp_path):
    run = a_run(stage("energy-generator"), failed(), skipped())
    assert save_run(run, tmp_path / "runs" / "x") == tmp_path / "runs" / "x" / "run.json"
    for path in (tmp_path / "runs" / "x", str(tmp_path / "runs" / "x" / "run.json")):
        assert load_run(path) == replace(run, folder=tmp_path / "runs" / "x")
    assert [one.name for one in (tmp_path / "runs" / "x").iterdir()] == ["run.json"]


def test_a_stage_that_found_nothing_says_so():
    nothing = replace(METRICS, rows_in=0, rows_out=0, rows_skipped=0, skipped=())
    assert "0 → 0 rows" in str(stage(metrics=nothing))


def test_the_file_says_its_format_and_only_gains_fields(tmp_path):
    save_run(a_run(stage()), tmp_path)
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert (record["format"], record["ok"], record["exit_code"]) == (1, True, 0)
    record["of_the_future"] = record["stages"][0]["of_the_future"] = {"x": 1}
    for name in ("input_sha256", "message", "metrics"):
        del record["stages"][0][name]  # as an older file may lack them
    del record["is_finished"]
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert load_run(tmp_path).stages == (stage(metrics=None),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a record of a run"),
        ("[]", "not a record of a run"),
        ("{}", "its format is None"),
        ('{"format": 2}', "its format is 2, this energykit reads 1"),
        ('{"format": 1}', "'stages'"),
        ('{"format": 1, "stages": []}', "'run_id'"),
        ('{"format": 1, "stages": [{"id": 3}]}', "not a record of a run"),
    ],
)
def test_a_file_that_is_no_record_is_named(tmp_path, text, said):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ArtifactError, match=said) as caught:
        load_run(tmp_path)
    assert caught.value.where == str(tmp_path / "run.json")


WRONG = ["x", 5, -1, 10**400, float("nan"), float("inf"), None, True, [], {}, [1], {"a": [1]}]


def places(node, *above):
    """Where each value of a JSON document is."""
    entries = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in entries:
        yield (*above, key)
        if isinstance(value, (dict, list)):
            yield from places(value, *above, key)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda value: repr(value)[:8])
def test_a_value_of_another_kind_is_shown_or_the_record_is_refused(tmp_path, wrong):
    """In whichever field: never an error of Python's, when it is read or when it is shown."""
    save_run(a_run(stage(metrics=METRICS, attempts=(ATTEMPT,), notes=("n",)), failed()), tmp_path)
    record = (tmp_path / "run.json").read_text(encoding="utf-8")
    refused = []
    for place in places(json.loads(record)):
        changed = node = json.loads(record)
        for key in place[:-1]:
            node = node[key]
        node[place[-1]] = wrong
        (tmp_path / "run.json").write_text(json.dumps(changed), encoding="utf-8")
        try:
            run = load_run(tmp_path)
        except ArtifactError:
            refused.append(place)
            continue
        assert repr(run)
        assert run._repr_html_()
        run.attempts_frame()
    assert ("stages", 0, "status") in refused


def test_a_missing_record_is_named(tmp_path):
    with pytest.raises(ArtifactError, match="cannot read the record: No such file") as caught:
        load_run(tmp_path / "run.json")
    assert caught.value.code == "NOT_FOUND"


def test_exit_code_is_that_of_the_first_failure():
    assert a_run(stage()).exit_code == 0
    assert a_run(stage(), failed(4), skipped()).exit_code == 4
    assert a_run(stage(), skipped()).exit_code == 1
    assert a_run(stage(), is_finished=False).exit_code == 1


@pytest.mark.parametrize(
    ("exit_code", "kind"),
    [(1, StageFailedError), (3, ServiceUnreachableError), (4, DeadlineExceededError)],
)
def test_raise_for_failure_raises_the_error_of_the_exit_code(exit_code, kind):
    with pytest.raises(kind) as caught:
        a_run(stage("energy-generator"), failed(exit_code), skipped()).raise_for_failure()
    error = caught.value
    assert error.exit_code == exit_code
    assert str(error) == "energy-analyzer at 127.0.0.1:1: a torn file (in.csv:3:4)\n  → mend <it>"
    assert error.code == "DATA_LOSS"


def test_raise_for_failure_returns_a_run_that_succeeded():
    run = a_run(stage())
    assert run.raise_for_failure() is run
    with pytest.raises(StageFailedError, match="ended before its last stage"):
        a_run(stage(), skipped()).raise_for_failure()


def test_a_stage_is_found_by_its_id():
    run = a_run(stage("energy-generator"), stage())
    assert run["energy-analyzer"].id == "energy-analyzer"
    assert len(run) == 2
    assert [one.id for one in run] == ["energy-generator", "energy-analyzer"]
    with pytest.raises(KeyError, match="did you mean 'energy-analyzer'"):
        run["energy-analyser"]


def test_a_stage_says_what_it_did_and_why_rows_were_left_out():
    text = repr(stage())
    assert text == (
        "✔ energy-analyzer: succeeded · /data/in.csv → /data/out.csv"
        " · 20,160 → 20,158 rows, 2 skipped · 1.50 s"
        "\n  left out: text <b> (2 rows, from line 7)"
    )
    assert repr(failed()).splitlines()[1:] == ["  in.csv:3:4: a torn file", "    → mend <it>"]


def test_a_run_says_its_verdict_first():
    lines = repr(a_run(stage("energy-generator"), failed(), skipped())).splitlines()
    assert lines[0] == "✖ household (20260101T120000-1a2b3c4d): 1 of 3 stages succeeded in 2.50 s"
    assert lines[1].startswith("  ✔ energy-generator: succeeded")
    assert lines[-2].startswith("  » report-generator: skipped")
    assert repr(a_run(stage(), is_finished=False)).startswith("▶ household")


def test_html_is_escaped_and_says_status_in_words():
    shown = a_run(
        stage("energy-generator"), failed(), skipped(), folder=Path("data/runs/x")
    )._repr_html_()
    for word in (
        "✔</span> succeeded",
        "✖</span> failed",
        "»</span> skipped",
        "mend &lt;it&gt;",
        "data/runs/x",
    ):
        assert word in shown
    shown = stage()._repr_html_()
    assert "text &lt;b&gt;" in shown
    assert "request: 4 bytes on the wire" in shown
    assert "0000  0a 02 68 69" in shown
    assert "attempt" not in shown
    assert "ExecuteStream" in failed()._repr_html_()


def test_a_stage_shows_the_first_rows_of_its_output(tmp_path):
    path = tmp_path / "out.csv"
    rows = "".join(
        f"2025-01-01T00:00:0{at}Z,HH-{at},120.5,230.0,5.099999904632568\n" for at in range(9)
    )
    path.write_text(f"timestamp,household_id,power_consumption,voltage,current\n{rows}")
    shown = stage(output_path=path)._repr_html_()
    assert "first rows of out.csv" in shown
    assert "HH-4" in shown
    assert "HH-5" not in shown
    assert ">5.1<" in shown
    path.write_bytes(b"\x00")
    assert "out.csv cannot be shown" in stage(output_path=path)._repr_html_()
    path.unlink()
    assert "out.csv cannot be shown" in stage(output_path=path)._repr_html_()


def test_a_frame_has_a_row_for_each_stage():
    frame = a_run(stage("energy-generator"), failed(), skipped()).to_frame()
    assert list(frame["status"]) == ["succeeded", "failed", "skipped"]
    assert frame["rows_in"].dtype == "Int64"
    assert frame["rows_in"].isna().tolist() == [False, True, True]
    assert frame["attempts"].tolist() == [1, 1, 0]
    assert str(frame["started"].dt.tz) == "UTC"
    assert frame["error"][1] == "a torn file"


def test_the_output_is_looked_at_as_a_frame(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text(
        "timestamp,household_id,power_consumption,voltage,current\n2025-01-01T00:00:00Z,HH-0,120.5,230.0,5.1\n"
    )
    frame = stage(output_path=path).frame()
    assert frame["power_consumption"].tolist() == [120.5]
    with pytest.raises(ArtifactError, match=r"no output to look at: '/data/out\.csv'") as caught:
        failed().frame()
    assert caught.value.where == "energy-analyzer"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 ms"),
        (0.0123, "12.3 ms"),
        (1.5, "1.50 s"),
        (125, "2 min 05 s"),
        (math.inf, "inf s"),
    ],
)
def test_durations_are_said_for_people(seconds, text):
    assert second_text(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (126_800_000, "126.8 MB"),
        (10**15, "1000.0 TB"),
    ],
)
def test_sizes_are_said_for_people(size, text):
    assert byte_text(size) == text


def test_bytes_are_dumped_16_a_line_and_cut():
    assert hex_dump(b"\x0a\x02hi") == f"0000  {'0a 02 68 69':<47}  ..hi"
    lines = hex_dump(bytes(range(40)), limit=20).splitlines()
    assert lines[1] == f"0010  {'10 11 12 13':<47}  ...."
    assert lines[2] == "… 20 more bytes"


def test_attempts_keep_the_order_of_time():
    later = replace(ATTEMPT, number=2, started=NOON + timedelta(seconds=2))
    assert "2 attempts" in repr(stage(attempts=(ATTEMPT, later)))
    assert "<td" in stage(attempts=(ATTEMPT, later))._repr_html_()


def retried(**values):
    first = replace(ATTEMPT, status="UNAVAILABLE", message="busy", seconds=0.001, wait_s=0.2)
    last = replace(ATTEMPT, number=2, started=NOON + timedelta(seconds=0.201))
    return stage(attempts=(first, last), **values)


def test_several_attempts_are_told_with_their_codes_and_pauses():
    assert repr(retried()).splitlines()[1:3] == [
        "  attempt 1: UNAVAILABLE after 1.0 ms: busy, then a pause of 200.0 ms",
        "  attempt 2: OK after 1.50 s",
    ]
    assert "attempt" not in repr(stage())
    for shown in (retried()._repr_html_(), a_run(retried())._repr_html_()):
        assert "pause after it" in shown
        assert "200.0 ms" in shown
        assert "UNAVAILABLE" in shown
    assert "2 attempts of energy-analyzer" in a_run(retried())._repr_html_()


def test_attempts_are_a_frame_with_a_row_for_each():
    run = a_run(stage("energy-generator"), retried(), skipped())
    frame = run.attempts_frame()
    assert list(frame.columns) == [
        "stage",
        "attempt",
        "address",
        "method",
        "status",
        "message",
        "started",
        "seconds",
        "wait_s",
    ]
    assert list(frame["stage"]) == ["energy-generator", "energy-analyzer", "energy-analyzer"]
    assert list(frame["attempt"]) == [1, 1, 2]
    assert list(frame["wait_s"]) == [0.0, 0.2, 0.0]
    assert str(frame["started"].dtype.tz) == "UTC"
    assert run["energy-analyzer"].attempts_frame().equals(frame[1:].reset_index(drop=True))
    empty = skipped().attempts_frame()
    assert (len(empty), list(empty.dtypes)) == (0, list(frame.dtypes))


def test_what_was_reused_or_run_again_says_why(tmp_path):
    reused = stage(
        "energy-generator",
        status="reused",
        reason="same <request>",
        reused_from="earlier",
        attempts=(),
    )
    again = stage(reason="the output is missing: '/data/out.csv'")
    run = a_run(reused, again, resumed_from="earlier")
    assert (run.ok, run.exit_code, reused.ok) == (True, 0, True)
    assert run.raise_for_failure() is run
    lines = repr(run).splitlines()
    assert "2 of 2 stages succeeded in 2.50 s, 1 of them reused" in lines[0]
    assert lines[1].startswith("  ↺ energy-generator: reused · ")
    assert lines[1].endswith(" · same <request> (run earlier)")
    assert lines[3] == "    run again: the output is missing: '/data/out.csv'"
    shown = run._repr_html_()
    assert "resumes run earlier" in shown
    assert "same &lt;request&gt;" in shown
    assert "run again: the output is missing" in again._repr_html_()
    save_run(run, tmp_path)
    assert load_run(tmp_path) == replace(run, folder=tmp_path)
