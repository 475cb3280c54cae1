"""Two local days give the same energy per day and channel in every arrangement of a table."""

import datetime as dt
import os
import random
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energykit.meters import MeterImport, meter_parameters

EXAMPLES = max(120, int(os.environ.get("ENERGYKIT_FUZZ", "0")))
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney"]
DAYS = ["2025-01-15", "2025-03-29", "2025-10-25", "2025-03-09", "2025-11-02", "2025-04-05"]
PER_WATT = {"W": 1.0, "kW": 1e-3, "MW": 1e-6, "Wh": 1.0, "kWh": 1e-3, "MWh": 1e-6, "MJ": 3.6e-3}
ARRANGEMENTS = ["rows", "start and end", "a row a day", "a column a meter", "registers", "columns"]


@st.composite
def tables(draw):
    """How a table is arranged: every choice that must not change its energies."""
    watts = st.lists(st.integers(0, 5000), min_size=200, max_size=200)
    return {
        "arrangement": draw(st.sampled_from(ARRANGEMENTS)),
        "zone": draw(st.sampled_from(ZONES)),
        "day": draw(st.sampled_from(DAYS)),
        "minutes": draw(st.sampled_from([15, 30, 60])),
        "unit": draw(st.sampled_from(sorted(PER_WATT))),
        "seed": draw(st.integers(0, 9)),
        "repeats": draw(st.integers(0, 5)),
        "files": draw(st.integers(1, 3)),
        "local": draw(st.booleans()),
        "newest_first": draw(st.booleans()),
        "drawn": draw(watts),
        "fed_in": draw(watts),
    }


def starts(form):
    """Return the starts of the intervals of two local days, in UTC."""
    midnight = dt.datetime.fromisoformat(form["day"])
    zone, step = ZoneInfo(form["zone"]), dt.timedelta(minutes=form["minutes"])
    first, last = (
        (midnight + dt.timedelta(days=n)).replace(tzinfo=zone).astimezone(dt.UTC) for n in (0, 2)
    )
    return [first + n * step for n in range(int((last - first) / step))]


def local_day(moment, form):
    return moment.astimezone(ZoneInfo(form["zone"])).date().isoformat()


def stamp(moment, form):
    """Return a stamp as the file has it: the wall clock's, or UTC."""
    if form["local"]:
        return moment.astimezone(ZoneInfo(form["zone"])).strftime("%Y-%m-%d %H:%M")
    return f"{moment:%Y-%m-%dT%H:%M}Z"


def number(watts, form):
    hours = form["minutes"] / 60 if form["unit"][-1] in "hJ" else 1
    return f"{watts * hours * PER_WATT[form['unit']]:.12f}"


def rows_of(form):
    """Return header and rows of the table."""
    step = dt.timedelta(minutes=form["minutes"])
    series = list(zip(starts(form), form["drawn"], form["fed_in"], strict=False))
    pairs = [(stamp(t, form), number(a, form), number(b, form)) for t, a, b in series]
    if form["arrangement"] == "rows":
        return "t,a", [f"{t},{a}" for t, a, _ in pairs]
    if form["arrangement"] == "start and end":
        return "t,end,a", [
            f"{t},{stamp(s + step, form)},{a}"
            for (s, *_), (t, a, _) in zip(series, pairs, strict=True)
        ]
    if form["arrangement"] == "registers":
        return "t,r,v", [f"{t},{r},{v}" for t, a, b in pairs for r, v in (("A", a), ("B", b))]
    if form["arrangement"] == "a row a day":
        days = defaultdict(list)
        for (moment, *_), (_, a, _) in zip(series, pairs, strict=True):
            days[local_day(moment, form)].append(a)
        width = 25 * 60 // form["minutes"]
        names = ",".join(str(n + 1) for n in range(width))
        blank = [""] * width
        return f"t,{names}", [",".join([d, *(v + blank)[:width]]) for d, v in days.items()]
    return "t,a,b", [",".join(pair) for pair in pairs]


def energies(form):
    """Return the energy per local day and channel [kWh], by plain arithmetic."""
    kwh = Counter()
    has_two = form["arrangement"] in {"a column a meter", "registers", "columns"}
    for moment, a, b in zip(starts(form), form["drawn"], form["fed_in"], strict=False):
        kwh[local_day(moment, form), "a"] += a * form["minutes"] / 60_000
        if has_two:
            kwh[local_day(moment, form), "b"] += b * form["minutes"] / 60_000
    return kwh


def parameters(form):
    by = {"timestamp": "t"}
    special = {
        "rows": {"columns": {**by, "power_consumption": "a"}},
        "start and end": {"columns": {**by, "end": "end", "power_consumption": "a"}},
        "a row a day": {"columns": by, "layout": "wide_by_time", "time_zone": form["zone"]},
        "a column a meter": {"columns": by, "layout": "wide_by_meter"},
        "registers": {
            "columns": {**by, "register": "r", "power_consumption": "v"},
            "registers": {"A": "import", "B": "export"},
        },
        "columns": {"columns": {**by, "power_consumption": "a", "export": "b"}},
    }[form["arrangement"]]
    kind = "energy" if form["unit"][-1] in "hJ" else "power"
    units = {"power_consumption": form["unit"]}
    special.setdefault("time_zone", form["zone"] if form["local"] else None)
    return meter_parameters(**special, units=units, quantity=kind, stamps="start", separator=",")


def written(form, folder):
    """Write the table in any order, with rows that are there again, as one or several files.

    On the wall clock, the order of rows says which of two alike comes first: they follow each
    other, or the newest is first.
    """
    header, rows = rows_of(form)
    paths = []
    if form["local"]:
        path = Path(folder) / "local.csv"
        path.write_text("\n".join([header, *rows[:: -1 if form["newest_first"] else 1], ""]))
        return [path]
    chance = random.Random(form["seed"])
    rows += chance.sample(rows, min(form["repeats"], len(rows)))
    chance.shuffle(rows)
    for part in range(min(form["files"], len(rows))):
        path = Path(folder) / f"{part}.csv"
        path.write_text("\n".join([header, *rows[part :: form["files"]], ""]), encoding="utf-8")
        paths.append(path)
    return paths


def read(form, folder):
    """Return the energy per local day and channel [kWh] that an import gives."""
    kwh = Counter()
    for part in MeterImport(written(form, folder), parameters(form)).readings():
        for row in part.iter_rows(named=True):
            day = local_day(dt.datetime.fromisoformat(row["timestamp"]), form)
            hours = row["interval_s"] / 3.6e6
            export = row.get("power_export") or 0.0
            if form["arrangement"] == "a column a meter":
                kwh[day, row["household_id"]] += row["power_consumption"] * hours
                continue
            kwh[day, "a"] += (row["power_consumption"] + export) * hours
            if form["arrangement"] in {"registers", "columns"}:
                kwh[day, "b"] += export * hours
    return kwh


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_the_energy_of_each_day_and_channel_does_not_depend_on_the_arrangement(form):
    with tempfile.TemporaryDirectory() as folder:
        assert read(form, folder) == pytest.approx(energies(form), rel=1e-9, abs=1e-9)
