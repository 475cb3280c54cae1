"""Sweeps: each combination a row, in order; the same table wherever it runs; a failure is a row."""

import contextlib
import json
import os
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from energykit.config import config_as_json, parse_config
from energykit.errors import UsageError
from energykit.experiments import points, run_point, sweep
from energykit.experiments.spread import spread
from energykit.launcher import local_services

THRESHOLD = "energy-analyzer.detectors.efficiency_below.threshold"


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
    monkeypatch.setattr("energykit.experiments.table.run_on_worker", end_worker)
    with ProcessPoolExecutor(1) as pool:
        table = sweep(config, {"energy-generator.seed": [1, 2]}, data_root=tmp_path, executor=pool)
    assert table["ok"].tolist() == [False, False]
    assert table["error"].str.startswith("BrokenProcessPool").all()


def test_a_detector_that_the_configuration_does_not_name_is_made(config, tmp_path):
    plan = config_as_json(config)
    del plan["containers"]["energy-analyzer"]["parameters"]
    named, made = (
        sweep(one, {THRESHOLD: [0.5, 0.99]}, data_root=tmp_path)
        for one in (config, parse_config(json.dumps(plan)))
    )
    assert made["ok"].all()
    assert made["anomalies"].tolist() == named["anomalies"].tolist()
    assert made["anomalies"].nunique() == 2


def test_points_keep_their_outputs_apart_and_pass_them_on(config):
    first, second = points(config, {"energy-generator.seed": [1, 2]})
    plans = [json.loads(one.config)["containers"] for one in (first, second)]
    assert plans[0]["energy-generator"]["output_file"] == plans[0]["energy-analyzer"]["input_file"]
    assert (
        plans[0]["energy-generator"]["output_file"] != plans[1]["energy-generator"]["output_file"]
    )


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


@pytest.mark.parametrize(
    ("given", "hint"), [(3, "[3]"), ("households", "['households']"), ({"range": 5}, "[{'range'")]
)
def test_one_value_is_not_several(config, given, hint):
    with pytest.raises(UsageError, match="is not a list of values") as told:
        points(config, {"energy-generator.seed": given})
    assert told.value.hint.startswith(f"write {hint}")


def test_values_of_numpy_go_into_a_configuration(config):
    (first, second) = points(config, {"energy-generator.seed": np.arange(2)})
    assert (first.settings, second.settings) == (
        {"energy-generator.seed": 0},
        {"energy-generator.seed": 1},
    )
    assert json.loads(second.config)["containers"]["energy-generator"]["parameters"]["seed"] == 1


def test_no_values_give_an_empty_table(config, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        assert sweep(config, {"energy-generator.seed": []}, data_root=tmp_path, executor=pool).empty


def flaky(point):
    """Fail as a service that is not reached does, the first time."""
    path = Path(point.data_root, f"tried-{point.number}")
    is_first = not path.exists()
    path.touch()
    return dict(point.settings) | {
        "ok": not is_first,
        "exit_code": 3 if is_first else 0,
        "error": "",
        "seconds": 0.0,
    }


@pytest.mark.parametrize("pool", [None, ThreadPoolExecutor])
@pytest.mark.parametrize(("attempts", "ok"), [(1, False), (2, True), (3, True)])
def test_what_was_not_reached_is_tried_again(config, tmp_path, pool, attempts, ok):
    planned = points(config, {"energy-generator.seed": [1, 2]}, data_root=tmp_path)
    with contextlib.ExitStack() as stack:
        executor = stack.enter_context(pool(2)) if pool else None
        rows = spread(flaky, planned, executor=executor, attempts=attempts)
    assert [(row["ok"], row["attempts"]) for row in rows] == [(ok, min(attempts, 2))] * 2


def test_a_stage_that_refuses_is_not_asked_again(config, tmp_path):
    table = sweep(config, {"energy-generator.households": [-1]}, data_root=tmp_path, attempts=3)
    assert table["attempts"].tolist() == [1]


@pytest.mark.parametrize("attempts", [0, 1.5, True])
def test_attempts_are_a_whole_number(config, tmp_path, attempts):
    with pytest.raises(UsageError, match="attempts="):
        sweep(config, {"energy-generator.seed": []}, data_root=tmp_path, attempts=attempts)


def test_each_row_is_told_as_it_comes(config, tmp_path):
    told = []
    sweep(config, {"energy-generator.seed": [3, 4]}, data_root=tmp_path, on_row=told.append)
    assert [row["energy-generator.seed"] for row in told] == [3, 4]


def test_an_interrupted_sweep_begins_no_further_point(config):
    begun, go_on = [], threading.Event()

    def run(point):
        begun.append(point.number)
        assert point.number == 0 or go_on.wait(30)
        return {"ok": True, "exit_code": 0}

    def interrupt(_point, _row):
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            spread(
                run,
                points(config, {"energy-generator.seed": range(9)}),
                executor=pool,
                on_row=interrupt,
            )
        go_on.set()
    assert begun in ([0], [0, 1])


def test_a_point_that_is_run_again_gets_a_record_of_its_own(config, tmp_path):
    (point,) = points(config, {"energy-generator.seed": [1]}, data_root=tmp_path)
    with local_services(config, data_root=tmp_path) as services:
        first, second = (run_point(point, services) for _ in range(2))
    assert (first["ok"], second["ok"]) == (True, True)
    assert second["run_id"] == f"{first['run_id']}-2"
