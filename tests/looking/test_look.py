"""``look``: each layout is recognised with its evidence, and the proposal runs to the right energy."""

import csv
import datetime as dt
import gzip
import json
import time
from pathlib import Path

import polars as pl
import pytest

import energykit as ek
from energykit.artifacts import scan
from energykit.config import load_config
from energykit.datasets import excerpt_path
from energykit.errors import ArtifactError
from energykit.looking import look
from energykit.looking.grid import read_grid
from energykit.looking.stamp import find_stamps
from energykit.meters import MeterImport, meter_parameters
from energykit.meters.moment import StampReader
from energykit.report import RunSource

ROOT = Path(__file__).resolve().parents[2]


def hours(form="%Y-%m-%d %H:%M", *, count=72, day=15):
    start = dt.datetime(2025, 1, day, tzinfo=dt.UTC)
    return [(start + dt.timedelta(hours=n)).strftime(form) for n in range(count)]


FILES = {
    "plain": ("t,power [W]\n" + "".join(f"{t},500\n" for t in hours()), 36.0),
    "energy and comma": ("Datum;Verbruik (kWh)\n" + "".join(f"{t};0,5\n" for t in hours("%d.%m.%Y %H:%M")), 36.0),
    "date and time apart": ("Data;Hora;Consumo kWh\n" + "".join(f"{t};0,5\n" for t in hours("%d/%m/%Y;%H:%M")), 36.0),
    "month first": ("date,usage kWh\n" + "".join(f"{t},0.5\n" for t in hours("%m/%d/%Y %I:%M %p")), 36.0),
    "two-digit year": ("t;kWh\n" + "".join(f"{t};0,5\n" for t in hours("%d.%m.%y %H:%M")), 36.0),
    "unix s": ("ts,P\n" + "".join(f"{1736899200 + 3600 * n},500\n" for n in range(72)), 36.0),
    "unix ms": ("ts,P\n" + "".join(f"{1736899200000 + 3600000 * n},500\n" for n in range(72)), 36.0),
    "12 digits": ("t,P\n" + "".join(f"{t},500\n" for t in hours("%Y%m%d%H%M")), 36.0),
    "14 digits": ("t,P\n" + "".join(f"{t},500\n" for t in hours("%Y%m%d%H%M%S")), 36.0),
    "no header, blanks": ("".join(f"{1736899200 + 3600 * n} 500\n" for n in range(72)), 36.0),
    "lines before": ("Customer;X\nSupplier;Y\nt;kWh\n" + "".join(f"{t};0,5\n" for t in hours()), 36.0),
    "start and end": ("kWh, Start, End\n" + "".join(f"0.5, {a}, {b}\n" for a, b in zip(hours(), hours(count=73)[1:], strict=True)), 36.0),
    "counter": ("time,Import kWh,Export kWh\n" + "".join(f"{t},{5000 + 0.5 * n},{10 + 0.1 * n:.1f}\n" for n, t in enumerate(hours())), 71 * 0.4),
    "phases": ("t,L1,L2,L3\n" + "".join(f"{t},100,200,200\n" for t in hours()), 36.0),
    "households": ("t,household,power W\n" + "".join(f"{t},{h},500\n" for t in hours() for h in "ab"), 72.0),
    "a row a day": ("Date," + ",".join(f"{h:02d}:00 kWh" for h in range(24)) + "\n" + "".join(f"2025-01-1{d}," + ",".join(["0.5"] * 24) + "\n" for d in range(3)), 36.0),
    "numbered intervals": ("Date," + ",".join(map(str, range(1, 97))) + "\n" + "".join(f"2025-01-1{d}," + ",".join(["500"] * 96) + "\n" for d in range(3)), 36.0),
    "a row of totals": ("t;kWh\n" + "".join(f"{t};12\n" for t in hours("%Y-%m-%d", count=72)[::24]) + "Total;36\n", 36.0),
    "a column a meter": ("t,flat 1,flat 2,flat 3\n" + "".join(f"{t},500,500,500\n" for t in hours()), 108.0),
    "hour numbers": ("CUPS;Fecha;Hora;Consumo_kWh\n" + "".join(f"ES1;1{d}/01/2025;{h};0,5\n" for d in range(3, 6) for h in range(1, 25)), 36.0),
    "registers": ("t;kind;kWh\n" + "".join(f"{t};{k};{v}\n" for t in hours() for k, v in (("import", 0.75), ("export", 0.25))), 36.0),
    "nem12": ("100,NEM12,202501170000,A,B\n200,NMI1,E1,E1,E1,N1,M1,KWH,30,20250201\n" + "".join(f"300,2025011{d}," + ",".join(["0.25"] * 48) + ",A,,,,\n" for d in (5, 6, 7)) + "900\n", 36.0),
    "unit in cells": ("time;energy\n" + "".join(f"{t};0,5 kWh\n" for t in hours()), 36.0),
    "a column of units": ("time,value,unit\n" + "".join(f"{t},0.5,kWh\n" for t in hours()), 36.0),
    "tariffs": ("t,laag (kWh),hoog (kWh)\n" + "".join(f"{t},0.2,0.3\n" for t in hours()), 36.0),
    "OBIS codes": ("t;OBIS;kWh\n" + "".join(f"{t};{k};{v}\n" for t in hours() for k, v in (("1.8.0", 0.75), ("2.8.0", 0.25))), 36.0),
    "price first": ("t,Price (ct/kWh),Usage (kWh)\n" + "".join(f"{t},30,0.5\n" for t in hours()), 36.0),
    "letters": ("t;A;B;C;Summe\n" + "".join(f"{t};500;500;500;1500\n" for t in hours()), 108.0),
    "total names the unit": ("d," + ",".join(f"H{h}" for h in range(1, 25)) + ",Total kWh\n" + "".join(f"2025-01-1{d}," + ",".join(["0.5"] * 24) + ",12\n" for d in range(3)), 36.0),
    "end in two columns, id of digits": (
        "from date;from time;to date;to time;EAN;Register;Volume;Unit\n"
        + "".join(
            f"{a};{b};5414488;{k};{v};kWh\n"
            for a, b in zip(hours("%d-%m-%Y;%H:%M:%S"), hours("%d-%m-%Y;%H:%M:%S", count=73)[1:], strict=True)
            for k, v in (("Afname", "0,75"), ("Injectie", "0,25"))
        ), 36.0),
    "tariffs of both directions": ("Datum;Tijd;Verbruik laag (kWh);Verbruik hoog (kWh);Teruglevering laag (kWh);Teruglevering hoog (kWh)\n" + "".join(f"{t};0,5;0,25;0,125;0,125\n" for t in hours("%d-%m-%Y;%H:%M")), 36.0),
    "entrante and saliente": ("CUPS;Fecha;Hora;AE_kWh;AS_kWh\n" + "".join(f"ES1;{d}/02/2025;{h};0,75;0,25\n" for d in range(1, 4) for h in range(1, 25)), 36.0),
    "changes only": ("entity_id,state,last_changed\n" + "".join(f"sensor.power,{w},2025-01-{d}T{t}Z\n" for d in (15, 16, 17) for w, t in ((900, "00:00:00.5"), (300, "00:10:00.5"), (850, "12:00:00.5"))) + "sensor.power,0,2025-01-18T00:00:00.5Z\n", 3 * (0.15 + 0.3 * 71 / 6 + 10.2)),
    "an inverter's counts of today and of its life": ("Time;E-Today (kWh);E-Total (kWh)\n" + "".join(f"{t};{n % 24 / 2};{8412 + n / 2}\n" for n, t in enumerate(hours(count=73))), 36.0),
    "an inverter's count of today": ("Time;E-Today (kWh)\n" + "".join(f"{t};{n % 24 / 2}\n" for n, t in enumerate(hours())), 3 * 11.5),
    "two meters and their total": ("t,flat 1,flat 2,Total\n" + "".join(f"{t},500,500,1000\n" for t in hours()), 72.0),
    "a short day": ("Date," + ",".join(f"H{h} kWh" for h in range(1, 26)) + "\n" + "".join(f"2025-03-{d}," + ",".join([*["0.5"] * n, *[""] * (25 - n)]) + "\n" for d, n in ((29, 24), (30, 23), (31, 25))), 36.0),
    "A+ and A-": ("t;A+ kWh;A- kWh\n" + "".join(f"{t};0,75;0,25\n" for t in hours()), 36.0),
    "a text for no value": ("t;W\n" + "".join(f"{t};{'n/a' if n == 1 else 500}\n" for n, t in enumerate(hours(count=73))), 36.0),
    "readings of a month": ("reading_time,meter_reading_kwh\n" + "".join(f"2025-{m:02d}-01,{1000 + 3 * m}\n" for m in range(1, 13)), 33.0),
}  # fmt: skip
"""Files of 72 hours, and their energy [kWh]."""


