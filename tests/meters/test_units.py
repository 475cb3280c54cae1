"""Units as files write them: the right energy, or what is in doubt, or what to type."""

import pytest

from energykit.errors import ArtifactError, ParameterError
from energykit.looking import look
from energykit.meters.doubtful_unit import foreign_unit
from energykit.meters.quantity import unit_in

BOTH = {"timestamp": 1, "power_consumption": 2}


def table(name, value, minutes=60):
    """Return four rows of one value."""
    stamps = [f"2025-01-15 {n * minutes // 60:02d}:{n * minutes % 60:02d}" for n in range(4)]
    return "".join([f"t;{name}\n", *(f"{stamp};{value}\n" for stamp in stamps)])


@pytest.mark.parametrize(
    ("name", "unit"),
    {
        "kwh": "kWh", "KWH": "kWh", "Use kW h": "kWh", "Use [kW·h]": "kWh", "kW-h": "kWh",
        "kWhr": "kWh", "KWHRS": "kWh", "kW.h": "kWh", "energy_kw_h": "kWh", "kW hours": "kWh",
        "W-h": "Wh", "Wh/h": "W", "kWh/h": "kW", "kW/h": "kWh", "KW/hr": "kWh", "MJ": "MJ",
        "mWh": "mWh", "mwh": "MWh", "MWH": "MWh", "mW": "mW", "mw": "MW", "load TWh": "TWh",
        "kW house": "kW",
        "kW/15min": "kW", "L1 kW H1": "kW",
    }.items(),
)  # fmt: skip
def test_a_unit_is_read_however_its_hour_is_written(name, unit):
    hit = unit_in("power_consumption", name)
    assert (hit.name if hit else None) == unit


SIZES = [
    ("mWh", "0.0005", "MWh", 4 * 0.5),
    ("mWh", "500000", "mWh", 4 * 0.5),
    ("mWh", "50", "mWh", 4 * 50e-6),
    ("mwh", "0.0005", "MWh", 4 * 0.5),
    ("mwh", "500000", "mWh", 4 * 0.5),
    ("mW", "0.0005", "MW", 4 * 0.5),
    ("mW", "500000", "mW", 4 * 0.5),
]


@pytest.mark.parametrize(("name", "value", "unit", "kwh"), SIZES)
def test_a_small_m_is_milli_or_mega_by_the_size_of_numbers(imported, name, value, unit, kwh):
    result = imported(table(name, value), columns=BOTH)
    assert result.kwh == pytest.approx(kwh)
    doubts = [what for what in result.remarks if f"{name!r} is taken for {unit}" in what]
    assert len(doubts) == 1, result.remarks
    other = unit.swapcase()[0] + unit[1:]
    assert f"give units {{'power_consumption': {other!r}}}" in doubts[0]
    stated = imported(table(name, value), columns=BOTH, units={"power_consumption": other})
    assert stated.kwh == pytest.approx(kwh * (1e9 if other[0] == "M" else 1e-9))


def test_a_large_m_is_mega_without_a_doubt(imported):
    result = imported(table("MWh", "0.0005"), columns=BOTH)
    assert (result.kwh, result.remarks) == (
        pytest.approx(2),
        ["the unit is MWh: the column's name says so"],
    )


def test_kilowatts_by_the_hour_are_kilowatt_hours_and_that_is_said(imported):
    result = imported(table("kW/h", "0.5", 15), columns=BOTH)
    assert result.kwh == pytest.approx(2)
    (doubt,) = result.remarks
    assert "'kW/h' is taken for kWh" in doubt
    power = imported(table("kW/h", "0.5", 15), columns=BOTH, units={"power_consumption": "kW"})
    assert power.kwh == pytest.approx(0.5)


FOREIGN = {
    "Gas (m³)": "m³", "Verbrauch Nm3": "Nm3", "USAGE (therms)": "therms", "Usage CCF": "CCF",
    "Heat [kBtu]": "kBtu", "E (Ws)": "Ws", "watt-minutes": "watt-minutes",
    "Usage (kVAh)": "kVAh", "Total kvarh": "kvarh", "Water, gallons":
    "gallons",
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_neither_power_nor_energy_is_refused(imported, tmp_path, name):
    assert foreign_unit(name)[0] == FOREIGN[name]
    text = "Invoice\n" + table(name, "0.5")
    with pytest.raises(ArtifactError, match="neither power nor energy") as caught:
        imported(text, columns={"timestamp": "t", "power_consumption": name})
    assert caught.value.where.endswith("meter.csv:2")
    assert 'units {"power_consumption": "kWh"}' in caught.value.hint
    seen = look(tmp_path / "meter.csv")
    assert not seen.is_recognised
    assert FOREIGN[name] in repr(seen)


@pytest.mark.parametrize("name", ["kWh", "Value", "Verbrauch kWh (Gas m3)", "Therme", "Valve"])
def test_names_of_energy_or_of_nothing_are_not_refused(imported, name):
    result = imported(table(name, "0.5"), columns=BOTH, units={"power_consumption": "kWh"})
    assert result.kwh == pytest.approx(2)
    assert name == "Verbrauch kWh (Gas m3)" or foreign_unit(name) is None


def test_the_owner_may_say_that_a_name_is_wrong(imported):
    text = table("Usage (m3)", "0.5")
    stated = imported(text, columns=BOTH, units={"power_consumption": "kWh"})
    assert stated.kwh == pytest.approx(2)


def test_rows_of_gas_are_not_used_where_a_column_says_the_unit(tmp_path, imported):
    lines = [f"2025-01-15 0{n}:00,{v},{u}" for n in range(4) for v, u in ((0.5, "kWh"), (7, "m³"))]
    (tmp_path / "mixed.csv").write_text("\n".join(["t,Volume,Unit", *lines]), encoding="utf-8")
    seen = look(tmp_path / "mixed.csv")
    assert seen.parameters["registers"] == {"kWh": "import", "m³": "ignore"}
    assert sum(seen.kwh_per_day.values()) == pytest.approx(2)


def test_a_file_of_gas_alone_is_not_recognised(tmp_path):
    lines = [f"2025-01-15 0{n}:00,7,m3" for n in range(4)]
    (tmp_path / "gas.csv").write_text("\n".join(["t,Volume,Unit", *lines]), encoding="utf-8")
    seen = look(tmp_path / "gas.csv")
    assert not seen.is_recognised
    assert any("the values are in m3: gas and water are not power" in d for d in seen.doubts)


def test_a_unit_that_contradicts_a_plain_name_is_still_refused(imported):
    with pytest.raises(ParameterError, match="says MWh, units say mWh"):
        imported(table("MWh", "0.5"), columns=BOTH, units={"power_consumption": "mWh"})
