"""What a column holds: energy of intervals, registers that count, power by phase or direction."""

import pytest

from energykit.errors import ArtifactError, ParameterError
from tests.meters.texts import rows

OCTOPUS = "Consumption (kwh), Start, End\n" + "".join(
    f"0.200, 2025-01-15T{n // 2:02d}:{n % 2 * 30:02d}:00+00:00, x\n" for n in range(4)
)


def test_energy_of_intervals_becomes_power(imported):
    columns = {"timestamp": "Start", "power_consumption": "Consumption (kwh)"}
    result = imported(OCTOPUS, columns=columns, units={"power_consumption": "kWh"})
    assert (result.kwh, result.power) == (pytest.approx(0.8), [400.0] * 4)
    assert result.readings["interval_s"].to_list() == [1800.0] * 4
    assert result.readings["voltage"].null_count() == 4


def test_the_unit_in_a_columns_name_is_used_and_said(imported):
    columns = {"timestamp": " Start", "power_consumption": "Consumption (kwh)"}
    result = imported(OCTOPUS, columns=columns)
    assert result.kwh == pytest.approx(0.8)
    assert ("the unit is kWh: the column's name says so", 0, 0) in result.said


def test_energy_called_power_is_refused(imported):
    columns = {"timestamp": "Start", "power_consumption": "Consumption (kwh)"}
    with pytest.raises(ParameterError) as caught:
        imported(OCTOPUS, columns=columns, units={"power_consumption": "kW"})
    assert "the column 'Consumption (kwh)' says kWh, units say kW" in str(caught.value)
    assert caught.value.where == "parameters.units.power_consumption"
    as_said = {"units": {"power_consumption": "kW"}, "quantity": "power"}
    assert imported(OCTOPUS, columns=columns, **as_said).power == [200.0] * 4


def test_one_column_cannot_be_three_quantities(imported):
    columns = dict.fromkeys(("power_consumption", "voltage", "current"), "Consumption (kwh)")
    with pytest.raises(ParameterError) as caught:
        imported(OCTOPUS, columns={"timestamp": "Start", **columns})
    assert "cannot be power_consumption, voltage and current at once" in str(caught.value)
    assert "both are optional" in caught.value.hint
    assert "kWh" in caught.value.hint


COUNTER = [9999.7, 9999.8, 9999.9, 0.0, 0.1]


def counter_text(values, header="time,Import kWh,Export kWh"):
    lines = [
        f"2025-01-15 {n // 4:02d}:{n % 4 * 15:02d},{v:.3f},0.015" for n, v in enumerate(values)
    ]
    return rows(*lines, header=header)


@pytest.mark.parametrize("extra", [{}, {"quantity": "counter"}])
def test_a_register_that_rolls_over_counts_on(imported, extra):
    columns = {"timestamp": "time", "power_consumption": "Import kWh"}
    text = counter_text(COUNTER)
    result = imported(text, columns=columns, units={"power_consumption": "kWh"}, **extra)
    assert (result.kwh, result.readings.height) == (pytest.approx(0.4), 4)
    assert result.readings["interval_s"].sum() == 3600
    assert ("the register rolled over", 1, 5) in result.said
    assert (
        "the first line of a register starts the count: it is not a reading",
        1,
        2,
    ) in result.said


@pytest.mark.parametrize("values", [[5000.1], [5000.1, 123.4]])
def test_counts_of_which_none_follows_another_are_refused_and_it_says_why(imported, values):
    columns = {"timestamp": "time", "power_consumption": "Import kWh"}
    text = counter_text(values)
    with pytest.raises(ArtifactError, match=r"give no reading: .*starts the count") as refused:
        imported(text, columns=columns, units={"power_consumption": "kWh"}, quantity="counter")
    assert "quantity 'energy'" in refused.value.hint


def test_another_meter_makes_no_giant_reading(imported):
    columns = {"timestamp": "time", "power_consumption": "Import kWh"}
    values = [5000.1, 5000.2, 5000.3, 123.4, 123.5, 123.6, 87654.0, 87654.1]
    result = imported(counter_text(values), columns=columns, quantity="counter")
    assert result.kwh == pytest.approx(0.5)
    assert [what.partition(":")[0] for what, _, line in result.said if line in {5, 8}] == [
        "the register fell",
        "the register jumps",
    ]


