"""Clocks of twelve hours, and dates and times in columns of their own: each hour where it is."""

import pytest

from energykit.looking import look
from tests.looking.each_hour import hold_each_hour, weight
from tests.looking.files import energy
from tests.looking.portals import later, rows, starts

HOURS = starts("2025-01-15", 48, 60)
QUARTERS = starts("2025-01-15", 192, 15)
AUTUMN = starts("2025-10-26", 25, 60, "Europe/Berlin")


def twelve(stamp):
    """Return the hour of a stamp as a clock of twelve hours shows it."""
    return (stamp.hour + 11) % 12 + 1


def half(stamp):
    """Return the half of the day."""
    return "AM" if stamp.hour < 12 else "PM"


HALVES = [("AM", "PM"), ("am", "pm"), ("a.m.", "p.m."), ("a. m.", "p. m."), ("A", "P"), ("a", "p")]


@pytest.mark.parametrize("form", ["{0} {1}", "{0}{1}", "{0}:00 {1}", "{0:02d}:00:00{1}"])
@pytest.mark.parametrize("halves", HALVES, ids=str)
def test_the_clock_of_twelve_hours_in_its_spellings(file, halves, form):
    text = rows(
        "Date,Usage (kWh)",
        HOURS,
        lambda t: f"{t:%m/%d/%Y} {form.format(twelve(t), halves[t.hour // 12])},{weight(t)}",
    )
    hold_each_hour(look(file(text)), HOURS)


APART = {
    "an hour of twelve behind a date": (
        "Date,Hour,kWh", HOURS, lambda t: f"{t:%m/%d/%Y},{twelve(t)} {half(t)},{weight(t)}",
    ),
    "the half of the day in a column": (
        "Date,Hour,AM/PM,kWh", HOURS, lambda t: f"{t:%m/%d/%Y},{twelve(t)},{half(t)},{weight(t)}",
    ),
    "the half of the day behind minutes": (
        "Date,Hr,Min,AM/PM,kWh", QUARTERS,
        lambda t: f"{t:%m/%d/%Y},{twelve(t)},{t.minute:02d},{half(t)},{weight(t)}",
    ),
    "start and end in one field": (
        "Date,Hours,kWh", HOURS,
        lambda t: f"{t:%m/%d/%Y},{twelve(t)} {half(t)} - {twelve(later(t, 60))}"
        f" {half(later(t, 60))},{weight(t)}",
    ),
    "start and end without blanks": (
        "When,kWh", HOURS,
        lambda t: f"{t:%m/%d/%Y} {twelve(t)}:00{half(t)}-{twelve(later(t, 60))}:00"
        f"{half(later(t, 60))},{weight(t)}",
    ),
    "year, month, day, hour": (
        "Year,Month,Day,Hour,kWh", HOURS,
        lambda t: f"{t.year},{t.month},{t.day},{t.hour},{weight(t)}",
    ),
    "hours from 1": (
        "Jahr;Monat;Tag;Stunde;kWh", HOURS,
        lambda t: f"{t.year};{t.month};{t.day};{t.hour + 1};{weight(t)}",
    ),
    "hours from 1, with a minute that is 0": (
        "año;mes;día;hora;minuto;kWh", HOURS,
        lambda t: f"{t.year};{t.month};{t.day};{t.hour + 1};0;{weight(t)}",
    ),
    "with minutes": (
        "année;mois;jour;heure;minute;kWh", QUARTERS,
        lambda t: f"{t.year};{t:%m;%d};{t.hour};{t.minute};{weight(t)}",
    ),
    "in another order, behind a meter's number": (
        "Meter,Month,Day,Year,Hour,kWh", HOURS,
        lambda t: f"7,{t.month},{t.day},{t.year},{t.hour},{weight(t)}",
    ),
    "with a month by name and an hour of twelve": (
        "Year,Month,Day,Hour,kWh", HOURS,
        lambda t: f"{t.year},{t:%b},{t.day},{twelve(t)} {half(t)},{weight(t)}",
    ),
    "a date, its hour and its minute": (
        "Date,Hour,Minute,kWh", QUARTERS,
        lambda t: f"{t:%Y-%m-%d},{t.hour},{t.minute},{weight(t)}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", APART)
def test_a_date_and_a_time_of_day_in_columns_of_their_own(file, name):
    header, stamps, line = APART[name]
    hold_each_hour(look(file(rows(header, stamps, line))), stamps)


@pytest.mark.parametrize("first", [0, 1])
def test_the_long_day_in_columns_of_its_own(file, first):
    lines = (
        f"{t.year};{t.month};{t.day};{n + 1 if first else t.hour};{weight(t)}\n"
        for n, t in enumerate(AUTUMN)
    )
    text = "Jahr;Monat;Tag;Stunde;kWh\n" + "".join(lines)
    hold_each_hour(look(file(text)), AUTUMN, "Europe/Berlin")


def test_a_stamp_beside_its_parts_counts(file):
    line = "{0.year},{0.month},{0.day},{0:%Y-%m-%d %H:%M},{1}".format
    text = rows("Year,Month,Day,Stamp,kWh", HOURS, lambda t: line(t, weight(t)))
    hold_each_hour(look(file(text + "Total,,,,123\n")), HOURS)


def test_a_row_of_totals_below_years(file):
    line = "{0.year},{0.month},{0.day},{0.hour},{1}".format
    text = rows("Year,Month,Day,Hour,kWh", HOURS, lambda t: line(t, weight(t)))
    hold_each_hour(look(file(text + "Total,,,,123\n")), HOURS)


def test_periods_of_a_day_behind_year_month_and_day(file):
    lines = "".join(f"2025,1,15,{n},0.25\n" for n in range(1, 49))
    seen = look(file("Year,Month,Day,Period,kWh\n" + lines))
    assert energy(seen.path, seen.parameters) == pytest.approx(12), seen


def test_month_and_day_without_a_year_are_said(file):
    seen = look(file(rows("Month,Day,Hour,kWh", HOURS, lambda t: f"{t:%m,%d,%H},0.5")))
    assert not seen.is_recognised
    assert any("the year has none: add a column of it" in doubt for doubt in seen.doubts), seen


WIDE = {
    "starts": [f"{(h + 11) % 12 + 1}:00 {'AM' if h < 12 else 'PM'}" for h in range(24)],
    "hours alone": [f"{(h + 11) % 12 + 1} {'a.m.' if h < 12 else 'p.m.'}" for h in range(24)],
    "ends": [f"{(h + 11) % 12 + 1}:00 {'AM' if h < 12 else 'PM'}" for h in (*range(1, 24), 0)],
    "ends of the clock of 24 hours": [f"{h:02d}:00" for h in (*range(1, 24), 0)],
    "start and end": [
        f"{(h + 11) % 12 + 1}:00 {'AM' if h < 12 else 'PM'} - {h % 12 + 1}:00"
        f" {'AM' if h < 11 or h == 23 else 'PM'}"
        for h in range(24)
    ],
}


@pytest.mark.parametrize("name", WIDE)
def test_a_row_a_day_with_columns_of_the_clock_of_twelve_hours(file, name):
    days = "".join(
        f"1/{day}/2025," + ",".join(str(weight(t)) for t in HOURS[:24]) + "\n" for day in (15, 16)
    )
    hold_each_hour(look(file("Date," + ",".join(WIDE[name]) + "\n" + days)), HOURS)
