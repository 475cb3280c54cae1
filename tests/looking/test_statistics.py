"""Statistics of Home Assistant: starts of hours, with sums as they are at the hours' ends."""

import polars as pl
import pytest

from energykit.looking import look
from energykit.meters import MeterImport, meter_parameters
from tests.looking.portals import later, starts

HOURS = starts("2025-01-15", 48, 60)
KWH = [(n * 7 % 24 + 1) / 10 for n in range(48)]
SUMS = [round(sum(KWH[: n + 1]), 3) for n in range(48)]


def iso(stamp):
    return stamp.isoformat(timespec="seconds")


def midnight(n):
    """Return what was counted before the day of an hour."""
    return 0 if n < 24 else SUMS[23]


FILES = {
    "a meter that never begins again": (
        "statistic_id,unit,start,last_reset,state,sum",
        lambda n, t: f"sensor.e,kWh,{iso(t)},,{5000 + SUMS[n]:.3f},{SUMS[n]}",
    ),
    "a meter of the day": (
        "statistic_id,unit,start,last_reset,state,sum",
        lambda n, t: (
            f"sensor.e,kWh,{iso(t)},{t:%Y-%m-%d},{SUMS[n] - midnight(n):.3f},{SUMS[n] + 700:.3f}"
        ),
    ),
    "a table of the data base": (
        "id,created,created_ts,metadata_id,start,start_ts,mean,min,max,last_reset,state,sum,unit",
        lambda n, t: (
            f"{n + 1},,{t.timestamp() + 3610.1},7,,{t.timestamp()},,,,,{90 + SUMS[n]},{SUMS[n]},kWh"
        ),
    ),
    "a file for an import, with tabs": (
        "statistic_id\tunit\tstart\tstate\tsum",
        lambda n, t: f"sensor.e\tkWh\t{t:%d.%m.%Y %H:%M}\t{SUMS[n]}\t{SUMS[n]}",
    ),
    "with what was counted in each hour": (
        "statistic_id,unit,start,end,change,state,sum",
        lambda n, t: f"sensor.e,kWh,{iso(t)},{iso(later(t, 60))},{KWH[n]},{SUMS[n]},{SUMS[n]}",
    ),
    "means of power": (
        "statistic_id,unit,start,min,max,mean,state,sum",
        lambda n, t: f"sensor.p,W,{iso(t)},0,3000,{KWH[n] * 1000},,",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_each_hour_of_statistics_is_where_it_begins(file, name):
    header, line = FILES[name]
    text = "\n".join([header, *(line(n, t) for n, t in enumerate(HOURS)), ""])
    seen = look(file(text))
    given = {k: v for k, v in seen.parameters.items() if k != "scenario"} | {"time_zone": "+00:00"}
    readings = pl.concat(MeterImport([seen.path], meter_parameters(**given)).readings())
    first = 0 if "mean" in name or "each" in name else 1  # what was counted before is not known
    starts_of = [f"{t:%Y-%m-%dT%H:%M:%S}Z" for t in HOURS[first:]]
    assert readings["timestamp"].to_list() == starts_of, seen
    kwh = readings["power_consumption"] * readings["interval_s"] / 3.6e6
    assert kwh.to_list() == pytest.approx(KWH[first:], abs=1e-6), seen


def test_statistics_of_both_directions_are_registers(file):
    lines = [
        f"sensor.grid_{way},kWh,{iso(t)},{SUMS[n] * share:.4f},{SUMS[n] * share:.4f}"
        for way, share in (("import", 1), ("export", 0.25))
        for n, t in enumerate(HOURS)
    ]
    seen = look(file("\n".join(["statistic_id,unit,start,state,sum", *lines, ""])))
    assert seen.parameters["registers"] == {
        "sensor.grid_export": "export",
        "sensor.grid_import": "import",
    }
    assert sum(seen.kwh_per_day.values()) == pytest.approx(0.75 * sum(KWH[1:]), abs=1e-3)


def test_statistics_without_a_unit_are_not_taken_for_power(file):
    lines = [f"{iso(t)},,{SUMS[n]},{SUMS[n]}" for n, t in enumerate(HOURS)]
    seen = look(file("\n".join(["start,last_reset,state,sum", *lines, ""])))
    assert not seen.is_recognised
    assert any("only the owner knows it (units" in doubt for doubt in seen.doubts)


def test_the_dashboards_table_with_a_column_an_hour_is_named(file):
    names = ",".join(f"{t:%Y-%m-%dT%H:%M:%S.000Z}" for t in HOURS[:24])
    numbers = ",".join(map(str, KWH[:24]))
    seen = look(file(f"entity_id,type,unit,{names}\nsensor.e,grid,kWh,{numbers}\n" * 1))
    assert any("exchange rows and columns" in doubt for doubt in seen.doubts), seen


def test_counts_at_the_ends_of_intervals_that_are_stamped_by_their_starts(file):
    text = "t,kWh\n2025-01-15 00:00,100\n2025-01-15 00:30,101\n2025-01-15 01:00,103\n"
    path = file(text)
    columns = {"timestamp": "t", "power_consumption": "kWh"}
    more = {"quantity": "counter", "stamps": "start", "step_s": 1800}
    readings = pl.concat(MeterImport([path], meter_parameters(columns, **more)).readings())
    assert readings["timestamp"].to_list() == ["2025-01-15T00:30:00", "2025-01-15T01:00:00"]
    assert readings["power_consumption"].to_list() == [2000, 4000]