@pytest.fixture
def file(tmp_path):
    def write(text, name="meter.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def energy(path, parameters):
    given = {name: value for name, value in parameters.items() if name != "scenario"}
    parts = list(MeterImport([path], meter_parameters(**given)).readings())
    return sum((part["power_consumption"] * part["interval_s"]).sum() for part in parts) / 3.6e6


@pytest.mark.parametrize("name", FILES)
def test_the_proposal_imports_the_right_energy(file, name):
    text, kwh = FILES[name]
    seen = look(file(text))
    assert seen.is_recognised, seen
    assert energy(seen.path, seen.parameters) == pytest.approx(kwh), seen
    assert sum(seen.kwh_per_day.values()) > 0
    assert seen.bytes_read == seen.size


def test_a_date_that_can_be_read_in_two_ways_is_shown_both_ways(file):
    steady = "t,kWh\n" + "".join(f"0{n}/01/2025,5\n" for n in range(1, 10))
    seen = look(file(steady))
    doubt = next(doubt for doubt in seen.doubts if "two ways" in doubt)
    assert "'%d/%m/%Y' reads the last as 2025-01-09" in doubt
    assert "'%m/%d/%Y' as 2025-09-01" in doubt
    assert "only the first gives steady steps" in doubt
    unproved = look(file("t,kWh\n01/02/2025,5\n02/03/2025,5\n"))
    assert any("not proved by this file" in doubt for doubt in unproved.doubts)


def test_days_that_only_one_reading_of_the_date_puts_in_a_row_are_proof(file):
    seen = look(file("t;kWh\n" + "".join(f"{t};0,5\n" for t in hours("%d-%m-%Y %H:%M", day=1))))
    doubt = next(doubt for doubt in seen.doubts if "two ways" in doubt)
    assert "only the first gives steady steps" in doubt


def test_an_hour_that_is_there_twice_may_be_the_end_of_summer_time(file):
    local = ["2025-10-26 01:00", "2025-10-26 02:00", "2025-10-26 02:00", "2025-10-26 03:00"]
    seen = look(file("t,P [W]\n" + "".join(f"{t},1000\n" for t in local)))
    assert any("name the time_zone, and both count" in doubt for doubt in seen.doubts)


DATA = {
    "tests/legacy/energy_data.csv": "a table: a row a reading",
    "tests/legacy/energy_report.csv": "a table: a row a reading",
    "tests/legacy/analysis_output.pb": "report of this kit, as protobuf messages",
    "data/household/household-2007-04-23.csv": "a table: a row a reading",
}


def test_every_file_of_data_in_the_project_is_expected_here():
    suffixes = {".csv", ".pb", ".parquet", ".txt", ".xml", ".xlsx"}
    files = [*(ROOT / "tests").rglob("*"), *(ROOT / "data/household").rglob("*")]
    found = {path.relative_to(ROOT).as_posix() for path in files if path.suffix in suffixes}
    assert found == set(DATA)


def energy_of_the_project(name):
    """Return the energy of a file of the project by plain arithmetic [kWh]."""
    with (ROOT / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    column = next(c for c in ("power_consumption", "power", "Global_active_power") if c in rows[0])
    watts = [float(row[column]) for row in rows]
    # a row a minute of the house; of the original's ten, a row each 3 s of a household
    return sum(watts) / 60 if column == "Global_active_power" else sum(watts) * 3 / 3.6e6


@pytest.mark.parametrize("name", DATA)
def test_files_of_the_project_are_named_and_read_to_the_right_energy(name):
    seen = look(ROOT / name)
    assert seen.layout == DATA[name]
    if name.endswith(".pb"):
        assert seen.doubts == ("it needs no import: give it to report-generator as input_file",)
        return
    assert energy(seen.path, seen.parameters) == pytest.approx(energy_of_the_project(name))
    assert not [doubt for doubt in seen.doubts if "no name states the unit" in doubt]


@pytest.mark.parametrize(
    ("rows", "unit"),
    [
        ([("1.234,5", "230,1", "5,5")] * 40, "W"),
        ([("1,2345", "230,1", "5,5")] * 40, "kW"),
        ([("1.234,5", "230,1", "5,5"), ("", "230,1", "90,0"), ("1.234,5", "", "0,1")] * 20, "W"),
    ],
    ids=["thousands are marked", "kilowatts", "a value is missing here and there"],
)
def test_the_unit_of_power_shows_beside_voltage_and_current(file, rows, unit):
    lines = [";".join((f"2025-01-01 00:{at:02d}", *row)) for at, row in enumerate(rows)]
    seen = look(file("Time;P;U;I\n" + "\n".join(lines) + "\n"))
    (clue,) = [clue for clue in seen.clues if clue.topic == "unit"]
    assert (clue.value, clue.evidence) == (unit, "its size beside voltage times current")


def test_registers_that_are_not_known_are_said(file):
    rows = [
        f"{t};{r};{v}" for t in hours() for r, v in (("1.8.0", 0.75), ("2.8.0", 0.25), ("x", 9))
    ]
    seen = look(file("\n".join(["t;r;kWh", *rows, ""])))
    assert energy(seen.path, seen.parameters) == pytest.approx(36.0)
    assert any("rows of 'x' are not used" in doubt for doubt in seen.doubts)
    names = [row.replace("1.8.0", "a").replace("2.8.0", "b") for row in rows]
    unknown = look(file("\n".join(["t;r;kWh", *names, ""])))
    assert any("rows of one time differ in 'r' ('a', 'b', 'x')" in d for d in unknown.doubts)


def test_an_hour_of_autumn_with_other_values_asks_for_the_zone(file):
    local = ["2025-10-26 01:00", "2025-10-26 02:00", "2025-10-26 02:00", "2025-10-26 03:00"]
    rows = [f"{t},{n}00" for n, t in enumerate([*hours(day=1), *local], 1)]
    seen = look(file("\n".join(["t,P [W]", *rows, ""])))
    assert any("name the time_zone, and both count" in doubt for doubt in seen.doubts)


def test_what_only_the_owner_knows_is_said(file):
    seen = look(file("t,last\n" + "".join(f"{t},0.5\n" for t in hours())))
    assert any("no stamp states its zone" in doubt for doubt in seen.doubts)
    assert any("no name states the unit" in doubt for doubt in seen.doubts)
    assert any("is the unit right?" in doubt for doubt in seen.doubts)


def test_a_column_a_day_is_said_not_to_be_read(file):
    days = [f"2025-{month:02d}-01" for month in range(1, 13)]
    rows = "".join(f"{h:02d}:00," + ",".join(["0.5"] * len(days)) + "\n" for h in range(24))
    seen = look(file("time," + ",".join(days) + "\n" + rows))
    assert not seen.parameters
    assert any("a column a day is not read; exchange" in doubt for doubt in seen.doubts)


WEATHER = {
    "EPW": "LOCATION,X,-,DEU,IWEC,103840,52.4,13.4,1.0,49.0\nCOMMENTS 1,x\n"
    + "".join(f"1983,1,1,{h},60,?9,1.0,0.5,97,101000,0,0\n" for h in range(1, 25)),
    "TMY3": "703165,X,AK,-9.0,55.3,-160.5,7\nDate (MM/DD/YYYY),Time (HH:MM),ETR (W/m^2)\n"
    + "".join(f"01/01/1997,{h:02d}:00,0\n" for h in range(1, 25)),
    "PVGIS": "Latitude: 45.0\ntime(UTC),T2m,RH,G(h)\n"
    + "".join(f"20160101:{h:02d}00,1.5,80,0\n" for h in range(24)),
}


@pytest.mark.parametrize("name", WEATHER)
def test_weather_is_not_taken_for_a_meter(file, name):
    seen = look(file(WEATHER[name]))
    assert not seen.is_recognised
    assert any("it is weather (EPW or TMY)" in doubt for doubt in seen.doubts)


@pytest.mark.parametrize(
    "text", ["hello\nworld\nthis is\nprose, and more\n", "[1, 2]\n", "\x7fELF\n\n"]
)
def test_what_is_not_a_table_is_not_recognised(file, text):
    seen = look(file(text))
    assert not seen.is_recognised
    assert seen.doubts


def test_a_large_file_is_looked_at_in_part_and_that_is_said(file):
    text = "ts,power W\n" + "".join(f"{1736899200 + 60 * n},500\n" for n in range(120_000))
    seen = look(file(text))
    assert seen.bytes_read < seen.size
    assert f"looked at the first {seen.bytes_read:,} of {seen.size:,} bytes only" in repr(seen)


def million_rows():
    yield "t,kWh\n"
    start = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    for day in range(695):
        date = f"{start + dt.timedelta(days=day):%Y-%m-%d}"
        yield "".join(f"{date} {m // 60:02d}:{m % 60:02d},0.01\n" for m in range(1440))


def many_households():
    yield "t,house,kWh\n"
    for quarter in range(40):
        yield "".join(
            f"2025-01-01 {quarter // 4:02d}:{quarter % 4 * 15:02d},h{n},0.5\n" for n in range(5000)
        )


def nem12_of_meters():
    yield "100,NEM12,202501170000,A,B\n"
    for meter in range(400):
        yield f"200,NMI{meter:07d},E1,E1,E1,N1,M1,KWH,30,20250201\n"
        yield "".join(f"300,202501{d:02d}," + "0.25," * 48 + "A,,,,\n" for d in range(1, 32))


LARGE = {
    "a million rows": (million_rows, "meter.csv"),
    "quarter-hours of three days": (lambda: FILES["numbered intervals"][0].replace("500", "0.123"), "meter.csv"),
    "fractions beside each other": (lambda: "t," + ",".join(f"c{n}" for n in range(96)) + "\n" + "".join(f"2025-01-1{d}," + ",".join(["0.123456"] * 96) + "\n" for d in range(3)), "meter.csv"),
    "a column for each of 2,000 meters": (lambda: "t," + ",".join(f"m{n}" for n in range(2000)) + "\n" + "".join(f"{t}," + ",".join(["0.123456"] * 2000) + "\n" for t in hours()), "meter.csv"),
    "5,000 households": (many_households, "meter.csv"),
    "NEM12 of 400 meters": (nem12_of_meters, "meter.csv"),
}  # fmt: skip

DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d/%m/%Y 00:00", "%d-%b-%Y", "%m/%d/%Y 12:00 AM")


@pytest.mark.parametrize("form", DATES)
def test_a_table_of_hundreds_of_dates_is_read_in_few_of_them(file, form, monkeypatch):
    tried, read = [], StampReader.read
    monkeypatch.setattr(
        StampReader, "read", lambda *given, **named: tried.append(1) or read(*given, **named)
    )
    start = dt.date(2024, 1, 20)
    rows = [
        ";".join((start + dt.timedelta(row + n)).strftime(form) for n in range(300)) + ";0,5"
        for row in range(30)
    ]
    header = ";".join(f"date {n}" for n in range(300)) + ";kWh"
    seen = look(file("\n".join([header, *rows, ""])))
    assert seen.parameters["columns"] == {"timestamp": "date 0", "power_consumption": "kWh"}
    assert energy(seen.path, seen.parameters) == pytest.approx(15.0)
    assert len(tried) < 50


_MOST_CPU_S = 4.0
"""Several times what the slowest takes on two busy cores."""


@pytest.mark.parametrize("name", LARGE)
def test_a_look_takes_a_second_or_two_whatever_the_file(tmp_path, name):
    make, file_name = LARGE[name]
    path = tmp_path / file_name
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(make())
    before = time.process_time()
    seen = look(path)
    assert time.process_time() - before < _MOST_CPU_S
    assert seen.is_recognised, seen
    assert seen.is_whole == (path.stat().st_size <= 1 << 20)


@pytest.mark.parametrize(("name", "most"), [("a row a day", 8), ("numbered intervals", 2)])
def test_columns_of_numbers_are_not_tried_as_stamps(file, name, most, monkeypatch):
    tried = []
    read = StampReader.read
    monkeypatch.setattr(
        StampReader, "read", lambda *given, **named: tried.append(1) or read(*given, **named)
    )
    grid = read_grid(FILES[name][0].split("\n"))
    assert find_stamps(grid)
    assert len(tried) <= most


def test_a_packed_or_columnar_file_is_looked_at_in_part_too(tmp_path):
    text = "ts,power W\n" + "".join(f"{1736899200 + 60 * n},500\n" for n in range(120_000))
    packed = tmp_path / "meter.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    table = pl.read_csv(text.encode())
    table.write_parquet(tmp_path / "meter.parquet")
    for path in (packed, tmp_path / "meter.parquet"):
        seen = look(path)
        assert not seen.is_whole
        assert seen.is_recognised
        assert "bytes only" in repr(seen)
        assert seen.readings.height < 120_000


def test_telegrams_that_a_sample_cuts_are_not_called_damaged(file):
    telegram = "/X\r\n\r\n0-0:1.0.0({}W)\r\n1-0:1.8.1({:010.3f}*kWh)\r\n!\r\n"
    start = dt.datetime(2025, 1, 15, tzinfo=dt.UTC)
    texts = [
        telegram.format(f"{start + dt.timedelta(seconds=10 * n):%y%m%d%H%M%S}", 1000 + n / 1000)
        for n in range(20_000)
    ]
    seen = look(file("".join(texts), "p1.txt"))
    assert not seen.is_whole
    assert not [remark for remark in seen.remarks if "left out" in remark]


def test_it_is_shown_as_text_html_and_json(file):
    seen = ek.look(file(FILES["plain"][0]))
    assert "parameters, ready to paste" in repr(seen)
    assert "<table" in seen._repr_html_()
    assert json.loads(json.dumps(seen.plain()))["parameters"]["scenario"] == "import"


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


def test_a_file_outside_the_data_root_is_not_written_into_a_configuration(file, tmp_path, capsys):
    from energykit.cli import main

    path = file(FILES["plain"][0])
    given = [
        "look",
        str(path),
        "--write",
        str(tmp_path / "c.json"),
        "--data-root",
        str(tmp_path / "x"),
    ]
    assert main(given) == 2
    assert "is not in the data root" in capsys.readouterr().err


def test_the_kits_own_house_is_one_household_in_kilowatts():
    proposed = ek.look(excerpt_path()).parameters
    assert proposed["units"] == {"power_consumption": "kW"}
    assert "household_id" not in proposed["columns"]
    assert proposed["columns"]["power_consumption"] == "Global_active_power"


@pytest.mark.parametrize("name", ["nowhere.csv", "nowhere.parquet", "nowhere.xlsx", "nowhere.pb"])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(ArtifactError, match="there is no such file"):
        look(tmp_path / name)


def test_a_damaged_table_of_parquet_is_named(tmp_path):
    whole = tmp_path / "whole.parquet"
    pl.DataFrame({"time": ["2026-01-01"], "kWh": [1.0]}).write_parquet(whole)
    content = bytearray(whole.read_bytes())
    content[len(content) // 2 :] = content[: len(content) - len(content) // 2]
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"damaged\.parquet"):
        look(damaged)


def test_brackets_in_the_name_of_a_table_of_parquet_are_letters(tmp_path):
    file = tmp_path / "house [17].parquet"
    stamps = [f"2026-01-01T{hour:02}:00:00Z" for hour in range(24)]
    pl.DataFrame({"time": stamps, "kWh": [0.5] * 24}).write_parquet(file)
    assert sum(look(file).kwh_per_day.values()) == pytest.approx(12.0)
