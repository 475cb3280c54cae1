"""The report of a run: true numbers, one file, no network, a verdict for who must act."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from energykit.cli import main
from energykit.errors import UsageError
from energykit.executor import run
from energykit.launcher import local_services
from energykit.report import RunSource, content, find_run, write_report
from energykit.report.verdict import verdict
from energykit.results import RowAdjustment

ROOT = Path(__file__).resolve().parents[2]
EXCERPT = ROOT / "data/household/household-2007-04-23.csv"


@pytest.fixture(scope="module")
def household(tmp_path_factory):
    """A run of the shipped pipeline, and its data root."""
    root = tmp_path_factory.mktemp("root")
    (root / "household").mkdir()
    shutil.copy(EXCERPT, root / "household")
    config = ROOT / "config/household-pipeline.json"
    with local_services(config, data_root=root) as services:
        result = run(config, services)
    assert result.ok, repr(result)
    return root


@pytest.fixture(scope="module")
def page(household):
    return write_report(find_run(data_root=household)).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def readings():
    table = pd.read_csv(EXCERPT)
    return table["Global_active_power"].astype(float)


def test_the_numbers_are_those_of_the_readings(page, readings):
    energy_kwh = readings.sum() / 60
    first = "20,160 readings of one household from 2007-04-23 00:00 to 2007-05-06 23:59: "
    assert f"{first}{energy_kwh:,.1f} kWh, " in page
    assert f"{readings.max() * 1000:,.0f} W" in page
    demand = readings.to_numpy().reshape(-1, 15).mean(axis=1).max()
    assert f"{readings.mean() / demand:.3f}" in page


def test_energy_that_was_not_measured_is_told(page, readings):
    copied = pd.read_csv(EXCERPT)["date_time"].between("2007-04-28 00:21:00", "2007-04-30 14:23:00")
    copied_kwh, energy_kwh = readings[copied].sum() / 60, readings.sum() / 60
    told = re.search(r"kWh, ([\d.]+) kWh of it \(([\d.]+)%\) in flagged readings\.", page)
    assert float(told[1]) == pytest.approx(
        copied_kwh, abs=0.3
    )  # 25 readings more have an odd power factor
    assert float(told[2]) == pytest.approx(100 * copied_kwh / energy_kwh, abs=0.1)


def test_the_copied_block_is_what_to_look_at_first(page):
    longest = "3,723 readings (sceaux, 2007-04-28 00:21 to 2007-04-30 14:24)"
    assert f"look at day_copy: its longest event has {longest}" in page


def test_every_reason_is_explained(page):
    assert (
        "Readings that are identical in power, voltage and current to those 24 hours earlier"
        in page
    )


def test_the_page_needs_no_network_and_shows_no_code(page):
    sources = re.findall(r"""(?:src|href)\s*=\s*["']?([^"'>\s]+)""", page)
    assert [one[:40] for one in sources if not one.startswith(("data:", "#"))] == []
    assert not re.findall(r"@import|url\((?!data:)", page)
    assert "<script" not in page
    assert "find_run" not in page
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy.group(1) == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_every_figure_has_a_text_for_those_who_do_not_see_it(page):
    images = re.findall(r"<img[^>]*>", page)
    assert len(images) == len(content.FIGURES) - 1  # a ranking needs more than one household
    assert all(re.search(r'alt="[^"]{20,}"', image) for image in images)


def test_every_figure_says_under_it_what_it_shows(page):
    captions = re.findall(r"<figcaption[^>]*>([^<]+)</figcaption>", page)
    assert len(captions) == len(content.FIGURES) - 1
    assert (
        "27.9 % above 1. No load has a power factor above 1. Meters show current in steps"
        in " ".join(captions)
    )


def test_what_was_looked_for_and_not_found_is_told(page):
    assert "Looked for, and not found: undefined, unsorted." in page


def test_several_households_are_ranked(tmp_path):
    config = ROOT / "config/synthetic-pipeline.json"
    with local_services(config, data_root=tmp_path) as services:
        assert run(config, services).ok
    shown = content.figures(find_run(data_root=tmp_path))
    assert shown.count("<img") == len(content.FIGURES)
    assert "Energy of 3 households, highest first: " in shown
    assert "Voltage against the load of 3 households" in shown


def test_what_was_done_to_rows_stands_beside_those_left_out(household):
    source = find_run(data_root=household)
    assert "No row was left out." in content.quality(source)
    first = source.run.stages[0]
    sorted_ = RowAdjustment(what="sorted by time", rows=3, first_line=7)
    metrics = replace(first.metrics, adjustments=(sorted_,))
    stages = (replace(first, metrics=metrics), *source.run.stages[1:])
    shown = content.quality(RunSource(replace(source.run, stages=stages), household))
    assert "what was done to rows" in shown
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", shown)
    assert cells[:4] == [first.id, "sorted by time", "3", "7"]


@pytest.mark.parametrize(("zone", "hour"), [("Europe/Paris", 1), ("+10:00", 10)])
def test_hours_are_those_of_the_zone_that_the_summary_names(tmp_path, zone, hour):
    text = (ROOT / "config/synthetic-pipeline.json").read_text(encoding="utf-8")
    parameters = {"summary": True, "time_zone": zone}
    config = json.loads(text)
    config["containers"]["report-generator"]["parameters"] = parameters
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    with local_services(path, data_root=tmp_path) as services:
        assert run(path, services).ok
    source = find_run(data_root=tmp_path)
    first = source.frame["timestamp"].min()
    assert first.hour == hour
    assert first.utcoffset().total_seconds() == hour * 3600
    assert f"Days and hours are those of {zone}." in content.key_figures(source)
    assert "… fed in" in content.key_figures(source)


def test_readings_that_changed_since_are_not_drawn(household):
    source = find_run(data_root=household)
    path = household / "out/household/energy_data.csv"
    kept = path.read_bytes()
    try:
        path.write_bytes(kept.replace(b"482.0", b"483.0", 1))
        assert source.readings is None
    finally:
        path.write_bytes(kept)


def test_files_are_compared_with_the_record(page, household):
    assert page.count("✔</span> matches") == 4
    source = find_run(data_root=household)
    path = household / "out/household/energy_report.csv"
    kept = path.read_bytes()
    try:
        path.write_bytes(kept.replace(b"OK", b"KO", 1))
        assert {one.file: one.verdict for one in source.evidence}[
            "/data/out/household/energy_report.csv"
        ] == "changed"
        path.unlink()
        assert {one.file: one.verdict for one in source.evidence}[
            "/data/out/household/energy_report.csv"
        ] == "missing"
    finally:
        path.write_bytes(kept)


def test_a_run_is_found_by_id_folder_record_and_as_the_latest(household):
    latest = find_run(data_root=household).run
    for named in (latest.run_id, latest.folder, latest.folder / "run.json"):
        assert find_run(named, data_root=household).run.run_id == latest.run_id
    assert find_run(latest.folder).data_root == household


def test_no_run_and_no_such_run_say_so(tmp_path):
    with pytest.raises(UsageError, match="there is no run yet"):
        find_run(data_root=tmp_path)
    with pytest.raises(UsageError, match="there is no run 'nobody'"):
        find_run("nobody", data_root=tmp_path)


def test_a_failed_run_gets_a_report_that_says_what_failed(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = str(ROOT / "config/household-pipeline.json")
    assert main(["run", config, "--local", "--data-root", "root"]) == 1  # the input is not there
    assert main(["report", "--data-root", "root", "--out", "page.html"]) == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "The run failed in energy-generator: " in page
    assert "there is no such file" in page
    assert capsys.readouterr().out.endswith("page.html\n")


@pytest.mark.parametrize("flagged", [0, 2])
def test_a_report_without_reasons_as_the_contract_has_it(tmp_path, flagged):
    config = str(ROOT / "config/energy-pipeline.json")
    assert main(["run", config, "--local", "--data-root", str(tmp_path)]) == 0
    report = tmp_path / "energy_report.csv"
    rows = report.read_text(encoding="utf-8").replace(",True", ",False")
    report.write_text(rows.replace(",False", ",True", flagged), encoding="utf-8")
    assert main(["report", "--data-root", str(tmp_path), "--out", str(tmp_path / "page.html")]) == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert ("look at flagged" in text) == bool(flagged)
    assert ("No reading was flagged." in text) == (not flagged)


def test_the_parts_say_what_they_lack(household):
    source = find_run(data_root=household)
    bare = type(source)(source.run, household / "nowhere")
    assert "made no report of readings" in verdict(bare)
    assert "no readings to draw" in content.figures(bare)
    assert "summary: true" in content.key_figures(bare)
