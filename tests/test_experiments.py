"""Sweeps: every combination a row, in order; the same table wherever the points run; a failure is a row."""

import json
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from energykit.config import parse_config
from energykit.errors import UsageError
from energykit.experiments import points, sweep

ROOT = Path(__file__).resolve().parents[1]
THRESHOLD = "energy-analyzer.detectors.efficiency_below.threshold"


@pytest.fixture
def config():
    plan = json.loads((ROOT / "config/energy-pipeline.json").read_text(encoding="utf-8"))
    nodes = plan["containers"]
    nodes["energy-generator"]["parameters"] = {"scenario": "households", "households": 1, "days": 0.5, "step_s": 900}
    nodes["energy-analyzer"]["parameters"] = {"detectors": ["efficiency_below"]}
    nodes["report-generator"]["parameters"] = {"summary": True}
    return parse_config(json.dumps(plan))


GRID = {THRESHOLD: [0.5, 0.99], "energy-generator.seed": range(2)}


def test_every_combination_is_a_row_with_its_settings_and_metrics(config, tmp_path):
    table = sweep(config, GRID, data_root=tmp_path)
    assert table[THRESHOLD].tolist() == [0.5, 0.5, 0.99, 0.99]
    assert table["energy-generator.seed"].tolist() == [0, 1, 0, 1]
    assert table["ok"].all()
    assert table["rows"].tolist() == [48] * 4
    assert (table["anomalies"][:2].to_numpy() <= table["anomalies"][2:].to_numpy()).all()
    assert table["energy"][0] == table["energy"][2] != table["energy"][1]
    assert all((Path(folder) / "run.json").is_file() for folder in table["folder"])


def test_the_table_is_the_same_wherever_the_points_run(config, tmp_path):
    serial = sweep(config, GRID, data_root=tmp_path)
    with ProcessPoolExecutor(2) as pool:
        spread = sweep(config, GRID, data_root=tmp_path, executor=pool)
    varying = ["seconds", "run_id", "folder"]
    assert serial.drop(columns=varying).equals(spread.drop(columns=varying))


def test_a_failed_point_is_a_row_and_the_others_are_not_lost(config, tmp_path):
    table = sweep(config, {"energy-generator.households": [1, -1]}, data_root=tmp_path)
    assert table["ok"].tolist() == [True, False]
    assert table["exit_code"].tolist() == [0, 1]
    assert "-1 is not possible" in table["error"][1]


def end_worker(point):
    os._exit(1)


def test_a_worker_that_ends_is_an_error_of_its_points(config, tmp_path, monkeypatch):
    monkeypatch.setattr("energykit.experiments.run_point", end_worker)
    with ProcessPoolExecutor(1) as pool:
        table = sweep(config, {"energy-generator.seed": [1, 2]}, data_root=tmp_path, executor=pool)
    assert table["ok"].tolist() == [False, False]
    assert table["error"].str.startswith("BrokenProcessPool").all()


def test_points_keep_their_outputs_apart_and_pass_them_on(config):
    first, second = points(config, {"energy-generator.seed": [1, 2]})
    plans = [json.loads(one.config)["containers"] for one in (first, second)]
    assert plans[0]["energy-generator"]["output_file"] == plans[0]["energy-analyzer"]["input_file"]
    assert plans[0]["energy-generator"]["output_file"] != plans[1]["energy-generator"]["output_file"]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("energy-analyser.detectors", "did you mean 'energy-analyzer'?"),
        ("energy-analyzer", "write CONTAINER.PARAMETER"),
        ("energy-analyzer.detectors.efficiency_blow.threshold", "did you mean 'efficiency_below'?"),
        ("energy-analyzer.detectors.efficiency_below", "add the parameter's name"),
    ],
)
def test_a_key_that_names_nothing_is_refused_before_anything_runs(config, tmp_path, key, text):
    with pytest.raises(UsageError) as caught:
        sweep(config, {key: [1]}, data_root=tmp_path)
    assert caught.value.hint == text
    assert not list(tmp_path.iterdir())


def test_no_values_give_an_empty_table(config, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        assert sweep(config, {"energy-generator.seed": []}, data_root=tmp_path, executor=pool).empty
