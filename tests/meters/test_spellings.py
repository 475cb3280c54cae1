"""What vendors write otherwise, and users guess: right energy, or a refusal with what to type."""

import datetime as dt

import pytest

from energykit.errors import ArtifactError, ParameterError
from energykit.meters.quantity import unit_in


def table(values, header, step_s=1800, form="%Y-%m-%d %H:%M"):
    start = dt.datetime.fromisoformat("2025-01-01")
    stamps = ((start + dt.timedelta(seconds=step_s * n)).strftime(form) for n in range(len(values)))
    return "\n".join([header, *(f"{t};{v}" for t, v in zip(stamps, values, strict=True))]) + "\n"


BY_PLACE = {"timestamp": 1, "power_consumption": 2}


@pytest.mark.parametrize(
    ("name", "unit"),
    {
        "energy_kwh_import": "kWh", "kWh-Verbrauch": "kWh", "Verbrauch, kWh": "kWh",
        "consumptionKwh": "kWh", "totalKWh": "kWh", "Watt-hours": "Wh", "WattHours": "Wh",
        "Kilowatt hours": "kWh", "Kilowattstunden": "kWh", "Verbrauch in kWh pro 15 min": "kWh",
        "E<kWh>": "kWh", "kWh:": "kWh", "Wirkarbeit kWh*": "kWh", "power_kw_mean": "kW",
        "P in kW.": "kW", "kWh/h": "kW", "MWh_total": "MWh", "Watts": "W",
        "showcase": None, "Energy": None, "kVArh": None, "A": None, "flow": None,
    }.items(),
)  # fmt: skip
def test_the_unit_in_a_columns_name_is_read_however_it_is_written(name, unit):
    hit = unit_in("power_consumption", name)
    assert (hit.name if hit else None) == unit


def test_values_without_any_unit_are_watts_and_that_is_said(imported):
    result = imported(table([1000, 1000], "t;Energy"), columns=BY_PLACE)
    assert result.kwh == pytest.approx(1)
    assert result.remarks == [
        "neither units nor a column's name says the unit: the values are taken for W"
    ]


def test_a_name_of_another_unit_than_is_stated_is_said_where_the_quantity_is_stated(imported):
    result = imported(
        table([1, 1], "t;Energy (kWh)"),
        columns=BY_PLACE,
        units={"power_consumption": "kW"},
        quantity="power",
    )
    assert result.remarks == ["the column's name says kWh; the values are taken for kW"]


