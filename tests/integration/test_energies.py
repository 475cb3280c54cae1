"""One run, one energy: report, summary, frames, figures, widgets and the look before agree."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

import energykit as ek
from energykit.artifacts import scan, write
from energykit.artifacts.formats import SUFFIXES
from energykit.cli import main
from energykit.config import load_config
from energykit.experiments.gather import gather
from energykit.looking import look
from energykit.report import RunSource, content
from energykit.report.verdict import verdict
from energykit.widgets import household_explorer
from tests.integration.energy_cases import CASES, Case, lines, stamps

mpl.use("Agg")
ROOT = Path(__file__).resolve().parents[2]
STAGES = ("energy-generator", "energy-analyzer", "report-generator")


@dataclass
class Ran:
    """A run of one case."""

    case: Case
    result: object
    source: RunSource
    root: Path
    meter: Path


def plan(name, case, source):
    folder = f"/data/out/{name}"
    files = [source, f"{folder}/energy_data.csv", f"{folder}/analysis.pb", f"{folder}/report.csv"]
    given = (case.parameters | {"scenario": "import"}, {"detectors": ["gap"]})
    parameters = (*given, {"reasons": True, "summary": True})
    return {
        "workflow_name": name,
        "start_node": STAGES[0],
        "service_registry": {stage: f"127.0.0.1:{50051 + n}" for n, stage in enumerate(STAGES)},
        **({"time_zone": case.time_zone} if case.time_zone else {}),
        "containers": {
            stage: {
                "id": stage,
                "input_file": files[n],
                "output_file": files[n + 1],
                "next_node": STAGES[n + 1] if n < 2 else None,
                "timeout_seconds": 60,
                "parameters": parameters[n],
            }
            for n, stage in enumerate(STAGES)
        },
    }


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with ek.local_services(list(STAGES), data_root=tmp_path_factory.mktemp("root")) as started:
        yield started


@pytest.fixture(scope="module", params=CASES)
def ran(request, services):
    name, case = request.param.replace(" ", "-"), CASES[request.param]
    root = services.data_root
    (root / f"{name}.csv").write_text(case.text, encoding="utf-8")
    config = root / f"{name}.json"
    config.write_text(json.dumps(plan(name, case, f"/data/{name}.csv")), encoding="utf-8")
    result = ek.run(load_config(config, data_root=root), services, data_root=root)
    assert result.ok, repr(result)
    return Ran(case, result, RunSource(result, root), root, root / f"{name}.csv")


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    plt.close("all")


def near(value, *, digits=None):
    return pytest.approx(value, rel=2e-6, abs=10**-digits * 0.51 if digits else 1e-6)


def metric(ran, name, label=""):
    return float(ran.source.metric(name, label).value)


def local(ran, stage):
    """Return a stage's readings on the clock whose days count."""
    frame = ran.result[stage].frame()
    zone = ran.case.time_zone
    return frame.assign(timestamp=frame["timestamp"].dt.tz_convert(zone)) if zone else frame


def energies_in(text):
    return [float(number.replace(",", "")) for number in re.findall(r"(-?[\d,]+\.?\d*) kWh", text)]


def test_the_summary_has_the_energy_of_the_file(ran):
    case = ran.case
    assert metric(ran, "energy") == near(case.net)
    assert metric(ran, "energy_export") == near(case.export)
    assert metric(ran, "energy_import") == near(case.net + case.export)
    days = {m.label: float(m.value) for m in ran.source.metrics if m.name == "energy"}
    assert {d: days[f"day={d}"] for d in case.days} == {d: near(v) for d, v in case.days.items()}
    assert sum(v for label, v in days.items() if label.startswith("day=")) == near(case.net)
    own = {label: v for label, v in days.items() if re.fullmatch(r"household=[^=]*", label)}
    assert sum(own.values()) == near(case.net)
    assert all(own[f"household={name}"] == near(kwh) for name, kwh in case.households.items())


def test_mean_power_and_time_of_the_summary_make_its_energy(ran):
    homes = [m.label for m in ran.source.metrics if m.name == "mean_power"]
    made = sum(metric(ran, "mean_power", h) * metric(ran, "measured", h) for h in homes) / 1000
    assert made == near(ran.case.net)


def test_the_page_of_the_report_shows_the_energy_of_the_file(ran):
    shown = energies_in(str(verdict(ran.source)))
    assert shown[0] == near(ran.case.net, digits=1)
    figures = str(content.key_figures(ran.source))
    rows = re.findall(r"<tr>(.*?)</tr>", figures)
    by_title = {re.sub("<[^>]+>", " ", row).split("  ")[0].strip(): row for row in rows}
    net, drawn, fed_in = (
        sum(energies_in(re.sub("<[^>]+>", " ", by_title[title])))
        for title in ("Energy, drawn less fed in", "… drawn", "… fed in")
    )
    homes = max(1, len(ran.case.households))
    assert net == pytest.approx(ran.case.net, abs=0.06 * homes)
    assert fed_in == pytest.approx(ran.case.export, abs=0.06 * homes)
    assert drawn == pytest.approx(ran.case.net + ran.case.export, abs=0.06 * homes)


