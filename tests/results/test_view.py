"""What a result shows: as text, as HTML, as a frame."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from energykit.errors import (
    ArtifactError,
    DeadlineExceededError,
    ServiceUnreachableError,
    StageFailedError,
)
from energykit.results import (
    load_run,
    save_run,
)
from energykit.results.view import byte_text, hex_dump, second_text
from tests.results.samples import ATTEMPT, METRICS, NOON, a_run, failed, skipped, stage


def test_a_stage_that_found_nothing_says_so():
    nothing = replace(METRICS, rows_in=0, rows_out=0, rows_skipped=0, skipped=())
    assert "0 → 0 rows" in str(stage(metrics=nothing))


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
    assert str(error) == "energy-analyzer at 127.0.0.1:1: a torn file (in.csv:3:4)\n  → fix <it>"
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
    assert repr(failed()).splitlines()[1:] == ["  in.csv:3:4: a torn file", "    → fix <it>"]


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
        "fix &lt;it&gt;",
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
