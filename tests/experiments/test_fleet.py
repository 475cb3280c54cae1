"""A fleet of meters: one pipeline a file, one data set of all, equal results on partitions."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from energykit.config import parse_config
from energykit.errors import ParameterError, UsageError
from energykit.executor import run
from energykit.experiments import sweep
from energykit.experiments.gather import gather
from energykit.experiments.partitions import on_partitions
from energykit.launcher import local_services
from energykit.serving import stage
from services.energy_analyzer.__main__ import analyze

HOUSEHOLDS = ("007", "b/ü")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory, small_plan):
    """Two meters of two months each, swept over; the table, and the configuration."""
    root = tmp_path_factory.mktemp("fleet")
    (root / "meters").mkdir()
    stamps = pd.date_range("2025-01-31T12:00:00Z", periods=96, freq="15min")
    for number, name in enumerate(HOUSEHOLDS):
        frame = pd.DataFrame(
            {
                "timestamp": stamps.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "household_id": name,
                "power_consumption": [1000.0 * (number + 1)] * 96,
                "voltage": 230.0,
                "current": [
                    1000.0 * (number + 1) / 230 * (20 if at == 5 else 1) for at in range(96)
                ],
            }
        )
        frame.to_csv(root / f"meters/m{number}.csv", index=False)
    plan = json.loads(small_plan)
    nodes = plan["containers"]
    columns = ["timestamp", "household_id", "power_consumption", "voltage", "current"]
    nodes["energy-generator"]["input_file"] = "/data/meters/m0.csv"
    nodes["energy-generator"]["parameters"] = {
        "scenario": "import",
        "columns": {name: name for name in columns},
    }
    config = parse_config(json.dumps(plan))
    table = sweep(config, {"energy-generator.input_file": "/data/meters/*.csv"}, data_root=root)
    assert table["ok"].all(), table["error"].tolist()
    return root, table, config


def test_reports_become_one_data_set_by_household_and_month(fleet):
    root, table, _ = fleet
    gathered = gather(table, out=root / "set")
    found = sorted(
        path.relative_to(root / "set").as_posix() for path in root.glob("set/**/*.parquet")
    )
    assert found == [
        "household=007/month=2025-01/000000.parquet",
        "household=007/month=2025-02/000000.parquet",
        "household=b%2F%C3%BC/month=2025-01/000001.parquet",
        "household=b%2F%C3%BC/month=2025-02/000001.parquet",
    ]
    rows = gathered.scan().filter(pl.col("month") == "2025-02").collect()
    assert rows["household_id"].unique().sort().to_list() == list(HOUSEHOLDS)
    assert rows.height == 2 * 48


def test_a_household_is_selected_by_its_whole_name(fleet, tmp_path):
    _, table, _ = fleet
    scanned = gather(table[:1], out=tmp_path / "set").scan()
    selected = scanned.filter(pl.col("household") == "007").collect()
    assert selected["household_id"].unique().to_list() == ["007"]
    assert selected.height == scanned.collect().height > 0


def test_a_column_of_one_report_is_null_in_the_others(fleet, tmp_path):
    _, table, _ = fleet
    gathered = gather(table, out=tmp_path / "set")
    one = gathered.folder / "household=007/month=2025-02/000000.parquet"
    pl.read_parquet(one, hive_partitioning=False).with_columns(power_export=0.5).write_parquet(one)
    rows = gathered.scan().collect()
    fed_in = rows.filter(pl.col("power_export").is_not_null())
    assert set(zip(fed_in["household"], fed_in["month"], strict=True)) == {("007", "2025-02")}
    assert fed_in["power_export"].sum() == pytest.approx(0.5 * 48)
    assert rows.height == 4 * 48


def test_the_summary_has_the_energy_of_each_and_of_all(fleet, tmp_path):
    _, table, _ = fleet
    summary = gather(table, out=tmp_path / "set").summary
    assert summary["household_id"].tolist() == [*HOUSEHOLDS, "all"]
    assert summary["energy"].tolist() == pytest.approx([24.0, 48.0, 72.0], rel=1e-9)
    assert summary["energy"].tolist()[:2] == pytest.approx(table["energy"].tolist(), rel=1e-6)
    assert summary["anomalies"].tolist() == [1, 1, 2]
    assert summary["mean_power"].tolist() == pytest.approx([1000, 2000, 1500])
    assert summary["measured"].tolist() == pytest.approx([24, 24, 48])
    stored = pd.read_csv(tmp_path / "set" / "summary.csv", dtype={"household_id": str})
    assert stored["household_id"].tolist() == [*HOUSEHOLDS, "all"]


def test_months_are_those_of_the_zone(fleet, tmp_path):
    _, table, _ = fleet
    scanned = gather(table, out=tmp_path / "set", time_zone="Europe/Berlin").scan()
    assert scanned.filter(pl.col("month") == "2025-01").collect().height == 2 * 44


def test_a_household_that_two_points_hold_is_refused(fleet, tmp_path):
    _, table, _ = fleet
    with pytest.raises(UsageError, match="points 0 and 2 hold household '007' at the same time"):
        gather(pd.concat([table, table]), out=tmp_path / "set")


@pytest.mark.parametrize("case", ["folder", "points"])
def test_what_cannot_be_gathered_is_named(fleet, tmp_path, case):
    _, table, _ = fleet
    (tmp_path / "x").touch()
    out, rows = (tmp_path, table) if case == "folder" else (tmp_path / "set", table[:0])
    with pytest.raises(UsageError, match=r"not an empty folder|no point succeeded"):
        gather(rows, out=out)


@pytest.fixture(scope="module")
def readings(fleet):
    root, _, _ = fleet
    parts = [
        pd.read_csv(root / f"meters/m{number}.csv", dtype={"household_id": str})
        for number in range(2)
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def served(fleet, readings):
    """What the service makes of all households at once."""
    root, _, config = fleet
    readings.to_csv(root / "all.csv", index=False)
    plan = {
        "workflow_name": "one",
        "start_node": "energy-analyzer",
        "service_registry": {"energy-analyzer": "127.0.0.1:1"},
        "containers": {
            "energy-analyzer": {
                "id": "energy-analyzer",
                "input_file": "/data/all.csv",
                "output_file": "/data/all.parquet",
                "parameters": {"detectors": ["efficiency_below", "stuck"]},
            }
        },
    }
    config = parse_config(json.dumps(plan))
    with local_services(config, data_root=root) as services:
        run(config, services).raise_for_failure()
    return pl.read_parquet(root / "all.parquet").sort("household_id", maintain_order=True)


@pytest.mark.parametrize("partitions", [None, 1, 3])
def test_a_service_s_stage_on_partitions_gives_what_the_service_gives(readings, served, partitions):
    frame = readings
    if partitions:
        dask = pytest.importorskip("dask.dataframe", reason="Dask is not installed")
        frame = dask.from_pandas(readings, npartitions=partitions)
    result = on_partitions(frame, analyze, detectors=["efficiency_below", "stuck"])
    if partitions:
        result = result.compute(scheduler="synchronous")
    ours = pl.from_pandas(result).sort("household_id", maintain_order=True)
    columns = [name for name in ours.columns if name in served.columns]
    assert {"timestamp", "household_id", "power", "efficiency", "anomaly_detected"} <= {*columns}
    for name in columns:
        wanted = served[name].fill_nan(None) if served[name].dtype.is_float() else served[name]
        given = ours[name].fill_nan(None) if ours[name].dtype.is_float() else ours[name]
        assert given.cast(wanted.dtype).to_list() == wanted.to_list(), name


def test_a_function_of_pandas_is_a_stage_as_well(readings):
    def shave(frame: pd.DataFrame, *, limit_w: float = 3000.0) -> pd.DataFrame:
        return frame.assign(power_consumption=frame.power_consumption.clip(upper=limit_w))

    result = on_partitions(readings, shave, limit_w=1500)
    assert result["power_consumption"].unique().tolist() == [1000.0, 1500.0]
    with pytest.raises(ParameterError, match="limit"):
        on_partitions(readings, shave, limit=1500)


def test_what_is_not_for_partitions_is_named(readings):
    @stage("reader")
    def read(source: Path, *, rows: int = 1) -> pd.DataFrame:
        return pd.DataFrame({"rows": [rows]})

    with pytest.raises(UsageError, match="reader does not read one frame"):
        on_partitions(readings, read)
    with pytest.raises(UsageError, match="the frame has no column 'meter'"):
        on_partitions(readings, analyze, by="meter")

    def forget(frame: pd.DataFrame) -> pd.DataFrame:
        frame.head()

    with pytest.raises(UsageError, match="forget returned no frame"):
        on_partitions(readings, forget)


def test_the_names_are_attributes_of_the_kit():
    names = "ek.gather, ek.on_partitions, ek.runs, ek.diff"
    code = f"import energykit as ek; print(*(one.__name__ for one in ({names})))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["gather", "on_partitions", "runs", "diff"]
