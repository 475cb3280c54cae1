"""Ends and numbers of hours where a clock changes: the energy of each hour is in its hour."""

import pytest

ENERGY = {"units": {"power_consumption": "kWh"}, "quantity": "energy"}
MADRID = {"time_zone": "Europe/Madrid", **ENERGY}
SPRING = ["01:00", "02:00", "04:00", "05:00"]
"""Ends as the hour that ends, with one more: the hour from 03:00 on follows that to 02:00."""
AUTUMN = ["01:00", "02:00", "03:00", "03:00", "04:00"]
LONDON_QUARTERS = [
    "00:45", "01:00", "01:15", "01:30", "01:45", "02:00", "01:15", "01:30", "01:45", "02:00",
    "02:15",
]  # fmt: skip


def read(imported, lines, time="h", **parameters):
    """Return starts and energies [kWh] of lines of date, time and energy."""
    columns = {"timestamp": ["d", time], "power_consumption": "e"}
    result = imported("\n".join([f"d;{time};e", *lines, ""]), columns=columns, **parameters)
    kwh = result.readings["power_consumption"] * result.readings["interval_s"] / 3.6e6
    stamps = [stamp[8:16] for stamp in result.stamps]
    return dict(zip(stamps, map(round, kwh.to_list(), [6] * 99), strict=False)), result


def day(date, times, *, newest_first=False, rest=()):
    """Return lines of times of a day, of 1, 2, 3 … kWh, and the last hour of the day before."""
    lines = [f"{date};{time};{n}" for n, time in enumerate(times, 1)]
    lines = [*rest, *lines]
    return lines[::-1] if newest_first else lines


@pytest.mark.parametrize("newest_first", [False, True])
def test_ends_named_by_their_hour_in_spring(imported, newest_first):
    lines = day("2025-03-30", SPRING, newest_first=newest_first, rest=["2025-03-29;24:00;9"])
    kwh, result = read(imported, lines, **MADRID)
    assert kwh == {"29T22:00": 9, "29T23:00": 1, "30T00:00": 2, "30T01:00": 3, "30T02:00": 4}
    assert result.left_out == []


@pytest.mark.parametrize("newest_first", [False, True])
def test_ends_named_by_their_hour_in_autumn(imported, newest_first):
    lines = day("2025-10-26", AUTUMN, newest_first=newest_first, rest=["2025-10-25;24:00;9"])
    kwh, result = read(imported, lines, **MADRID)
    assert kwh == {
        "25T21:00": 9, "25T22:00": 1, "25T23:00": 2, "26T00:00": 3, "26T01:00": 4, "26T02:00": 5
    }  # fmt: skip
    assert result.left_out == []
    assert "stamps that the clock of Europe/Madrid shows twice are decided by their order" in (
        result.remarks
    )


def test_ends_that_are_moments_of_the_clock_in_autumn(imported):
    lines = day("2025-10-26", ["01:00", "02:00", "02:00", "03:00"], rest=["2025-10-25;24:00;9"])
    kwh, result = read(imported, lines, **MADRID)
    assert list(kwh.items())[1:] == [
        ("25T22:00", 1), ("25T23:00", 2), ("26T00:00", 3), ("26T01:00", 4)
    ]  # fmt: skip
    assert result.left_out == []


def test_ends_that_are_moments_of_the_clock_in_spring(imported):
    lines = day("2025-03-30", ["01:00", "03:00", "04:00"], rest=["2025-03-29;24:00;9"])
    kwh, result = read(imported, lines, **MADRID)
    assert list(kwh.items())[1:] == [("29T23:00", 1), ("30T00:00", 2), ("30T01:00", 3)]
    assert result.left_out == []


def test_ends_of_quarters_named_by_their_hour_in_autumn(imported):
    lines = day("2025-10-26", LONDON_QUARTERS)
    kwh, result = read(imported, lines, "end", time_zone="Europe/London", **ENERGY)
    assert list(kwh) == [
        "25T23:30", "25T23:45", "26T00:00", "26T00:15", "26T00:30", "26T00:45", "26T01:00",
        "26T01:15", "26T01:30", "26T01:45", "26T02:00",
    ]  # fmt: skip
    assert list(kwh.values()) == list(range(1, 12))
    assert result.left_out == []


