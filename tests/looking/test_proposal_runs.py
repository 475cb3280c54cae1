"""The configuration that a look writes runs, and gives the file's energy."""

from pathlib import Path

import polars as pl
import pytest

import energykit as ek
from energykit.artifacts import scan
from energykit.config import load_config
from energykit.report import RunSource
from tests.looking.files import DATA, FILES, ROOT, energy_of_the_project, hours


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    names = ["energy-generator", "energy-analyzer", "report-generator"]
    with ek.local_services(names, data_root=tmp_path_factory.mktemp("root")) as started:
        yield started


def run_of(path, services, capsys):
    """Run the configuration that a look writes, unedited, and return its energies [kWh]."""
    from energykit.cli import main

    root, target = services.data_root, path.with_suffix(".json")
    assert main(["look", str(path), "--write", str(target), "--data-root", str(root)]) == 0
    assert "energykit run" in capsys.readouterr().out
    result = ek.run(load_config(target, data_root=root), services, data_root=root)
    assert result.ok, repr(result)
    readings = scan(result["energy-generator"].output_path).frame
    joules = pl.col("power_consumption").cast(pl.Float64) * pl.col("interval_s")
    in_readings = readings.select(joules.sum()).collect().item() / 3.6e6
    return in_readings, float(RunSource(result, root).metric("energy").value)


@pytest.mark.parametrize("name", FILES)
def test_the_configuration_that_look_writes_runs_to_the_right_energy(name, services, capsys):
    path = services.data_root / f"{name.replace(' ', '-')}.csv"
    path.write_text(FILES[name][0], encoding="utf-8")
    assert run_of(path, services, capsys) == pytest.approx((FILES[name][1],) * 2)


@pytest.mark.parametrize("name", [name for name in DATA if name.endswith(".csv")])
def test_files_of_the_project_run_to_the_right_energy(name, services, capsys):
    path = services.data_root / Path(name).name
    path.write_bytes((ROOT / name).read_bytes())
    assert run_of(path, services, capsys) == pytest.approx((energy_of_the_project(name),) * 2)


def test_a_run_prints_why_rows_were_left_out_and_what_was_done_to_others(services, capsys):
    from energykit.cli import main

    root = services.data_root
    path, target = root / "newest.csv", root / "newest.json"
    lines = [f"{t};0,5" for t in reversed(hours())]
    path.write_text("\n".join(["t;kWh", *lines, "Total;36", ""]), encoding="utf-8")
    assert main(["look", str(path), "--write", str(target), "--data-root", str(root)]) == 0
    capsys.readouterr()
    text = repr(ek.run(load_config(target, data_root=root), services, data_root=root))
    assert "left out: timestamp is not an ISO 8601 date and time (1 row, from line 74)" in text
    assert "order" in text
