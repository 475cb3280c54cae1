"""``look``: each layout is recognised with its evidence, and the proposal runs to the right energy."""

import json

import polars as pl
import pytest

import energykit as ek
from energykit.datasets import excerpt_path
from energykit.errors import ArtifactError
from energykit.looking import look
from tests.looking.files import DATA, FILES, ROOT, energy, energy_of_the_project, hours


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


def test_every_file_of_data_in_the_project_is_expected_here():
    suffixes = {".csv", ".pb", ".parquet", ".txt", ".xml", ".xlsx"}
    files = [*(ROOT / "tests").rglob("*"), *(ROOT / "data/household").rglob("*")]
    found = {path.relative_to(ROOT).as_posix() for path in files if path.suffix in suffixes}
    assert found == set(DATA)


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


def test_what_the_sun_gave_beside_what_the_grid_gave_is_said(file):
    seen = look(file("t,Import kWh,Solar kWh\n" + "".join(f"{t},0.5,0.1\n" for t in hours())))
    assert any("'Solar kWh' is taken for what is fed in: where" in doubt for doubt in seen.doubts)


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


def test_it_is_shown_as_text_html_and_json(file):
    seen = ek.look(file(FILES["plain"][0]))
    assert "parameters, ready to paste" in repr(seen)
    assert "<table" in seen._repr_html_()
    assert json.loads(json.dumps(seen.plain()))["parameters"]["scenario"] == "import"


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