def test_the_page_of_the_report_draws_the_energy_of_the_file(ran):
    captions = re.sub("<[^>]+>", " ", str(content.figures(ran.source)))
    said = re.search(r"Energy per day from \S+ to \S+: (\S+ kWh) in ", captions)
    assert energies_in(said[1]) == [near(ran.case.net, digits=1)]


def test_the_page_that_the_command_writes_has_one_energy(ran, tmp_path):
    target = tmp_path / "report.html"
    given = [str(ran.result.folder), "--data-root", str(ran.root), "--out", str(target)]
    assert main(["report", *given]) == 0
    page = re.sub("<[^>]+>", " ", target.read_text(encoding="utf-8"))
    assert energies_in(page)[0] == near(ran.case.net, digits=1)
    days = re.findall(r"Energy per day from \S+ to \S+: (\S+ kWh) in ", page)
    assert days
    assert {energies_in(said)[0] for said in days} == {energies_in(page)[0]}


def summary_energy(path):
    table = pd.read_csv(path).set_index("metric")["value"]
    return float(table["energy"])


@pytest.mark.parametrize("ran", ["a hole", "both directions", "autumn"], indirect=True)
def test_what_the_command_prints_leads_to_the_energy_of_the_file(ran, capsys):
    config = str(ran.meter.with_suffix(".json"))
    here = [f"--address={stage.id}={stage.address}" for stage in ran.result]
    given = ["run", config, "--data-root", str(ran.root), *here]
    stray = ran.result[STAGES[-1]].output_path.with_name("a_summary.csv")  # of another run
    stray.write_text("metric,value,unit\nenergy,-1.0,kWh\n", encoding="utf-8")
    assert main(given) == 0
    printed = capsys.readouterr().out
    assert not energies_in(printed)
    (path,) = re.findall(r"^and: (\S+summary\.csv)$", printed, re.MULTILINE)
    assert summary_energy(path) == near(ran.case.net)
    assert main([*given, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    last = record["stages"][-1]
    (name,) = [one["path"] for one in last["outputs"] if one["path"].endswith("summary.csv")]
    assert summary_energy(ran.root / name.removeprefix("/data/")) == near(ran.case.net)
    for stage in record["stages"]:
        frame = scan(ran.root / stage["output_file"].removeprefix("/data/")).frame.collect()
        power = frame["power" if "power" in frame.columns else "power_consumption"]
        assert float((power * frame["interval_s"]).sum()) / 3.6e6 == near(ran.case.net)


def test_the_look_of_the_command_says_the_same_days_as_text_and_as_json(ran, capsys):
    assert main(["look", str(ran.meter), "--json"]) == 0
    days = json.loads(capsys.readouterr().out)["kwh_per_day"]
    assert main(["look", str(ran.meter)]) == 0
    printed = capsys.readouterr().out
    shown = {day: float(kwh) for day, kwh in re.findall(r"(\d{4}-\d\d-\d\d): (\S+) kWh", printed)}
    assert shown
    assert shown == {day: near(days[day], digits=2) for day in shown}


@pytest.mark.parametrize("stage", STAGES)
def test_frames_of_every_stage_have_the_energy_of_the_file(ran, stage):
    frame = ran.result[stage].frame()
    power = frame["power" if "power" in frame else "power_consumption"]
    assert float((power * frame["interval_s"]).sum()) / 3.6e6 == near(ran.case.net)
    fed_in = frame["power_export"] if "power_export" in frame else (-power).clip(lower=0)
    assert float((fed_in * frame["interval_s"]).sum()) / 3.6e6 == near(ran.case.export)


@pytest.mark.parametrize("stage", STAGES)
def test_the_figure_of_days_draws_the_days_of_the_summary(ran, stage):
    axes = ek.plots.energy_per_day(local(ran, stage))
    bars = [bar for container in axes.containers[:2] for bar in container]
    heights = {}
    for bar in bars:
        middle = mpl.dates.num2date(bar.get_x() + bar.get_width() / 2)
        heights[f"{middle:%Y-%m-%d}"] = bar.get_height()
    assert {d: heights.get(d, 0.0) for d in ran.case.days} == {
        d: near(kwh) for d, kwh in ran.case.days.items()
    }
    title = energies_in(axes.get_title(loc="left") or axes.get_title())
    expected = [ran.case.net]
    if ran.case.export:
        expected += [ran.case.net + ran.case.export, ran.case.export]
    assert title == [near(kwh, digits=1) for kwh in expected]
    assert energies_in(ek.plots.alt_text(axes))[0] == near(ran.case.net, digits=1)


def test_the_figure_of_households_draws_those_of_the_summary(ran):
    axes = ek.plots.household_ranking(local(ran, "report-generator"))
    drawn = sorted(bar.get_width() for bar in axes.containers[0])
    homes = [m for m in ran.source.metrics if m.name == "mean_power"]
    assert drawn == [
        near(kwh) for kwh in sorted(metric(ran, "energy", home.label) for home in homes)
    ]


@pytest.mark.parametrize("ran", ["a hole"], indirect=True)  # whole hours of one household
def test_the_map_of_hours_has_the_mean_power_of_the_time_that_was_measured(ran):
    axes = ek.plots.heatmap(local(ran, "report-generator"))
    means = axes.collections[0].get_array()
    assert float(means.filled(0.0).sum()) / 1000 == near(ran.case.net)


def test_the_explorer_shows_the_energy_of_each_day(ran):
    explorer = household_explorer(local(ran, "report-generator"))
    total = 0.0
    for name in explorer.household.options:
        explorer.household.value = name
        for day in explorer.day.options:
            explorer.day.value = day
            shown = energies_in(re.sub("<[^>]+>", " ", str(explorer.to_html())))[-1]
            label = f"household={name} day={day}"
            assert shown == near(metric(ran, "energy", label), digits=2)
            total += shown
    missing = len(ran.case.days) - len(explorer.day.options)  # a day may begin in another's reading
    assert missing or total == pytest.approx(ran.case.net, abs=0.03)


def test_the_gathered_summary_has_the_energy_of_the_file(ran, tmp_path):
    table = pd.DataFrame({"ok": [True], "folder": [str(ran.result.folder)]})
    summary = gather(table, out=tmp_path / "all").summary.set_index("household_id")
    assert float(summary.loc["all", "energy"]) == near(ran.case.net)
    own = {name: float(summary.loc[name, "energy"]) for name in ran.case.households}
    assert own == {name: near(kwh) for name, kwh in ran.case.households.items()}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_keeps_import_and_export(ran, tmp_path, suffix):
    readings = scan(ran.result[STAGES[0]].output_path).frame.collect()
    write(readings, tmp_path / f"readings{suffix}")
    again = scan(tmp_path / f"readings{suffix}").frame.collect()
    assert again.equals(readings)


def test_the_look_before_the_import_says_the_days_of_the_report(ran, monkeypatch):
    from energykit.looking import inspection

    kept = ran.case.parameters | {"scenario": "import"}
    proposed = inspection.Proposal(clues=[], doubts=[], parameters=kept)
    monkeypatch.setattr(inspection, "propose", lambda grid: proposed)
    seen = look(ran.meter)
    zone = ran.case.time_zone == ran.case.parameters.get("time_zone", "")
    days = dict(seen.kwh_per_day)
    assert sum(days.values()) == near(ran.case.net)
    if zone:
        assert {d: days.get(d, 0.0) for d in ran.case.days} == {
            d: near(kwh) for d, kwh in ran.case.days.items()
        }


def test_the_files_of_a_folder_are_one_input_overlaps_and_all(services):
    folder = services.data_root / "monthly"
    folder.mkdir()
    hours = stamps("2025-01-01 00:00", 60 * 24, 60)
    for month, part in (("2025-02", hours[30 * 24 :]), ("2025-01", hours[: 32 * 24])):
        text = lines("t;kWh", [f"{t:%Y-%m-%d %H:%M};0,25" for t in part])
        (folder / f"{month}.csv").write_text(text, encoding="utf-8")
    case = Case("", {"columns": {"timestamp": "t", "power_consumption": "kWh"}, "decimal": ","}, {})
    config = services.data_root / "monthly.json"
    config.write_text(json.dumps(plan("monthly", case, "/data/monthly/*.csv")), encoding="utf-8")
    loaded = load_config(config, data_root=services.data_root)
    assert not loaded.warnings
    result = ek.run(loaded, services, data_root=services.data_root)
    assert result.ok, repr(result)
    source = RunSource(result, services.data_root)
    assert float(source.metric("energy").value) == near(60 * 24 * 0.25)
    twice = [a for a in result[STAGES[0]].metrics.adjustments if "twice" in a.what]
    assert [a.rows for a in twice] == [2 * 24]


def test_lessons_record_one_energy_of_the_same_two_weeks():
    def recorded(lesson, *keys):
        path = next((ROOT / "notebooks").glob(f"{lesson}-*.expected.json"))
        value = json.loads(path.read_text(encoding="utf-8"))["records"]
        for key in keys:
            value = value[key]
        return value

    house = pd.read_csv(ROOT / "data/household/household-2007-04-23.csv")
    kwh = float(house["Global_active_power"].sum()) / 60
    assert recorded("01", "energy [kWh]", "value") == near(kwh)
    assert recorded("01", "ways [kWh]", "value", "nothing missing") == near(kwh)
    assert recorded("05", "measured", "value", "energy [kWh]", "all") == near(kwh)
    assert recorded("09", "energy [kWh]", "value")[1] == near(kwh)
