"""A day of readings gives the same energy however its file is laid out."""

import datetime as dt
import os
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energykit.meters import MeterImport, meter_parameters

EXAMPLES = max(120, int(os.environ.get("ENERGYKIT_FUZZ", "0")))
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney"]
DAYS = ["2025-01-15", "2025-03-30", "2025-10-26", "2025-03-09", "2025-11-02", "2025-04-06"]
SCALES = {"W": 1.0, "kW": 1e-3, "Wh": 1.0, "kWh": 1e-3}


@st.composite
def layouts(draw):
    """How a file is written: every choice that must not change its energy."""
    return {
        "zone": draw(st.sampled_from(ZONES)),
        "day": draw(st.sampled_from(DAYS)),
        "step": draw(st.sampled_from([15, 30, 60])),
        "unit": draw(st.sampled_from([*SCALES, "counter"])),
        "local": draw(st.booleans()),
        "ends": draw(st.booleans()),
        "order": draw(st.sampled_from(["up", "down"])),
        "repeats": draw(st.integers(0, 5)),
        "files": draw(st.integers(1, 3)),
        "comma": draw(st.booleans()),
        "voltage": draw(st.booleans()),
        "power": draw(st.lists(st.integers(0, 5000), min_size=100, max_size=100)),
    }


def moments(form):
    """Return the starts of the day's intervals in UTC, from local midnight to the next."""
    zone = ZoneInfo(form["zone"])
    start = dt.datetime.fromisoformat(form["day"]).replace(tzinfo=zone)
    end = (dt.datetime.fromisoformat(form["day"]) + dt.timedelta(days=1)).replace(tzinfo=zone)
    first, last = start.astimezone(dt.UTC), end.astimezone(dt.UTC)
    step = dt.timedelta(minutes=form["step"])
    return [first + n * step for n in range(int((last - first) / step))]


def stamp(moment, form):
    """Return a stamp as the file has it: the wall clock's, or UTC."""
    if form["local"]:
        return moment.astimezone(ZoneInfo(form["zone"])).strftime("%Y-%m-%d %H:%M")
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def lines(form):
    """Return the rows of the day in time order, and its energy [kWh]."""
    starts = moments(form)
    step, hours = dt.timedelta(minutes=form["step"]), form["step"] / 60
    power = form["power"][: len(starts)]
    rows, count = [], 1_000_000.0
    if form["unit"] == "counter":
        rows.append((stamp(starts[0], form), count / 1000))
    for start, watts in zip(starts, power, strict=True):
        count += watts * hours
        at_end = form["ends"] or form["unit"] == "counter"
        energy = watts * hours if form["unit"].endswith("h") else watts
        value = count / 1000 if form["unit"] == "counter" else energy * SCALES[form["unit"]]
        rows.append((stamp(start + step if at_end else start, form), value))
    return rows, sum(power) * hours / 1000


def written(form, rows, folder):
    """Write the rows as files, with rows that are there again, and return their names."""
    separator, mark = (";", ",") if form["comma"] else (",", ".")
    table = [
        separator.join(
            [time, f"{value:.6f}".replace(".", mark), *(["230"] if form["voltage"] else [])]
        )
        for time, value in rows
    ]
    size = -(-len(table) // form["files"])
    paths = []
    for number in range(form["files"]):
        part = table[max(0, number * size - form["repeats"] * (number > 0)) : (number + 1) * size]
        part = part if form["order"] == "up" else part[::-1]
        head = separator.join(["t", "value", *(["U"] if form["voltage"] else [])])
        path = Path(folder) / f"{number}.csv"
        path.write_text("\n".join([head, *part, ""]), encoding="utf-8")
        paths.append(path)
    return paths


def parameters(form):
    columns = {"timestamp": "t", "power_consumption": "value"}
    is_counter = form["unit"] == "counter"
    return meter_parameters(
        columns={**columns, **({"voltage": "U"} if form["voltage"] else {})},
        units={"power_consumption": "kWh" if is_counter else form["unit"]},
        quantity="counter" if is_counter else "energy" if form["unit"].endswith("h") else "power",
        separator=";" if form["comma"] else ",",
        decimal="," if form["comma"] else ".",
        stamps="end" if form["ends"] and not is_counter else "start",
        step_s=None if is_counter else form["step"] * 60,
        time_zone=form["zone"] if form["local"] else None,
    )


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(layouts())
def test_the_energy_of_a_day_does_not_depend_on_how_it_is_written(form):
    rows, kwh = lines(form)
    with tempfile.TemporaryDirectory() as folder:
        one_import = MeterImport(written(form, rows, folder), parameters(form))
        readings = pl.concat(one_import.readings())
    lost = sum(entry.rows for entry in one_import.account.skipped)
    energy = (readings["power_consumption"] * readings["interval_s"]).sum() / 3.6e6
    measured = readings["interval_s"].sum()
    assert measured <= len(moments(form)) * form["step"] * 60
    if lost:
        assert all("exists twice" in entry.reason for entry in one_import.account.skipped), form
        if form["unit"] != "counter":  # of a register, the next difference holds what is missing
            absent = len(moments(form)) - measured / (form["step"] * 60)
            again = form["repeats"] * (form["files"] - 1)
            assert lost - again <= absent <= lost, form
        return
    assert energy == pytest.approx(kwh, rel=1e-9, abs=1e-6), one_import.account.adjustments
    assert measured == len(moments(form)) * form["step"] * 60
    first = moments(form)[0].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert readings["timestamp"].min() == first


@pytest.mark.parametrize("zone", ZONES[1:])
@pytest.mark.parametrize("minutes", [15, 60])
def test_a_year_of_local_stamps_is_read_as_pandas_reads_it(imported, zone, minutes):
    pd = pytest.importorskip("pandas", reason="comes with the notebook packages")
    truth = pd.date_range(
        "2025-01-01", "2026-01-01", freq=f"{minutes}min", tz="UTC", inclusive="left"
    )
    local = truth.tz_convert(zone)
    text = "t,P\n" + "".join(f"{when:%Y-%m-%d %H:%M},1\n" for when in local)
    columns = {"timestamp": "t", "power_consumption": "P"}
    result = imported(text, columns=columns, time_zone=zone, stamps="start")
    assert result.stamps == [f"{when:%Y-%m-%dT%H:%M:%SZ}" for when in truth]
    by_pandas = pd.DatetimeIndex(local.tz_localize(None)).tz_localize(zone, ambiguous="infer")
    assert list(by_pandas) == list(local)
