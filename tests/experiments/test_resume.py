"""Sweeps that go on: what is finished is not run again, the table is that of an undisturbed one."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from energykit.cli import main
from energykit.errors import UsageError
from energykit.experiments import service_version, sweep
from energykit.experiments.finished import plan_digest
from energykit.experiments.grid import points
from energykit.experiments.notebook import sweep_notebook
from energykit.experiments.progress import SweepClock
from energykit.serving.version import module_version

SEEDS = {"energy-generator.seed": [1, 2, 3]}
VARYING = ["seconds", "run_id", "folder", "reused"]


class StopError(Exception):
    """Ends a sweep."""


def test_a_sweep_that_was_ended_goes_on_where_it_was(config, tmp_path):
    def stop_after_two(progress):
        if progress.done == 2:
            raise StopError

    with pytest.raises(StopError):
        sweep(config, SEEDS, data_root=tmp_path, on_progress=stop_after_two)
    resumed = sweep(config, SEEDS, data_root=tmp_path, resume=True)
    assert resumed["reused"].tolist() == [True, True, False]
    fresh = sweep(config, SEEDS, data_root=tmp_path)
    assert "reused" not in fresh
    assert resumed.drop(columns=VARYING).equals(
        fresh.drop(columns=[one for one in VARYING if one in fresh])
    )


def test_nothing_starts_where_all_is_finished(config, tmp_path):
    first = sweep(config, SEEDS, data_root=tmp_path)
    logs = sorted((tmp_path / "logs").iterdir())
    again = sweep(config, SEEDS, data_root=tmp_path, resume=True)
    assert again["reused"].all()
    assert again["run_id"].tolist() == first["run_id"].tolist()
    assert sorted((tmp_path / "logs").iterdir()) == logs


def test_a_point_whose_output_is_gone_is_run_again(config, tmp_path):
    first = sweep(config, SEEDS, data_root=tmp_path)
    record = json.loads(Path(first["folder"][1], "run.json").read_text(encoding="utf-8"))
    Path(record["stages"][-1]["output_path"]).unlink()
    again = sweep(config, SEEDS, data_root=tmp_path, resume=True)
    assert again["reused"].tolist() == [True, False, True]


def test_a_point_that_failed_is_run_again(config, tmp_path):
    grid = {"energy-generator.households": [1, -1]}
    sweep(config, grid, data_root=tmp_path)
    assert sweep(config, grid, data_root=tmp_path, resume=True)["reused"].tolist() == [True, False]


def test_another_plan_is_another_point(config, tmp_path):
    sweep(config, {"energy-generator.seed": [1]}, data_root=tmp_path)
    both = {"energy-generator.seed": [1], "energy-generator.days": [0.5, 1]}
    assert sweep(config, both, data_root=tmp_path, resume=True)["reused"].tolist() == [True, False]


def test_another_input_is_another_point_also_under_the_same_name(config, tmp_path):
    meter = tmp_path / "meter.csv"

    def digest(text):
        meter.write_text(text, encoding="utf-8")
        grid = {"energy-generator.input_file": ["/data/meter.csv"]}
        (point,) = points(config, grid, data_root=tmp_path)
        return plan_digest(point)

    first = digest("a")
    assert digest("bc") != first == digest("a")


def test_another_code_of_a_service_is_another_point(config, tmp_path, monkeypatch):
    package = tmp_path / "edited_services"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "stage.py").write_text("VALUE = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(service_version, "_find_module", lambda _name: "edited_services")

    def digest():
        (point,) = points(config, {"energy-generator.seed": [1]}, data_root=tmp_path)
        return plan_digest(point)

    first = digest()
    assert digest() == first
    (package / "stage.py").write_text("VALUE = 2\n", encoding="utf-8")
    assert digest() != first


@pytest.mark.parametrize("name", ["no.such.module", "no_such_module", "zlib", "math"])
def test_a_module_without_source_has_no_version(name):
    assert module_version(name) == ""


def test_the_version_of_a_service_is_a_hash_of_its_package():
    assert re.fullmatch("[0-9a-f]{16}", module_version("services.energy_analyzer"))
    assert module_version("services.energy_analyzer") != module_version("services.report_generator")


def test_repeats_are_rows_of_their_own(config, tmp_path):
    table = sweep(config, {"energy-generator.seed": [1, 2]}, data_root=tmp_path, repeats=2)
    assert table["repeat"].tolist() == [0, 1, 0, 1]
    assert table["energy-generator.seed"].tolist() == [1, 1, 2, 2]
    assert (
        sweep(
            config, {"energy-generator.seed": [1, 2]}, data_root=tmp_path, repeats=3, resume=True
        )["reused"].tolist()
        == [True, True, False] * 2
    )


@pytest.mark.parametrize("repeats", [0, 1.5, True])
def test_repeats_are_a_whole_number(config, repeats):
    with pytest.raises(UsageError, match="repeats="):
        points(config, SEEDS, repeats=repeats)


def test_progress_says_how_long_is_left():
    clock = SweepClock(3)
    first = clock.count(is_ok=True, is_reused=True)
    assert (first.done, first.left_s, str(first)) == (1, None, "1 of 3")
    second = clock.count(is_ok=False)
    assert (second.failed, second.total) == (1, 3)
    assert second.left_s == pytest.approx(second.seconds)
    assert str(second) == "2 of 3, about 0 s left"
    assert str(clock.count(is_ok=True)) == "3 of 3"


def test_the_command_resumes(tmp_path, capsys, config):
    from energykit.config import config_as_json

    (tmp_path / "p.json").write_text(json.dumps(config_as_json(config)), encoding="utf-8")
    grid = tmp_path / "grid.json"
    grid.write_text(json.dumps({"pipeline": "p.json", "grid": SEEDS}), encoding="utf-8")
    command = ["sweep", str(grid), "--data-root", str(tmp_path), "--json"]
    assert main(command) == 0
    first = capsys.readouterr().err.splitlines()[0]
    assert first.startswith("1 of 3: ok (")
    assert " s), about " in first
    assert first.endswith(" s left")
    assert main([*command, "--resume"]) == 0
    streams = capsys.readouterr()
    assert [row["reused"] for row in json.loads(streams.out)] == [True] * 3
    assert "3 of 3: reused" in streams.err


def test_each_point_of_a_notebook_has_a_token_of_its_own(tmp_path):
    """An edited notebook is run again where equal calls are one task, as for Dask."""

    class Caching(ThreadPoolExecutor):
        """Answers an equal call with what it answered before."""

        def __init__(self):
            super().__init__(1)
            self.calls = {}
            self.lock = threading.Lock()

        def submit(self, function, *arguments):
            key = repr((function, arguments))
            if key not in self.calls:
                self.calls[key] = super().submit(lambda *_: row, *arguments)
            return self.calls[key]

    row = {"ok": True, "exit_code": 0, "attempts": 1}
    with Caching() as pool:
        for _ in range(2):
            sweep_notebook(tmp_path / "n.ipynb", {"a": [1, 2]}, executor=pool)
        assert len(pool.calls) == 4
