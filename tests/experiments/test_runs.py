"""Recorded runs as a table, what two of them differ in, and what repeats say together."""

import json

import pandas as pd
import pytest

from energykit.cli import main
from energykit.config import config_as_json, parse_config
from energykit.errors import UsageError
from energykit.experiments.difference import diff
from energykit.experiments.repetition import mean_intervals, student_quantile
from energykit.experiments.runs import runs
from energykit.launcher import local_services


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, small_plan):
    """Three runs: one, the same again, and one with another seed whose last stage fails."""
    from energykit.executor import run

    root = tmp_path_factory.mktemp("root")
    config = parse_config(small_plan)
    other = config_as_json(config)
    other["containers"]["energy-generator"]["parameters"]["seed"] = 7
    other["containers"]["report-generator"]["parameters"]["summary"] = "yes"
    with local_services(config, data_root=root) as services:
        run(config, services, run_id="a")
        run(config, services, run_id="b")
        run(parse_config(json.dumps(other)), services, run_id="c")
    (root / "runs" / "torn").mkdir()
    (root / "runs" / "torn" / "run.json").write_text("{", encoding="utf-8")
    return root


def test_every_record_is_a_row_the_newest_first(recorded):
    table = runs(recorded)
    assert table["run_id"].tolist() == ["c", "b", "a", "torn"]
    assert table["state"].tolist() == ["failed", "succeeded", "succeeded", "unreadable"]
    assert table["failed_stage"].tolist()[:2] == ["report-generator", ""]
    assert table["rows_out"].tolist()[1] == 48
    assert str(table["started"].dtype).endswith("UTC]")
    assert runs(recorded, workflow="energy-pipeline")["run_id"].tolist() == ["c", "b", "a"]


def test_no_record_is_an_empty_table_with_its_columns(tmp_path):
    table = runs(tmp_path)
    assert table.empty
    assert "run_id" in table.columns


def test_equal_runs_do_not_differ(recorded):
    same = diff("a", "b", data_root=recorded)
    assert not same
    assert same.first is None
    assert repr(same) == "a and b: no difference"
    assert list(same.to_frame().columns) == ["part", "what", "first", "second"]


def test_causes_come_before_effects(recorded):
    found = diff("a", "c", data_root=recorded)
    parts = [one.part for one in found.differences]
    assert list(dict.fromkeys(parts)) == ["configuration", "outputs", "outcome"]
    assert str(found.first) == ("configuration: containers.energy-generator.parameters.seed: - → 7")
    assert found.differences[-1].what == "report-generator ended"
    assert "energy-generator writes" in found.to_frame()["what"].tolist()
    assert "the first difference is in configuration" in found._repr_html_()


def test_another_input_is_found_before_the_output_that_follows_from_it(recorded, tmp_path):
    from energykit.results import load_run, save_run

    record = json.loads((recorded / "runs/a/run.json").read_text(encoding="utf-8"))
    stage = record["stages"][0]
    stage |= {"input_file": "/data/m.csv", "input_sha256": "1" * 64, "output_sha256": "2" * 64}
    stage["inputs"] = []
    (tmp_path / "run.json").write_text(json.dumps(record), encoding="utf-8")
    save_run(load_run(tmp_path), tmp_path)
    found = diff(recorded / "runs/a", tmp_path)
    assert [one.part for one in found.differences] == ["inputs", "outputs"]
    assert found.first.what == "energy-generator reads /data/m.csv"


def test_an_unknown_run_is_named_with_the_nearest(recorded):
    with pytest.raises(UsageError, match="there is no run 'tor'"):
        diff("a", "tor", data_root=recorded)


def test_the_commands_say_the_same(recorded, capsys):
    root = ["--data-root", str(recorded)]
    assert main(["runs", *root, "--json"]) == 0
    assert [row["run_id"] for row in json.loads(capsys.readouterr().out)][:3] == ["c", "b", "a"]
    assert main(["runs", *root, "-n", "1"]) == 0
    assert "failed" in capsys.readouterr().out
    assert main(["diff", "a", "b", *root]) == 0
    assert capsys.readouterr().out == "a and b: no difference\n"
    assert main(["diff", "a", "c", *root, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["differences"][0]["part"] == "configuration"


@pytest.mark.parametrize(
    ("share", "freedom", "quantile"),
    [(0.975, 1, 12.7062), (0.975, 4, 2.77645), (0.995, 30, 2.75000), (0.95, 10, 1.81246)],
)
def test_quantiles_are_those_of_the_tables(share, freedom, quantile):
    assert student_quantile(share, freedom) == pytest.approx(quantile, rel=1e-5)


def test_repeats_give_a_mean_and_an_interval():
    rows = {"a": [1, 1, 1, 2, 2], "x": [1.0, 2.0, 3.0, 4.0, 9.0], "ok": [True] * 4 + [False]}
    table = mean_intervals(pd.DataFrame(rows), "x", by="a")
    assert table["n"].tolist() == [3, 1]
    assert table["x"].tolist() == [2.0, 4.0]
    assert table["x_high"][0] == pytest.approx(2 + 4.302653 * 1 / 3**0.5, rel=1e-5)
    assert table["x_low"][0] == pytest.approx(2 - 4.302653 * 1 / 3**0.5, rel=1e-5)
    assert pd.isna(table["x_low"][1])
    assert mean_intervals(pd.DataFrame(rows), ["x"])["n"].tolist() == [4]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [({"values": "y"}, "no column 'y'"), ({"values": "x", "confidence": 95}, "confidence=95")],
)
def test_what_cannot_be_averaged_is_named(arguments, text):
    with pytest.raises(UsageError, match=text):
        mean_intervals(pd.DataFrame({"x": [1.0]}), **arguments)