def test_a_clock_that_does_not_change_is_counted_as_before(imported):
    lines = day("2025-03-30", ["01:00", "02:00", "03:00", "04:00"], rest=["2025-03-29;24:00;9"])
    _, result = read(imported, lines, **MADRID)
    ((why, rows, line),) = result.left_out
    assert (rows, line) == (1, 4)
    assert "a meter on one time all year has time_zone '+01:00'" in why


def test_starts_that_do_not_exist_are_counted_with_the_others(imported):
    lines = day("2025-03-30", ["01:30", "02:00", "02:30", "03:30"])
    _, result = read(imported, lines, stamps="start", **MADRID)
    assert [(rows, line) for _, rows, line in result.left_out] == [(2, 3)]


def test_a_day_that_begins_with_the_change_begins_there(imported):
    lines = [f"2025-09-0{n},{n}" for n in (5, 6, 7, 8)]  # 7 September begins at 01:00
    result = imported(
        "\n".join(["d,kWh", *lines]),
        columns={"timestamp": "d", "power_consumption": "kWh"},
        time_zone="America/Santiago",
    )
    assert result.kwh == pytest.approx(26)
    assert result.stamps[2:] == ["2025-09-07T04:00:00Z", "2025-09-08T03:00:00Z"]


NUMBERS = {
    "counted, short": ("2025-03-30", [*range(1, 24)]),
    "of the clock, short": ("2025-03-30", [1, 2, *range(4, 25)]),
    "counted, long": ("2025-10-26", [*range(1, 26)]),
    "of the clock, long": ("2025-10-26", [1, 2, 3, *range(3, 25)]),
}


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("newest_first", [False, True])
def test_hours_by_number_on_days_of_change(imported, name, newest_first):
    date, numbers = NUMBERS[name]
    lines = day(date, numbers, newest_first=newest_first)
    kwh, result = read(imported, lines, timestamp_format="%Y-%m-%d %H", **MADRID)
    first = 23 if len(numbers) == 23 else 22
    hours = [(first + n) % 24 for n in range(len(numbers))]
    assert [int(stamp[3:5]) for stamp in kwh] == hours
    assert list(kwh.values()) == list(range(1, len(numbers) + 1))
    assert result.left_out == []


@pytest.mark.parametrize(("date", "hours"), [("2025-03-30", 23), ("2025-10-26", 25)])
def test_numbers_that_do_not_change_with_the_clock_are_said(imported, date, hours):
    lines = day(date, range(1, 25))
    _, result = read(imported, lines, timestamp_format="%Y-%m-%d %H", **MADRID)
    said = [what for what in result.remarks if "as many numbers as others" in what]
    assert len(said) == 1
    assert said[0].startswith(f"a day of {hours} hours has")
    assert "time_zone '+01:00'" in said[0]


@pytest.mark.parametrize("places", ["counted", "of the clock"])
def test_a_row_a_day_on_the_short_day(imported, places):
    whole = ",".join(map(str, range(1, 25)))
    short = [str(n) for n in range(1, 24)]
    short.insert(23 if places == "counted" else 2, "")
    text = "d," + ",".join(f"H{n}" for n in range(1, 25)) + "\n"
    text += f"2025-03-29,{whole}\n2025-03-30,{','.join(short)}\n2025-03-31,{whole}\n"
    result = imported(text, columns={"timestamp": "d"}, layout="wide_by_time", **MADRID)
    on_the_day = result.readings["power_consumption"].to_list()[24:47]
    assert on_the_day == pytest.approx([1000 * n for n in range(1, 24)])
    assert result.stamps[24] == "2025-03-29T23:00:00Z"
    assert result.stamps[46:48] == ["2025-03-30T21:00:00Z", "2025-03-30T22:00:00Z"]
    assert [(why, rows) for why, rows, _ in result.left_out] == [("the value is missing", 1)]