REGISTERS = {
    "steps seldom": ([12345 + n // 10 for n in range(60)], 900, 5),
    "new meter": ([round(n * 0.5, 3) for n in range(48)], 900, 23.5),
    "three rows": ([10000, 10010, 10020], 86400, 20),
    "newest first": ([10020, 10010, 10000], -86400, 20),
}


@pytest.mark.parametrize("kind", REGISTERS)
def test_registers_of_every_resolution_are_found(imported, kind):
    values, step_s, kwh = REGISTERS[kind]
    assert imported(table(values, "t;kWh", step_s), columns=BY_PLACE).kwh == pytest.approx(kwh)


def test_a_register_of_the_day_is_said_and_read_where_it_is_stated(imported):
    text = table([round((n % 96 + 1) * 0.1, 3) for n in range(288)], "t;kWh", 900)
    assert any("register of the day" in what for what in imported(text, columns=BY_PLACE).remarks)
    stated = imported(text, columns=BY_PLACE, quantity="counter")
    assert stated.kwh == pytest.approx(28.7)


@pytest.mark.parametrize(
    "values",
    [
        [n % 7 for n in range(200)],
        [n % 96 / 100 for n in range(400)],
        [0, 0, 0.1, 0.3, 0.6, 0.9, 1.2, 1.1, 0.8, 0.4, 0.1, 0],
        [0.25] * 20,
        [0.2, 0.3, 0.25, 0.4],
    ],
)
def test_energies_of_intervals_are_not_taken_for_a_register(imported, values):
    result = imported(table(values, "t;kWh"), columns=BY_PLACE)
    assert result.kwh == pytest.approx(sum(values))


def test_two_rows_that_may_be_a_register_are_said(imported):
    result = imported(table([10000, 10010], "t;kWh", 86400), columns=BY_PLACE)
    assert any("quantity 'counter' where it is a register" in what for what in result.remarks)


@pytest.mark.parametrize(
    ("decimal", "thousands", "texts", "kwh", "wrong"),
    [
        (",", ".", ["1,5", "1.234,5", "0.5"], 1236, 1),
        (".", ",", ["1.5", "1,234.5", "0,5", "12,34.5", "1,234,567"], 1235803, 2),
        (",", " ", ["1,5", "1 234,5", "12 34"], 1236, 1),
    ],
)
def test_a_mark_that_does_not_part_thousands_is_no_number(
    imported, decimal, thousands, texts, kwh, wrong
):
    result = imported(
        table(texts, "t;kWh"), columns=BY_PLACE, separator=";", decimal=decimal, thousands=thousands
    )
    assert result.kwh == pytest.approx(kwh)
    assert [(why, rows) for why, rows, _ in result.left_out] == [("kWh is not a number", wrong)]


@pytest.mark.parametrize("total", ["Total", "Total 24h", "Tagessumme", "Sum_kWh", "Daily total"])
def test_a_total_beside_the_hours_of_a_day_is_not_one_of_them(imported, total):
    hours = ",".join(f"H{n}" for n in range(1, 25))
    ones = ",".join(["1"] * 24)
    text = f"d,{hours},{total}\n2025-01-01,{ones},24\n2025-01-02,{ones},24\n"
    result = imported(
        text,
        columns={"timestamp": "d"},
        layout="wide_by_time",
        units={"power_consumption": "kWh"},
    )
    assert (result.kwh, result.left_out) == (pytest.approx(48), [])


def test_numbered_columns_that_do_not_follow_each_other_are_refused(imported):
    hours = ",".join(f"H{n}" for n in range(1, 25))
    with pytest.raises(ArtifactError, match="numbers do not follow each other: 99"):
        imported(
            f"d,{hours},Meter 99\n2025-01-01," + ",".join(["1"] * 25) + "\n",
            columns={"timestamp": "d"},
            layout="wide_by_time",
        )


@pytest.mark.parametrize("name", ["Gesamt", "All", "Total_kWh", "Summe", "Som"])
def test_a_total_beside_the_meters_is_not_a_meter(imported, name):
    text = f"t,Flat 1,Flat 2,{name}\n" + "".join(f"2025-01-01 0{n}:00,1,1,2\n" for n in range(4))
    result = imported(
        text,
        columns={"timestamp": "t"},
        layout="wide_by_meter",
        units={"power_consumption": "kWh"},
    )
    assert result.kwh == pytest.approx(8)


@pytest.mark.parametrize(
    ("end", "name"), [("29", "minute"), ("29:59", "second"), ("30", None)], ids=str
)
def test_an_end_that_is_the_last_minute_of_its_interval_is_counted(imported, end, name):
    def row(n):
        start = dt.datetime.fromisoformat("2025-01-01") + dt.timedelta(minutes=30 * n)
        minute, _, second = end.partition(":")
        stop = start + dt.timedelta(minutes=int(minute), seconds=int(second or 0))
        return f"{start},{stop},1"

    text = "\n".join(["s,e,kW", *map(row, range(8))])
    columns = {"timestamp": "s", "end": "e", "power_consumption": "kW"}
    result = imported(text, columns=columns)
    assert result.kwh == pytest.approx(4)
    said = f"ends are the last {name} of each interval, which is counted"
    assert (said in result.remarks) == (name is not None)


def test_day_and_month_the_wrong_way_round_are_refused_with_the_format_that_fits(imported):
    text = table([1] * 40, "t;kWh", 86400, "%d/%m/%Y %H:%M")
    with pytest.raises(ParameterError, match="as '%d/%m/%Y %H:%M'") as caught:
        imported(text, columns=BY_PLACE, timestamp_format="%m/%d/%Y %H:%M")
    assert "give timestamp_format '%d/%m/%Y %H:%M'" in str(caught.value)


def test_a_footer_is_not_the_other_order_of_day_and_month(imported):
    text = table([1] * 4, "t;kWh", 86400, "%d/%m/%Y %H:%M") + "Total;4\n"
    result = imported(text, columns=BY_PLACE, timestamp_format="%d/%m/%Y %H:%M")
    assert (result.kwh, result.left_out[0][1]) == (pytest.approx(4), 1)


def test_a_date_without_its_time_of_day_is_refused(imported):
    rows = [f"2025-01-0{1 + n // 48},{n % 48 // 2:02d}:{n % 2 * 30:02d},{n % 7}" for n in range(96)]
    with pytest.raises(ArtifactError, match="have a second, different value") as caught:
        imported("\n".join(["d,h,kWh", *rows]), columns={"timestamp": "d", "power_consumption": 3})
    assert "the column of the time of day" in str(caught.value)


def test_a_meter_that_stores_changes_only_is_said(imported):
    text = (
        "t;W\n2025-01-01 00:00:00;100\n2025-01-01 00:00:05;2000\n2025-01-01 03:00:00;100\n"
        "2025-01-01 03:01:00;50\n2025-01-01 09:00:00;50\n"
    )
    said = [what for what in imported(text, columns=BY_PLACE).remarks if "steps vary" in what]
    assert len(said) == 1
    assert "holds_until_next true" in said[0]
    held = imported(text, columns=BY_PLACE, holds_until_next=True)
    assert not [what for what in held.remarks if "steps vary" in what]


def test_a_hole_in_steady_steps_is_not_said_to_vary(imported):
    lines = [f"2025-01-0{day} 00:{n:02d};100" for day in (1, 5) for n in range(60)]
    result = imported("\n".join(["t;W", *lines]), columns=BY_PLACE)
    assert not [what for what in result.remarks if "steps vary" in what]


@pytest.mark.parametrize("kind", ["columns", "registers", "counters"])
def test_an_interval_keeps_both_directions_apart(imported, kind):
    hours = range(6)
    if kind == "registers":
        lines = [f"2025-01-01 0{n}:00,{r},{v}" for n in hours for r, v in (("A+", 1), ("A-", 0.25))]
        text, more = "\n".join(["t,r,kWh", *lines]), {"registers": {"A+": "import", "A-": "export"}}
        columns = {"timestamp": "t", "register": "r", "power_consumption": "kWh"}
    else:
        up = 1000 if kind == "counters" else 0
        lines = [
            f"2025-01-01 0{n}:00,{up + 1 + up / 1000 * n},{up + 0.25 + up / 4000 * n}"
            for n in hours
        ]
        text, more = "\n".join(["t,A+ kWh,A- kWh", *lines]), {}
        columns = {"timestamp": "t", "power_consumption": "A+ kWh", "export": "A- kWh"}
    result = imported(text, columns=columns, **more)
    rows = 5 if kind == "counters" else 6
    assert result.kwh == pytest.approx(0.75 * rows)
    assert result.readings["power_export"].to_list() == pytest.approx([250] * rows)
    assert result.readings["power_consumption"].to_list() == pytest.approx([750] * rows)


def test_units_in_the_names_of_voltage_and_current_are_used(imported):
    text = "t,P (W),U (kV),I (mA)\n" + "".join(f"2025-01-01 0{n}:00,230,0.23,1000\n" for n in "123")
    columns = {"timestamp": 1, "power_consumption": 2, "voltage": 3, "current": 4}
    result = imported(text, columns=columns)
    assert result.readings["voltage"].to_list() == [230] * 3
    assert result.readings["current"].to_list() == [1] * 3


GUESSES = [
    ({"units": {"power_consumption": "wh"}}, "did you mean 'Wh'"),
    ({"units": "kWh"}, 'write units as {"power_consumption": "kWh"}'),
    ({"units": {"energy": "kWh"}}, 'units {"power_consumption": "kWh"}'),
    ({"time_zone": "europe/berlin"}, "did you mean 'Europe/Berlin'"),
    ({"time_zone": "Berlin"}, "did you mean 'Europe/Berlin'"),
    ({"time_zone": "new york"}, "did you mean 'America/New_York'"),
    ({"timestamp_format": "DD/MM/YYYY"}, "did you mean '%d/%m/%Y'"),
    ({"timestamp_format": "dd.MM.yyyy HH:mm:ss"}, "did you mean '%d.%m.%Y %H:%M:%S'"),
    ({"timestamp_format": "%m/%d/%Y %H:%M %p"}, "AM and PM go with %I: '%m/%d/%Y %I:%M %p'"),
    ({"timestamp_format": "ISO 8601"}, "leave it out"),
    ({"timestamp_format": "epoch"}, "'unix_ms'"),
    ({"step_s": "900"}, "write it without quotes"),
    ({"holds_until_next": "no"}, "write true or false, without quotes"),
    ({"registers": ["1.8.0"]}, 'write registers as {"1.8.0": "import"'),
    ({"household": 7}, "write it in quotes: '7'"),
    ({"columns": "t"}, 'write columns as {"timestamp": "Date"'),
    ({"quantity": "Energy"}, "did you mean 'energy'"),
]


@pytest.mark.parametrize(("guess", "hint"), GUESSES, ids=str)
def test_a_natural_guess_is_refused_with_what_to_type(imported, guess, hint):
    with pytest.raises(ParameterError) as caught:
        imported(table([1, 1], "t;W"), **{"columns": BY_PLACE, **guess})
    assert hint in str(caught.value)


@pytest.mark.parametrize(("word", "mark"), [("semicolon", ";"), ("tab", "\t"), ("\\t", "\t")])
def test_a_separator_may_be_given_by_its_name(imported, word, mark):
    text = table([1000, 1000], "t;W").replace(";", mark)
    assert imported(text, columns=BY_PLACE, separator=word).kwh == pytest.approx(1)


def test_one_text_for_a_missing_value_needs_no_list(imported):
    result = imported(table([1000, "n/a", 1000], "t;W"), columns=BY_PLACE, missing="n/a")
    assert [why for why, _, _ in result.left_out] == ["W is missing"]


@pytest.mark.parametrize("place", [1, 2, 5])
def test_a_register_that_rolls_over_at_the_beginning_is_one(imported, place):
    rows = [f"2025-01-15 {n:02d}:00,{(10_000 + (n - place) * 0.5) % 10_000}" for n in range(10)]
    columns = {"timestamp": "t", "power_consumption": "kWh"}
    result = imported("\n".join(["t,kWh", *rows, ""]), columns=columns)
    assert result.kwh == pytest.approx(4.5)
    assert "the register rolled over" in result.remarks
