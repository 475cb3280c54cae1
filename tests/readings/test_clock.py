"""Moments of the contract: with and without a zone, on a zone's clock, and the time of day."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest

from energykit.errors import ParameterError
from energykit.readings import contract_time, moment, moment_in, time_of_day
from energykit.readings.clock import check_zone


def wall(text):
    return datetime.fromisoformat(text)


def frame(*texts):
    return pl.DataFrame({"timestamp": list(texts)}, schema={"timestamp": pl.String})


def clock(time_zone, *texts):
    return frame(*texts).select(moment_in(time_zone)).to_series().to_list()


def test_the_contracts_text_is_a_moment():
    texts = ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00", "2025-01-01T00:00:00.25Z", "nonsense")
    assert frame(*texts).select(moment()).to_series().to_list() == [
        wall("2025-01-01T00:00:00"),
        wall("2025-01-01T00:00:00"),
        wall("2025-01-01T00:00:00.250000"),
        None,
    ]


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (datetime(2025, 1, 1, tzinfo=UTC), "2025-01-01T00:00:00Z"),
        (wall("2025-01-01T00:00:00"), "2025-01-01T00:00:00"),
        (datetime(2025, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "2025-01-01T00:00:00Z"),
        (datetime(2025, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC), "2025-01-01T00:00:00.250000Z"),
    ],
)
def test_a_moment_is_written_as_the_contract_has_it(when, text):
    assert contract_time(when) == text
    back = frame(text).select(moment()).item()
    assert back == (when.astimezone(UTC) if when.tzinfo else when).replace(tzinfo=None)


def test_a_zones_clock_is_turned_twice_a_year():
    texts = ["2025-03-30T00:30:00Z", "2025-03-30T01:30:00Z", "2025-10-26T00:30:00Z"]
    assert clock("Europe/Berlin", *texts) == [
        wall("2025-03-30T01:30:00"),
        wall("2025-03-30T03:30:00"),
        wall("2025-10-26T02:30:00"),
    ]


def test_market_time_has_a_fixed_offset():
    assert clock("+10:00", "2025-01-01T14:00:00Z") == [wall("2025-01-02T00:00:00")]
    assert clock("-03:30", "2025-01-01T00:00:00Z") == [wall("2024-12-31T20:30:00")]


def test_a_wall_clocks_text_stays_as_it_is():
    assert clock("Europe/Berlin", "2025-07-01T12:00:00") == [wall("2025-07-01T12:00:00")]


def test_the_time_of_day_is_that_of_the_clock():
    hours = frame("2025-01-01T23:30:00Z", "1969-12-31T06:00:00Z").select(
        time_of_day(moment_in("Europe/Berlin")) / 3_600_000_000
    )
    assert hours.to_series().to_list() == [0.5, 7.0]


@pytest.mark.parametrize("time_zone", ["Europe/Pari", "+25:00", "CEST?", ""])
def test_a_zone_that_does_not_exist_is_refused(time_zone):
    with pytest.raises(ParameterError) as caught:
        check_zone(time_zone)
    assert caught.value.where == "parameters.time_zone"
    assert repr(time_zone) in caught.value.what
    assert "Europe/Paris" in caught.value.hint


@pytest.mark.parametrize("time_zone", [None, "Europe/Berlin", "+10:00", "UTC"])
def test_a_zone_that_exists_is_returned(time_zone):
    assert check_zone(time_zone) == time_zone
