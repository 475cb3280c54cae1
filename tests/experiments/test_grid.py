"""Grids: what travels, what is refused before anything is made, and a point for each input."""

import datetime as dt
import decimal
import itertools
import json
import pathlib
import time
import zoneinfo

import numpy as np
import pandas as pd
import pytest

from energykit.errors import UsageError
from energykit.experiments import MOST_POINTS, points
from energykit.experiments.grid import combinations
from energykit.experiments.value import as_json_value

DAY = dt.date(2025, 3, 30)


@pytest.mark.parametrize(
    ("value", "travels"),
    [
        (DAY, "2025-03-30"),
        (dt.datetime(2025, 3, 30, 1, 30, tzinfo=dt.UTC), "2025-03-30T01:30:00+00:00"),
        (dt.datetime.fromisoformat("2025-03-30T01:30"), "2025-03-30T01:30:00"),
        (pd.Timestamp("2025-03-30 01:30", tz="Europe/Berlin"), "2025-03-30T01:30:00+01:00"),
        (np.datetime64("2025-03-30"), "2025-03-30"),
        (np.datetime64("2025-03-30T01:30:00.123456789"), "2025-03-30T01:30:00.123456789"),
        (dt.time(1, 30), "01:30:00"),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array([1, 2]), [1, 2]),
        (np.array(["2025-03-30"], "datetime64[ns]"), None),
        ((1, [np.int8(2)]), [1, [2]]),
        ({"start": DAY, 1: pathlib.PurePosixPath("a/b")}, {"start": "2025-03-30", "1": "a/b"}),
        (None, None),
    ],
    ids=str,
)
def test_a_value_travels_as_text_or_number(value, travels):
    if travels is None and value is not None:
        value, travels = list(value), ["2025-03-30T00:00:00.000000000"]
    plain = as_json_value(value, "k")
    assert plain == travels
    assert json.loads(json.dumps(plain)) == plain
    assert type(plain) in {str, int, float, bool, list, dict, type(None)}


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (dt.timedelta(hours=1), "is of the type timedelta"),
        (pd.Timedelta("1h"), "is of the type Timedelta"),
        (np.timedelta64(1, "h"), "is of the type timedelta64"),
        (pd.Period("2025-03"), "is of the type Period"),
        (pd.NaT, "is not a time"),
        (np.datetime64("NaT"), "is not a time"),
        (float("nan"), "is not a finite number"),
        (np.float64("inf"), "is not a finite number"),
        (2**53 + 1, "does not arrive exactly"),
        (np.uint64(2**60), "does not arrive exactly"),
        (decimal.Decimal("0.1"), "is of the type Decimal"),
        (b"a", "is of the type bytes"),
        ({1}, "is of the type set"),
        (1j, "is of the type complex"),
        (zoneinfo.ZoneInfo("UTC"), "is of the type ZoneInfo"),
        ([{"a": slice(1)}], "is of the type slice"),
    ],
    ids=str,
)
def test_what_cannot_travel_is_refused_in_a_sentence(value, what):
    with pytest.raises(UsageError) as caught:
        as_json_value(value, "generator.start")
    assert what in caught.value.what
    assert caught.value.what.startswith("'generator.start")
    assert caught.value.hint
    assert "\n" not in caught.value.what


def test_dates_of_yaml_reach_the_configuration(config, tmp_path):
    yaml = pytest.importorskip("yaml", reason="comes with the notebook packages")
    grid = yaml.safe_load("energy-generator.start: [2025-01-01, 2025-01-02T06:00:00Z]")
    first, second = points(config, grid, data_root=tmp_path)
    starts = [
        json.loads(one.config)["containers"]["energy-generator"]["parameters"]["start"]
        for one in (first, second)
    ]
    assert starts == ["2025-01-01", "2025-01-02T06:00:00+00:00"]
    assert first.settings == {"energy-generator.start": "2025-01-01"}


