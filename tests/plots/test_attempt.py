from datetime import UTC, datetime, timedelta

import pytest

from energykit import plots
from energykit.errors import UsageError
from energykit.results import Attempt, RunResult, StageResult

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def attempt(
    number: int, status: str, start_s: float, seconds: float, wait_s: float = 0.0
) -> Attempt:
    started = START + timedelta(seconds=start_s)
    return Attempt(
        number=number,
        address="127.0.0.1:1",
        method="ExecuteStream",
        status=status,
        message="",
        started=started,
        seconds=seconds,
        wait_s=wait_s,
    )


def stage(name: str, *attempts: Attempt, status: str = "succeeded") -> StageResult:
    return StageResult(
        id=name,
        status=status,
        address="127.0.0.1:1",
        input_file="",
        output_file="/data/x.csv",
        started=START,
        attempts=attempts,
    )


@pytest.fixture
def run() -> RunResult:
    stages = (
        stage("energy-generator", attempt(1, "OK", 0.1, 0.4)),
        stage(
            "energy-analyzer",
            attempt(1, "UNAVAILABLE", 0.5, 0.001, 0.2),
            attempt(2, "UNAVAILABLE", 0.701, 0.001, 0.4),
            attempt(3, "OK", 1.1, 0.5),
        ),
        stage("report-generator", status="reused"),
    )
    return RunResult(run_id="r", workflow_name="w", stages=stages, started=START, seconds=1.6)


def test_every_call_and_every_pause_is_a_bar_at_its_time(run, ax):
    plots.attempts(run, ax=ax)
    bars = {
        container.get_label(): [
            (bar.get_y() + bar.get_height() / 2, bar.get_x(), bar.get_width()) for bar in container
        ]
        for container in ax.containers
    }
    assert set(bars) == {"call answered", "failed call", "pause"}
    assert bars["call answered"] == [pytest.approx((0, 0.0, 0.4)), pytest.approx((3, 1.0, 0.5))]
    assert bars["pause"] == [pytest.approx((1, 0.401, 0.2)), pytest.approx((2, 0.602, 0.4))]
    assert [bar[:2] for bar in bars["failed call"]] == [
        pytest.approx((1, 0.4)),
        pytest.approx((2, 0.601)),
    ]
    assert all(
        width == pytest.approx(0.006 * 1.5) for _, _, width in bars["failed call"]
    )  # 1 ms is seen, too


def test_each_row_says_its_code_its_time_and_its_pause(run, ax):
    plots.attempts(run, ax=ax)
    assert [text.get_text() for text in ax.texts] == [
        "OK after 400.0 ms",
        "UNAVAILABLE after 1.0 ms, then a pause of 200.0 ms",
        "UNAVAILABLE after 1.0 ms, then a pause of 400.0 ms",
        "OK after 500.0 ms",
    ]
    assert [label.get_text() for label in ax.get_yticklabels()][1] == "energy-analyzer 1"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "call answered",
        "failed call",
        "pause",
    ]


def test_a_stage_alone_is_drawn_and_described(run, ax):
    plots.attempts(run["energy-analyzer"], ax=ax)
    assert (
        plots.alt_text(ax)
        == "Timeline of 3 attempts over 1.10 s: energy-analyzer 1 UNAVAILABLE after 1.0 ms, then a"
        " pause of 200.0 ms; energy-analyzer 2 UNAVAILABLE after 1.0 ms, then a pause of 400.0"
        " ms; energy-analyzer 3 OK after 500.0 ms."
    )
    assert len(ax.get_yticklabels()) == 3


def test_a_run_draws_its_own(run, ax):
    assert run.plot.attempts(ax=ax) is ax
    assert len(ax.get_yticklabels()) == 4


@pytest.mark.parametrize("stages", [[], ["report-generator"]])
def test_without_an_attempt_there_is_nothing_to_draw(run, ax, stages):
    with pytest.raises(UsageError, match="there are no attempts"):
        plots.attempts([run[name] for name in stages], ax=ax)
