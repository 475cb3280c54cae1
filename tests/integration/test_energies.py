"""One run, one energy: report, summary, frames, figures, widgets and the look before agree."""

import datetime as dt
import itertools
import json
import re
import zoneinfo
from dataclasses import dataclass, field
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

mpl.use("Agg")
ROOT = Path(__file__).resolve().parents[2]
STAGES = ("energy-generator", "energy-analyzer", "report-generator")
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


@dataclass
class Case:
    """A meter's file, and what is in it by plain arithmetic."""

    text: str
    parameters: dict
    days: dict
    """Net energy by local day [kWh]."""
    export: float = 0.0
    """Fed in [kWh]."""
    time_zone: str = ""
    households: dict = field(default_factory=dict)
    """Net energy by household [kWh], where there are several."""

    @property
    def net(self):
        return sum(self.days.values())


def stamps(start, count, minutes):
    first = dt.datetime.fromisoformat(start)
    return [first + dt.timedelta(minutes=minutes * n) for n in range(count)]


def lines(header, rows):
    return "\n".join([header, *rows]) + "\n"


def with_a_hole():
    minutes = stamps("2025-01-15 00:00", 2 * 1440, 1)
    kept = [t for t in minutes if not (t.day == 15 and 9 <= t.hour < 12)]
    text = lines("t,P [W]", [f"{t:%Y-%m-%d %H:%M},{500 if t.day == 15 else 250}" for t in kept])
    days = {"2025-01-15": 21 * 0.5, "2025-01-16": 24 * 0.25}
    return Case(text, {"columns": {"timestamp": "t", "power_consumption": "P [W]"}}, days)


def at_the_change_of_the_clock(day, hours):
    """Quarter-hours of three local days in kWh, each day with an energy of its own."""
    start = dt.datetime.combine(day - dt.timedelta(days=1), dt.time(), BERLIN)
    quarters = (24 + hours + 24) * 4
    utc = [start.astimezone(dt.UTC) + dt.timedelta(minutes=15 * n) for n in range(quarters)]
    local = [t.astimezone(BERLIN) for t in utc]
    kwh = {t.date(): 0.1 * (t.date() - start.date()).days + 0.125 for t in local}
    text = lines("t;kWh", [f"{t:%d.%m.%Y %H:%M};{kwh[t.date()]}" for t in local])
    days = {d.isoformat(): value * 4 * (hours if d == day else 24) for d, value in kwh.items()}
    parameters = {
        "columns": {"timestamp": "t", "power_consumption": "kWh"},
        "timestamp_format": "%d.%m.%Y %H:%M",
        "time_zone": "Europe/Berlin",
    }
    return Case(text, parameters, days, time_zone="Europe/Berlin")


def both_directions(*, counts):
    rows, drawn, fed_in = [], 5000.0, 10.0
    for t in stamps("2025-06-01 00:00", 97 if counts else 96, 30):
        if counts:
            rows.append(f"{t:%Y-%m-%d %H:%M},{drawn:.3f},{fed_in:.3f}")
        else:
            rows.append(f"{t:%Y-%m-%d %H:%M},0.25,{0.4 if 9 <= t.hour < 17 else 0}")
        drawn += 0.25
        fed_in += 0.4 if 9 <= t.hour < 17 else 0
    text = lines("t,Import kWh,Export kWh", rows)
    columns = {"timestamp": "t", "power_consumption": "Import kWh", "export": "Export kWh"}
    parameters = {"columns": columns} | ({"quantity": "counter"} if counts else {})
    net = 48 * 0.25 - 16 * 0.4
    days = {"2025-06-01": net, "2025-06-02": net}
    return Case(text, parameters, days, export=2 * 16 * 0.4)


def unsteady():
    """Steps of 6 to 9 s, each with a power of its own."""
    times, powers = [dt.datetime(2025, 3, 1)], []
    while len(times) < 2000:
        times.append(times[-1] + dt.timedelta(seconds=6 + len(times) * 7 % 4))
    powers = [1000 + n * 13 % 700 for n in range(len(times))]
    steps = [(b - a).total_seconds() for a, b in itertools.pairwise(times)]
    usual = max(set(steps[-8:]), key=lambda s: (steps[-8:].count(s), -s))
    kwh = sum(p * s for p, s in zip(powers, [*steps, usual], strict=True)) / 3.6e6
    text = lines("t,W", [f"{t:%Y-%m-%d %H:%M:%S},{p}" for t, p in zip(times, powers, strict=True)])
    return Case(
        text, {"columns": {"timestamp": "t", "power_consumption": "W"}}, {"2025-03-01": kwh}
    )


def newest_first_and_twice():
    rows = [f"{t:%Y-%m-%dT%H:%M}Z,{100 + t.hour}" for t in stamps("2025-02-01 00:00", 48, 60)]
    text = lines("t,W", [*reversed(rows), *rows[10:30]])
    day = sum(100 + hour for hour in range(24)) / 1000
    parameters = {"columns": {"timestamp": "t", "power_consumption": "W"}}
    return Case(text, parameters, {"2025-02-01": day, "2025-02-02": day})


def past_midnight():
    """Readings of four hours that stand across the midnights of a zone with half an hour."""
    rows = [f"{t:%Y-%m-%dT%H:%M}Z,600" for t in stamps("2025-02-01 00:00", 12, 240)]
    parameters = {"columns": {"timestamp": "t", "power_consumption": "W"}}
    days = {"2025-02-01": 0.6 * 18.5, "2025-02-02": 0.6 * 24, "2025-02-03": 0.6 * 5.5}
    return Case(lines("t,W", rows), parameters, days, time_zone="Asia/Kolkata")


def several_households():
    rows = [
        f"{t:%Y-%m-%d %H:%M},{name},{watts}"
        for t in stamps("2025-02-01 00:00", 48, 60)
        for name, watts in (("flat 1", 300), ("flat 2", 120), ("pv", -200))
    ]
    columns = {"timestamp": "t", "household_id": "home", "power_consumption": "W"}
    own = {"flat 1": 48 * 0.3, "flat 2": 48 * 0.12, "pv": -48 * 0.2}
    days = dict.fromkeys(["2025-02-01", "2025-02-02"], 24 * 0.22)
    text = lines("t,home,W", rows)
    return Case(text, {"columns": columns}, days, export=48 * 0.2, households=own)


def changes_only():
    rows = ["2025-02-01T06:00Z,1000", "2025-02-01T06:02Z,40", "2025-02-01T22:00Z,500"]
    rows += ["2025-02-02T02:00Z,0", "2025-02-02T20:00Z,60"]
    parameters = {
        "columns": {"timestamp": "t", "power_consumption": "W"},
        "holds_until_next": True,
    }
    first = 2 / 60 + 0.04 * (16 - 2 / 60) + 0.5 * 2
    return Case(lines("t,W", rows), parameters, {"2025-02-01": first, "2025-02-02": 0.5 * 2})


CASES = {
    "a hole": with_a_hole(),
    "autumn": at_the_change_of_the_clock(dt.date(2025, 10, 26), 25),
    "spring": at_the_change_of_the_clock(dt.date(2025, 3, 30), 23),
    "both directions": both_directions(counts=False),
    "registers of both directions": both_directions(counts=True),
    "unsteady steps": unsteady(),
    "newest first and twice": newest_first_and_twice(),
    "past midnight": past_midnight(),
    "several households": several_households(),
    "changes only": changes_only(),
}


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
