"""A run's figures come from the stage that holds what they show."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from energykit import artifacts, plots
from energykit.errors import UsageError
from energykit.results import RunResult, StageResult

START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = 300


@pytest.fixture
def readings() -> pl.DataFrame:
    times = pl.datetime_range(START, START + timedelta(minutes=ROWS - 1), "1m", eager=True)
    return pl.DataFrame(
        {
            "timestamp": times.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "household_id": ["HH-0"] * ROWS,
            "power_consumption": [float(100 + row) for row in range(ROWS)],
            "voltage": [230.0] * ROWS,
            "current": [5.0] * ROWS,
        }
    )


@pytest.fixture
def report(readings) -> pl.DataFrame:
    is_high = [row >= 290 for row in range(ROWS)]
    return readings.select(
        "timestamp",
        "household_id",
        power=pl.col("power_consumption"),
        efficiency=pl.col("power_consumption") / 1150.0,
        status=pl.Series(["power_high" if high else "OK" for high in is_high]),
        anomaly_detected=pl.Series(is_high),
        reasons=pl.Series(["power_high" if high else "" for high in is_high]),
    )


def stage(name: str, path, status: str = "succeeded") -> StageResult:
    file = f"/data/{path.name}" if path else ""
    return StageResult(
        id=name,
        status=status,
        address="127.0.0.1:1",
        input_file="",
        output_file=file,
        output_path=path,
        started=START,
    )


@pytest.fixture
def run(tmp_path, readings, report) -> RunResult:
    files = {
        "energy-generator": (tmp_path / "energy_data.csv", readings),
        "energy-analyzer": (tmp_path / "analysis_output.pb", report),
        "report-generator": (tmp_path / "energy_report.csv", report.drop("status", "reasons")),
    }
    for path, frame in files.values():
        artifacts.write(frame, path)
    stages = tuple(stage(name, path) for name, (path, _) in files.items())
    return RunResult(run_id="r1", workflow_name="w", stages=stages, started=START, seconds=1.0)


def test_the_power_figure_takes_the_artefact_with_the_reasons(run, ax):
    assert run.plot.power(ax=ax) is ax
    assert ax.get_lines()[0].get_ydata().tolist() == [float(100 + row) for row in range(ROWS)]
    assert [marked.get_label() for marked in ax.collections] == [
        "power_high: 10 readings in 1 event"
    ]


def test_without_reasons_it_takes_the_flags(run, tmp_path, ax):
    (tmp_path / "analysis_output.pb").unlink()
    stages = (run.stages[0], run.stages[2])
    shorter = RunResult(run_id="r1", workflow_name="w", stages=stages, started=START, seconds=1.0)
    shorter.plot.power(ax=ax)
    assert [marked.get_label() for marked in ax.collections] == ["anomaly: 10 readings in 1 event"]


def test_voltage_is_found_in_the_readings(run, ax):
    run.plot.voltage_vs_load(ax=ax)
    assert int(ax.collections[0].get_array().sum()) == ROWS


@pytest.mark.parametrize(
    "name",
    [
        "power",
        "voltage_vs_load",
        "daily_profile",
        "heatmap",
        "load_duration",
        "timeline",
        "power_factor_histogram",
        "energy_per_day",
        "household_ranking",
        "quality_calendar",
    ],
)
def test_every_figure_of_a_run_can_be_drawn(run, name, ax):
    assert getattr(run.plot, name)(ax=ax) is ax
    assert plots.alt_text(ax)


def test_options_reach_the_figure(run, ax):
    run.plot.daily_profile(ax=ax, step_min=60)
    assert len(ax.get_lines()[0].get_xdata()) == 24


def test_a_run_without_a_fitting_output_says_where_was_looked(tmp_path):
    stages = (
        stage("generator", tmp_path / "energy_data.csv", "failed"),
        stage("analyzer", None, "skipped"),
    )
    broken = RunResult(run_id="r1", workflow_name="w", stages=stages, started=START, seconds=1.0)
    with pytest.raises(
        UsageError, match=r"generator \(failed: /data/energy_data.csv\), analyzer \(skipped"
    ):
        broken.plot.power()


def test_an_output_that_is_no_table_is_passed_over(run, tmp_path, ax):
    page = tmp_path / "report.html"
    page.write_text("<html></html>", encoding="utf-8")
    stages = (*run.stages, stage("page", page))
    RunResult(run_id="r1", workflow_name="w", stages=stages, started=START, seconds=1.0).plot.power(
        ax=ax
    )
    assert ax.get_lines()
