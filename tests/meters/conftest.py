"""An import of small made-up files: text in, readings and what was said of them out."""

import re
from dataclasses import dataclass

import polars as pl
import pytest

from energykit.errors import EnergykitError
from energykit.looking import look
from energykit.meters import MeterImport, meter_parameters
from tests.project.lists.place import ROOT, place


@dataclass
class Imported:
    """What came out of one import."""

    readings: pl.DataFrame
    account: object

    @property
    def kwh(self):
        energy = pl.col("power_consumption") * pl.col("interval_s") / 3.6e6
        return self.readings.select(energy.sum()).item()

    @property
    def stamps(self):
        return self.readings["timestamp"].to_list()

    @property
    def power(self):
        return self.readings["power_consumption"].to_list()

    @property
    def left_out(self):
        return [(entry.reason, entry.rows, entry.first_line) for entry in self.account.skipped]

    @property
    def said(self):
        """What was said, without the word that no unit is stated: most of these files are in W."""
        entries = self.account.adjustments
        known = [entry for entry in entries if not entry.what.startswith("neither units nor")]
        return [(entry.what, entry.rows, entry.first_line) for entry in known]

    @property
    def remarks(self):
        return [entry.what for entry in self.account.adjustments]


SAID = {
    "units": "unit",
    "time_zone": "time_zone",
    "holds_until_next": "holds_until_next",
    "quantity": "counter|unit",
    "registers": "registers",
    "step_s": "step_s",
    "stamps": "stamps",
}
"""What only the owner of a file can know, and how a look says so."""
LOOKING = "".join(
    path.read_text(encoding="utf-8") for path in (ROOT / "energykit" / "looking").rglob("*.py")
)


def is_wish(name):
    """Whether no look can propose a parameter, which its modules do not name: of any file."""
    return f'"{name}"' not in LOOKING


def hold_look(path, parameters, kwh):
    """Hold a look at a file to the energy that its import gives."""
    seen = look(path)
    text = repr(seen)
    if not seen.parameters:
        assert "give start, step_s" in text, text
        return
    if seen.parameters.get("quantity") == "counter" and "quantity" not in parameters:
        kwh = energy(path, {**parameters, "quantity": "counter"})  # what its import recommends
    if energy(path, seen.parameters) == pytest.approx(kwh, rel=1e-9):
        return
    known = {name: parameters[name] for name in parameters if name in SAID or is_wish(name)}
    if energy(path, {**seen.parameters, **known}) != pytest.approx(kwh, rel=1e-9):
        raise AssertionError(unlisted(path, {**seen.parameters, **known}, parameters, kwh) + text)
    for name in known:
        others = {other: value for other, value in known.items() if other != name}
        if energy(path, {**seen.parameters, **others}) != pytest.approx(kwh, rel=1e-9):
            assert is_wish(name) or re.search(SAID[name], text), (name, text)


def unlisted(path, proposed, parameters, kwh):
    """Say which parameter a look could not know, where one more gives the energy of the import."""
    said = place("tests/meters/conftest.py", "SAID = {")
    lines = [
        f"{said}: no look can know {name!r}: name it in SAID; or the look is to propose it:\n"
        for name in parameters.keys() - proposed.keys()
        if energy(path, {**proposed, name: parameters[name]}) == pytest.approx(kwh, rel=1e-9)
    ]
    other = (
        f"{said}: a look reads this file in another way than the test does: give the test a file "
        "that shows by itself how it is read, each column of numbers in use ('start,end,kWh', and "
        "'export_kWh'; 'time,MT_001,MT_002,MT_003' for a column a meter), or name what its owner "
        "alone knows in SAID:\n"
    )
    return "".join(lines) or other


def energy(path, parameters):
    """Return the energy that an import gives [kWh]; None where it is refused."""
    given = {name: value for name, value in parameters.items() if name != "scenario"}
    try:
        readings = pl.concat(MeterImport([path], meter_parameters(**given)).readings())
    except EnergykitError:
        return None
    return (readings["power_consumption"] * readings["interval_s"]).sum() / 3.6e6


@pytest.fixture
def imported(tmp_path):
    """Import one text, or several as one input, with parameters as a configuration has them.

    One text is looked at, too: what is proposed for it gives the same energy, perhaps with what
    only the owner can know, which the look says.
    """

    def run(*texts, name="meter.csv", **parameters):
        paths = []
        for number, text in enumerate(texts):
            path = tmp_path / (name if len(texts) == 1 else f"{number}-{name}")
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            paths.append(path)
        one_import = MeterImport(paths, meter_parameters(**parameters))
        result = Imported(pl.concat(one_import.readings()), one_import.account)
        if len(paths) == 1:
            hold_look(paths[0], parameters, result.kwh)
        return result

    return run
