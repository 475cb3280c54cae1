"""What a proposal gives, interval by interval."""

import polars as pl
import pytest

from energykit.meters import MeterImport, meter_parameters
from tests.looking.portals import starts


def weight(stamp):
    """Return an energy that differs from hour to hour, so that exchanged hours are found."""
    return (stamp.hour * 7 % 24 + 1) / 10 + stamp.minute / 1000


def hold_each_hour(seen, stamps, zone="+00:00"):
    """Hold a proposal to the energy of each interval, and its start."""
    known = {"time_zone": zone, "units": {"power_consumption": "kWh"}}
    given = {name: value for name, value in seen.parameters.items() if name != "scenario"} | known
    readings = pl.concat(MeterImport([seen.path], meter_parameters(**given)).readings())
    first = [t.astimezone(starts("2025-01-15", 1, 60)[0].tzinfo) for t in stamps]
    assert readings["timestamp"].to_list() == [f"{t:%Y-%m-%dT%H:%M:%S}Z" for t in first], seen
    kwh = readings["power_consumption"] * readings["interval_s"] / 3.6e6
    assert kwh.to_list() == pytest.approx([weight(t) for t in stamps], rel=1e-6), seen
