from datetime import UTC, datetime, timedelta

import pytest

from energykit import plots
from energykit.errors import UsageError
from energykit.results import Attempt, RunResult, StageError, StageResult

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def attempt(number: int, status: str, start_s: float, seconds: float) -> Attempt:
    started = START + timedelta(seconds=start_s)
    return Attempt(
        number=number,
        address="127.0.0.1:1",
        method="ExecuteStream",
        status=status,
        message="",
        started=started,
        seconds=seconds,
    )


def stage(
    name: str, status: str, start_s: float, seconds: float, *attempts: Attempt, code: str = ""
) -> StageResult:
    error = StageError(code=code, where=name, hint="", message="it failed") if code else None
    return StageResult(
        id=name,
        status=status,
        address="127.0.0.1:1",
        input_file="",
        output_file="/data/x.csv",
        started=START + timedelta(seconds=start_s),
        seconds=seconds,
        attempts=attempts,
        error=error,
    )


@pytest.fixture
def run() -> RunResult:
    stages = (
        stage("energy-generator", "succeeded", 0.0, 0.42, attempt(1, "OK", 0.0, 0.42)),
        stage(
            "energy-analyzer",
            "failed",
            0.43,
            1.1,
            attempt(1, "UNAVAILABLE", 0.43, 0.05),
            attempt(2, "UNAVAILABLE", 0.68, 0.05),
            attempt(3, "INTERNAL", 1.03, 0.5),
            code="INTERNAL",
        ),
        stage("report-generator", "skipped", 1.53, 0.0),
    )
    return RunResult(run_id="r", workflow_name="w", stages=stages, started=START, seconds=1.53)


def test_every_attempt_is_a_bar_at_its_time(run, ax):
    plots.run_timeline(run, ax=ax)
    bars = {
        container.get_label(): [
            (bar.get_y() + bar.get_height() / 2, bar.get_x(), bar.get_width()) for bar in container
        ]
        for container in ax.containers
    }
    assert list(bars) == ["succeeded", "failed", "retried", "skipped"]
    assert bars["succeeded"] == [pytest.approx((0, 0.0, 0.42))]
    assert bars["failed"] == [pytest.approx((1, 1.03, 0.5))]
    assert bars["retried"] == [pytest.approx((1, 0.43, 0.05)), pytest.approx((1, 0.68, 0.05))]
    assert bars["skipped"] == [pytest.approx((2, 1.53, 0.0))]


def test_a_status_has_its_own_colour_hatch_and_word(run, ax):
    plots.run_timeline(run, ax=ax)
    looks = {
        (container[0].get_edgecolor(), container[0].get_hatch()) for container in ax.containers
    }
    assert len({edge for edge, _ in looks}) == len({hatch for _, hatch in looks}) == 4
    words = [text.get_text() for text in ax.texts]
    assert words == ["succeeded, 420 ms", "failed (INTERNAL), 1.1 s, 3 attempts", "skipped"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "succeeded",
        "failed",
        "retried",
        "skipped",
    ]


def test_stages_stand_in_order_from_the_top(run, ax):
    plots.run_timeline(run, ax=ax)
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        stage.id for stage in run.stages
    ]
    low, high = ax.get_ylim()
    assert low > high
    assert ax.get_xlabel() == "time since the run started [s]"


def test_some_stages_alone_can_be_drawn(run, ax):
    plots.run_timeline([run.stages[1]], ax=ax)
    assert ax.containers[0][0].get_x() == pytest.approx(0.6)


def test_a_run_without_stages_is_refused(ax):
    with pytest.raises(UsageError, match="the run has no stages"):
        plots.run_timeline([], ax=ax)


def test_the_sentence_tells_each_stage(run, ax):
    assert (
        plots.alt_text(plots.run_timeline(run, ax=ax))
        == "Timeline of a run of 3 stages over 1.53 s: energy-generator succeeded, 420 ms, then"
        " energy-analyzer failed (INTERNAL), 1.1 s, 3 attempts, then report-generator skipped."
    )


def test_a_run_in_which_nothing_took_time_can_be_drawn(ax):
    plots.run_timeline([stage("a", "skipped", 0.0, 0.0)], ax=ax)
    assert ax.get_xlim()[1] > 0


def test_the_sentence_tells_what_ran_side_by_side(ax):
    shown = [
        stage("generator", "succeeded", 0.0, 1.0),
        stage("low", "succeeded", 1.0, 2.0),
        stage("spike", "failed", 1.01, 1.0, code="INTERNAL"),
        stage("join", "skipped", 2.5, 0.0),
    ]
    assert plots.alt_text(plots.run_timeline(shown, ax=ax)).endswith(
        ": generator succeeded, 1 s, then side by side (low succeeded, 2 s; spike failed"
        " (INTERNAL), 1 s), then join skipped."
    )
