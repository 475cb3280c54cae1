"""Readings that stand past a midnight, in zones where midnight is not what it usually is."""

from datetime import date, datetime

import polars as pl
import pytest

from energykit.readings.day import split_at_midnight

HOUR = 3_600_000_000


def hours_by_day(begin, hours, zone):
    reading = pl.DataFrame(
        {"moment": [begin], "stands_us": [hours * HOUR]},
        schema_overrides={"moment": pl.Datetime("us")},
    )
    parts = split_at_midnight(reading, zone)
    return dict(zip(parts["day"], (parts["stands_us"] / HOUR).to_list(), strict=True))


def test_a_reading_within_a_day_stays_whole():
    assert hours_by_day(datetime(2025, 4, 24, 9), 2, "Europe/Paris") == {date(2025, 4, 24): 2}


@pytest.mark.parametrize(
    ("begin", "zone", "day"),
    [
        (datetime(2025, 4, 24, 21), "Africa/Cairo", date(2025, 4, 24)),
        (datetime(2025, 9, 7, 3), "America/Santiago", date(2025, 9, 6)),
        (datetime(2025, 3, 29, 21), "Asia/Beirut", date(2025, 3, 29)),
    ],
)
def test_where_the_clock_skips_midnight_the_day_begins_an_hour_later(begin, zone, day):
    following = date.fromordinal(day.toordinal() + 1)
    assert hours_by_day(begin, 2, zone) == {day: 1, following: 1}


def test_of_two_midnights_the_first_begins_the_day():
    days = hours_by_day(datetime(2025, 11, 2, 3), 4, "America/Havana")
    assert days == {date(2025, 11, 1): 1, date(2025, 11, 2): 3}


@pytest.mark.parametrize(
    ("begin", "zone", "days"),
    [
        (datetime(2011, 12, 30, 9), "Pacific/Apia", (date(2011, 12, 29), date(2011, 12, 31))),
        (datetime(1993, 8, 21, 11), "Pacific/Kwajalein", (date(1993, 8, 20), date(1993, 8, 22))),
    ],
)
def test_a_day_that_a_zone_left_out_gets_nothing(begin, zone, days):
    assert hours_by_day(begin, 2, zone) == dict.fromkeys(days, 1)


def test_over_a_day_that_was_left_out_each_hour_counts_once():
    days = hours_by_day(datetime(2011, 12, 30, 9), 40, "Pacific/Apia")
    assert days == {date(2011, 12, 29): 1, date(2011, 12, 31): 24, date(2012, 1, 1): 15}
