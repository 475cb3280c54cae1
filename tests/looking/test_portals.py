"""Files as portals write them: the proposal, with what only the owner knows, gives each day."""

import polars as pl
import pytest

from energykit.looking import look
from energykit.looking.inspection import _per_day
from energykit.meters import MeterImport, meter_parameters
from tests.looking.portals import PORTALS


@pytest.mark.parametrize("name", PORTALS)
def test_a_portals_file_has_the_right_energy_day_by_day(file, name):
    text, known, days, fed_in = PORTALS[name]
    seen = look(file(text))
    given = {name: value for name, value in seen.parameters.items() if name != "scenario"} | known
    readings = pl.concat(MeterImport([seen.path], meter_parameters(**given)).readings())
    assert _per_day(readings, given["time_zone"]) == pytest.approx(days), seen
    if fed_in is not None:
        joules = readings["power_export"] * readings["interval_s"]
        assert joules.sum() / 3.6e6 == pytest.approx(fed_in), seen