@pytest.mark.parametrize(
    "values",
    [range(10**12), itertools.count(), (number for number in range(MOST_POINTS + 1))],
    ids=["range", "endless", "generator"],
)
def test_a_grid_is_counted_before_it_is_made(config, values):
    begin = time.process_time()
    with pytest.raises(UsageError) as caught:
        points(config, {"energy-generator.seed": values, "energy-generator.days": [1, 2]})
    assert f"at most {MOST_POINTS:,} are run" in caught.value.what
    assert "'energy-generator.seed' has" in caught.value.hint
    assert time.process_time() - begin < 2


def test_many_short_lists_are_counted_too():
    with pytest.raises(UsageError, match="1,048,576 points"):
        combinations({f"a.{number}": [1, 2] for number in range(20)})


def test_repeats_are_counted_too(config):
    with pytest.raises(UsageError, match="200,000 points"):
        points(config, {"energy-generator.seed": range(2)}, repeats=100_000)


@pytest.fixture
def meters(tmp_path):
    for name in ("b.csv", "a.csv", "deep/c.csv"):
        path = tmp_path / "meters" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    (tmp_path / "meters" / "d.csv").mkdir()
    return tmp_path


def inputs(found) -> list[str]:
    return [json.loads(one.config)["containers"]["energy-generator"]["input_file"] for one in found]


@pytest.mark.parametrize(
    ("values", "files"),
    [
        ("/data/meters/*.csv", ["a.csv", "b.csv"]),
        (["meters/b.csv", "/data/meters/[a]*.csv"], ["b.csv", "a.csv"]),
        ("/data/meters/**/*.csv", ["a.csv", "b.csv", "deep/c.csv"]),
    ],
)
def test_a_sweep_over_inputs_is_a_pipeline_for_each_file(config, meters, values, files):
    found = points(config, {"energy-generator.input_file": values}, data_root=meters)
    names = [path.removeprefix("/data/").removeprefix("meters/") for path in inputs(found)]
    assert names == files
    assert [one.settings["energy-generator.input_file"] for one in found] == inputs(found)


@pytest.mark.parametrize("pattern", ["/data/meter/*.csv", "/data/meters/*.parquet"])
def test_a_pattern_without_a_file_is_refused(config, meters, pattern):
    with pytest.raises(UsageError, match="matches no file"):
        points(config, {"energy-generator.input_file": pattern}, data_root=meters)


def test_objects_are_inputs_and_a_pattern_of_them_is_refused(config, tmp_path):
    urls = ["s3://lab/a.csv", "s3://lab/b.csv"]
    planned = points(config, {"energy-analyzer.input_file": urls}, data_root=tmp_path)
    nodes = [json.loads(point.config)["containers"] for point in planned]
    assert [node["energy-analyzer"]["input_file"] for node in nodes] == urls
    with pytest.raises(UsageError, match="is a pattern of URLs"):
        points(config, {"energy-analyzer.input_file": "s3://lab/*.csv"}, data_root=tmp_path)


def test_a_pattern_outside_the_data_root_is_refused(config, meters):
    with pytest.raises(UsageError, match="is outside /data"):
        points(config, {"energy-generator.input_file": "/etc/*"}, data_root=meters)


def test_outputs_of_the_same_name_in_two_folders_stay_apart(config):
    from energykit.config import config_as_json, parse_config

    plan = config_as_json(config)
    nodes = plan["containers"]
    nodes["energy-generator"]["output_file"] = "/data/a/x.csv"
    nodes["energy-analyzer"] |= {"input_file": "/data/a/x.csv", "output_file": "/data/b/x.csv"}
    nodes["report-generator"]["input_file"] = "/data/b/x.csv"
    (point,) = points(parse_config(json.dumps(plan)), {"energy-generator.seed": [1]})
    moved = json.loads(point.config)["containers"]
    assert moved["energy-analyzer"]["input_file"] == moved["energy-generator"]["output_file"]
    assert moved["report-generator"]["input_file"] == moved["energy-analyzer"]["output_file"]
    assert len({one["output_file"] for one in moved.values()}) == 3
