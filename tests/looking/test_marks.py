"""The marks in numbers: minus signs, marks between thousands, and what numbers do not prove."""

import pytest

from energykit.errors import ArtifactError
from energykit.looking import look
from energykit.meters import MeterImport, meter_parameters
from tests.looking.files import energy, hours

NARROW, MINUS = "\N{NARROW NO-BREAK SPACE}", "\N{MINUS SIGN}"
QUOTE = "\N{RIGHT SINGLE QUOTATION MARK}"


def table(header, values, form="%Y-%m-%d %H:%M"):
    return f"{header}\n" + "".join(
        f"{t};{values[n % len(values)]}\n" for n, t in enumerate(hours(form))
    )


# 72 hours, a row an hour, the values in turn
PROVED = {
    "a narrow blank, whole numbers": (table("t;Wh", [f"1{NARROW}250", "750"]), 72.0),
    "a narrow blank, decimals": (table("t;Wh", [f"1{NARROW}250,5", "749,5"]), 72.0),
    "two kinds of blanks": (table("t;Wh", [f"1{NARROW}250", "1 250", "500"]), 72.0),
    "an apostrophe as Switzerland writes it": (table("t;W", [f"1{QUOTE}250.5", "749.5"]), 72.0),
    "a minus sign that is not a hyphen": (table("t;W", [f"{MINUS}500", "1500"]), 36.0),
    "the first row is negative": (table("t;kWh", [f"{MINUS}0,5", "1,5", "0,5"]), 36.0),
    "a minus behind the number": (table("t;kWh", ["0,5-", "1,5", "0,5"]), 36.0),
    "a decimal comma in quotes": ("t,kWh\n" + "".join(f'{t},"0,5"\n' for t in hours()), 36.0),
    "units in Cyrillic letters": (table("t;Энергия, кВт·ч", ["0,5"]), 36.0),
    "power in Cyrillic letters": (table("t;Мощность (Вт)", ["500"]), 36.0),
    "points in whole numbers": (table("t;Wh", ["1.250", "12.250", "750"]), 342.0),
    "commas in whole numbers": (
        "t,Wh\n" + "".join(f'{t},"{v}"\n' for t in hours() for v in ["1,250"]),
        90.0,
    ),
}


@pytest.mark.parametrize("name", PROVED)
def test_marks_of_numbers_are_found(file, name):
    text, kwh = PROVED[name]
    seen = look(file(text))
    assert energy(seen.path, seen.parameters) == pytest.approx(kwh), seen


@pytest.mark.parametrize("mark", [",", "."])
def test_marks_that_may_be_either_are_said(file, mark):
    values = [f"1{mark}250", "900"]
    seen = look(file(table("t;Wh", values)))
    assert any(f"'1{mark}250' is read as 1250" in doubt for doubt in seen.doubts), seen
    other = {**seen.parameters, "decimal": mark}
    del other["thousands"]
    assert energy(seen.path, other) == pytest.approx(36 * 0.90125)


@pytest.mark.parametrize("values", [["1.250", "0.900"], ["1.250", "2.5"], ["1.250", "12500"]])
def test_decimals_are_not_taken_for_thousands(file, values):
    seen = look(file(table("t;kWh", values)))
    assert "thousands" not in seen.parameters
    assert energy(seen.path, seen.parameters) == pytest.approx(36 * sum(map(float, values)))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1,250", "only the owner knows which"),
        ("1,250.5", 'give thousands ","'),
        ("0,250", 'give decimal ","'),
        (f"1{NARROW}250", "give thousands '\\u202f'"),
        (f"1{QUOTE}250", f"give thousands '{QUOTE}'"),
    ],
)
def test_a_number_with_other_marks_is_refused_with_those_that_fit(file, text, hint):
    path = file(table("t;Wh", [text]))
    parameters = meter_parameters(columns={"timestamp": "t", "power_consumption": "Wh"})
    with pytest.raises(ArtifactError) as caught:
        list(MeterImport([path], parameters).readings())
    assert hint in str(caught.value)
