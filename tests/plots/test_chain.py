"""The chain of digests of a run."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from energykit import plots
from energykit.errors import UsageError
from energykit.results import FileRecord, RunResult, StageResult

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    file: str
    verdict: str


def stage(name, read, wrote, digest_in, digest_out):
    return StageResult(
        id=name,
        status="succeeded",
        address="127.0.0.1:1",
        started=NOW,
        input_file=read,
        output_file=wrote,
        input_sha256=digest_in,
        output_sha256=digest_out,
    )


def run(*stages):
    return RunResult(run_id="r", workflow_name="w", stages=stages, started=NOW, seconds=1.0)


CHAIN = run(
    stage("one", "/data/in.csv", "/data/mid.pb", "a" * 64, "b" * 64),
    stage("two", "/data/mid.pb", "/data/out.csv", "b" * 64, "c" * 64),
)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_each_file_with_its_digest_and_each_stage_between():
    shown = texts(plots.digest_chain(CHAIN))
    assert [text for text in shown if "sha256" in text] == [
        "in.csv\nsha256 aaaaaaaa…\nnot compared",
        "mid.pb\nsha256 bbbbbbbb…\nnot compared",
        "out.csv\nsha256 cccccccc…\nnot compared",
    ]
    assert {"one", "two"} <= set(shown)


def test_what_changed_is_marked_by_more_than_colour():
    seen = [
        Seen("/data/in.csv", "matches"),
        Seen("/data/mid.pb", "changed"),
        Seen("/data/out.csv", "missing"),
    ]
    ax = plots.digest_chain(CHAIN, seen)
    ends = [text.split("\n")[-1] for text in texts(ax) if "sha256" in text]
    assert ends == ["✔ matches", "✘ changed", "✘ missing"]
    boxes = [text.get_bbox_patch() for text in ax.texts if "sha256" in text.get_text()]
    assert len({box.get_linestyle() for box in boxes}) == 3
    assert "mid.pb: changed" in plots.alt_text(ax)


def test_a_stage_that_read_something_else_is_reported():
    broken = run(CHAIN.stages[0], stage("two", "/data/mid.pb", "/data/out.csv", "d" * 64, "c" * 64))
    ax = plots.digest_chain(broken)
    assert "two\n✘ read another file" in texts(ax)
    assert "two read another file than was written" in plots.alt_text(ax)


def test_a_first_stage_without_input():
    ax = plots.digest_chain(run(stage("one", "", "/data/mid.pb", "", "b" * 64)))
    assert "one" in texts(ax)


def test_a_stage_that_joins_several_files_is_whole_if_all_of_them_are():
    def joined(sha256):
        files = [
            FileRecord(path="/data/a.pb", sha256="b" * 64),
            FileRecord(path="/data/b.pb", sha256=sha256),
        ]
        join = replace(stage("join", "/data/a.pb", "/data/out.csv", "", "d" * 64), inputs=files)
        return run(
            stage("one", "/data/in.csv", "/data/a.pb", "a" * 64, "b" * 64),
            stage("two", "/data/in.csv", "/data/b.pb", "a" * 64, "c" * 64),
            join,
        )

    whole = plots.digest_chain(joined("c" * 64))
    assert "join" in texts(whole)
    arrows = [text for text in whole.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 4
    assert "join\n✘ read another file" in texts(plots.digest_chain(joined("e" * 64)))


def test_no_files_are_no_chain():
    with pytest.raises(UsageError, match="no files"):
        plots.digest_chain(run())
