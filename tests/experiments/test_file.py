"""A sweep in a file, and on the command line."""

import json
import shutil
from pathlib import Path

import pytest

from energykit.cli import main
from energykit.errors import UsageError
from energykit.experiments import read_grid

ROOT = Path(__file__).resolve().parents[2]


def test_the_shipped_one(tmp_path):
    found = read_grid(ROOT / "config/threshold-sweep.yaml")
    assert (found.kind, found.path.name, found.size) == ("pipeline", "synthetic-pipeline.json", 15)
    assert list(found.grid["energy-generator.seed"]) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("[1]", "is not a sweep", "pipeline: FILE.json"),
        ("a: [", "cannot be read", "a YAML or JSON file"),
        ("grid: {a: [1]}", "it names a pipeline or a notebook, one of them", "pipeline: FILE.json"),
        ("pipline: a.json", "unknown key 'pipline'", "did you mean 'pipeline'?"),
        ("pipeline: a.json", "there is no grid", "grid: {"),
        ("pipeline: a.json\ngrid: {a: [1]}", "there is no pipeline", "relative to this file"),
        ("pipeline: b.json\ngrid: {a: 1}", "1 is not a list of values", "{range: [0, 5]}"),
        (
            "pipeline: b.json\ngrid: {a: {range: [1]}}",
            "{'range': [1]} is not a list of values",
            "{range: [0, 5]}",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, what, hint):
    path = tmp_path / "grid.yaml"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "b.json").touch()
    with pytest.raises(UsageError) as caught:
        read_grid(path)
    assert caught.value.what.startswith(what)
    assert hint in caught.value.hint
    assert str(path) in caught.value.where


def test_a_slip_in_a_range_is_refused_before_anything_is_made(tmp_path, capsys):
    shutil.copy(ROOT / "config/synthetic-pipeline.json", tmp_path)
    path = tmp_path / "grid.yaml"
    values = "{energy-generator.seed: {range: [0, 1000000000000]}}"
    path.write_text(f"pipeline: synthetic-pipeline.json\ngrid: {values}\n", encoding="utf-8")
    assert main(["sweep", str(path), "--data-root", str(tmp_path / "root")]) == 2
    told = capsys.readouterr().err
    assert "1,000,000,000,000 points" in told
    assert "'energy-generator.seed' has" in told
    assert not (tmp_path / "root").exists()


@pytest.fixture
def grid(tmp_path):
    shutil.copy(ROOT / "config/synthetic-pipeline.json", tmp_path)
    path = tmp_path / "grid.json"
    plan = {"pipeline": "synthetic-pipeline.json", "grid": {"energy-generator.days": [1, -1]}}
    path.write_text(json.dumps(plan), encoding="utf-8")
    return path


def test_a_command_prints_the_table_and_writes_it(grid, tmp_path, capsys):
    out, other = tmp_path / "table.csv", tmp_path / "other"
    other.write_text("mine", encoding="utf-8")
    out.symlink_to(other)  # somebody else may have put it there
    assert (
        main(["sweep", str(grid), "--data-root", str(tmp_path), "--out", str(out), "--json"]) == 1
    )
    told = capsys.readouterr()
    first, second = json.loads(told.out)
    assert (first["ok"], first["rows"], second["ok"], second["exit_code"]) == (True, 4336, False, 1)
    assert "1 of 2: ok" in told.err
    assert "2 of 2: failed: " in told.err
    assert out.read_text(encoding="utf-8").startswith(
        "energy-generator.days,ok,exit_code,error,seconds"
    )
    assert other.read_text(encoding="utf-8") == "mine"


def test_two_at_a_time(grid, tmp_path, capsys):
    assert main(["sweep", str(grid), "--data-root", str(tmp_path), "-j", "2"]) == 1
    assert "4336" in capsys.readouterr().out
    assert main(["sweep", str(grid), "-j", "0"]) == 2