def test_a_counter_of_the_day_begins_again_at_zero(imported):
    columns = {"timestamp": "time", "power_consumption": "Today kWh"}
    text = counter_text([1.0, 1.2, 0.1, 0.3], header="time,Today kWh,x")
    assert imported(text, columns=columns, quantity="counter").kwh == pytest.approx(0.5)


def test_import_and_export_registers_make_one_signed_power(imported):
    lines = [f"2025-01-15 0{n}:00,{100 + 0.5 * n:.1f},{50 + 0.2 * n:.1f}" for n in range(5)]
    columns = {"timestamp": "time", "power_consumption": "Import kWh", "export": "Export kWh"}
    text = rows(*lines, header="time,Import kWh,Export kWh")
    result = imported(text, columns=columns, quantity="counter")
    assert result.power == pytest.approx([300.0] * 4)


BOTH = {"timestamp": "t", "power_consumption": "in", "export": "out"}
BY_KIND = {"timestamp": "t", "register": "kind", "power_consumption": "value"}
SIGNED = "what is fed in is below 0 in the file: the sign is used as it is"


@pytest.mark.parametrize("sign", ["", "-"])
def test_what_is_fed_in_may_have_its_sign_already(imported, sign):
    hours = [f"2025-01-15 {hour:02d}:00" for hour in range(24)]
    fed_in = [f"{sign}{0.25 if hour > 5 else 0}" for hour in range(24)]
    columns = [f"{t},0.75,{out}" for t, out in zip(hours, fed_in, strict=True)]
    unit = {"units": {"power_consumption": "kWh"}}
    one = imported("\n".join(["t,in,out", *columns]), columns=BOTH, **unit)
    rows = [f"{t},in,0.75\n{t},out,{out}" for t, out in zip(hours, fed_in, strict=True)]
    signs = {"in": "import", "out": "export"}
    text = "\n".join(["t,kind,value", *rows])
    other = imported(text, columns=BY_KIND, registers=signs, **unit)
    for result in (one, other):
        joules = result.readings["power_export"] * result.readings["interval_s"]
        assert (result.kwh, joules.sum() / 3.6e6) == (pytest.approx(13.5), pytest.approx(4.5))
        assert (SIGNED in result.remarks) is bool(sign)


def test_fed_in_values_of_both_signs_are_said(imported):
    lines = [f"2025-01-15 {hour:02d}:00,0.5,{0.25 if hour else -0.1}" for hour in range(4)]
    lines = lines[1:] + lines[:1]
    result = imported(
        "\n".join(["t,in,out", *lines]), columns=BOTH, units={"power_consumption": "kWh"}
    )
    assert result.kwh == pytest.approx(4 * 0.5 - 3 * 0.25 + 0.1)
    what = "values that are fed in have the other sign: taken for drawn"
    assert (what, 1, 5) in result.said


def test_registers_of_what_is_fed_in_may_count_below_zero(imported):
    stamps = [f"2025-01-15 {hour:02d}:00" for hour in range(24)]
    counts = [(5000 + 0.75 * n, -100 - 0.25 * n) for n in range(24)]
    columns = [f"{t},{drawn},{out}" for t, (drawn, out) in zip(stamps, counts, strict=True)]
    given = {"units": {"power_consumption": "kWh"}, "quantity": "counter"}
    one = imported("\n".join(["t,in,out", *columns]), columns=BOTH, **given)
    rows = [f"{t},in,{drawn}\n{t},out,{o}" for t, (drawn, o) in zip(stamps, counts, strict=True)]
    signs = {"in": "import", "out": "export"}
    text = "\n".join(["t,kind,value", *rows])
    other = imported(text, columns=BY_KIND, registers=signs, **given)
    for result in (one, other):
        joules = result.readings["power_export"] * result.readings["interval_s"]
        assert (result.kwh, joules.sum() / 3.6e6) == (pytest.approx(11.5), pytest.approx(5.75))
        assert SIGNED in result.remarks
