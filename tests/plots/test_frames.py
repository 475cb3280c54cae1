import numpy as np
import pandas as pd
import pytest

from energykit.errors import UsageError
from energykit.plots.frames import hours_of_days, pieces, power_frame, series, zone


def frame(times, power=1.0) -> pd.DataFrame:
    return pd.DataFrame({"timestamp": times, "power": power})


def test_text_timestamps_are_read(flat):
    plain = power_frame(frame(["2025-01-01T00:00:00", "2025-01-01T00:01:00"]), "power")
    known = power_frame(frame(["2025-01-01T00:00:00Z", "2025-01-01T00:01:00Z"]), "power")
    assert zone(plain) == "zone unknown"
    assert zone(known) == "UTC"


def test_timestamps_that_cannot_be_read_are_reported():
    with pytest.raises(
        UsageError, match=r"plots.power: the timestamps cannot be read: .*yesterday"
    ):
        power_frame(frame(["yesterday"]), "power")
    with pytest.raises(UsageError, match="1 rows have no timestamp"):
        power_frame(frame(pd.to_datetime(["2025-01-01", None])), "power")


def test_power_that_is_text_is_reported():
    with pytest.raises(UsageError, match=r"the column 'power' is not a number: .*much"):
        power_frame(frame(["2025-01-01"], "much"), "power")


def test_power_under_either_name_is_found_and_its_lack_is_an_error():
    times = pd.to_datetime(["2025-01-01"])
    renamed = pd.DataFrame({"timestamp": times, "power_consumption": [5.0]})
    assert power_frame(renamed, "power")["power"].tolist() == [5.0]
    with pytest.raises(
        UsageError,
        match=r"no column 'power' \(or 'power_consumption'\)(?s:.)*its columns are: timestamp",
    ):
        power_frame(renamed[["timestamp"]], "power")


def test_a_gap_is_wider_than_what_is_around_it():
    times = pd.to_datetime("2025-01-01") + pd.to_timedelta([0, 60, 120, 180, 600, 660], unit="s")
    (readings,) = series(power_frame(frame(times), "power"))
    assert readings.stands_us.tolist() == [60_000_000] * 6
    assert readings.gaps.tolist() == [4]


def test_a_reading_stands_until_the_next_but_not_over_a_gap():
    times = pd.to_datetime("2025-01-01") + pd.to_timedelta(
        [0, 3600, 7200, 36000, 36000, 37800], unit="s"
    )
    (readings,) = series(power_frame(frame(times), "power"))
    assert readings.hours.tolist() == [1.0, 1.0, 1.0, 0.0, 0.5, 1.0]


def test_a_lone_reading_stands_for_no_time():
    (readings,) = series(power_frame(frame(pd.to_datetime(["2025-01-01"])), "power"))
    assert readings.hours.tolist() == [0.0]


def test_a_reading_that_says_how_long_it_stands_does():
    times = pd.to_datetime(["2025-01-01T00:00", "2025-01-01T06:00"])
    said = frame(times).assign(interval_s=[1800.0, float("nan")])
    (readings,) = series(power_frame(said, "power"))
    assert readings.hours.tolist() == [0.5, 0.5]
    assert readings.gaps.tolist() == [1]


def test_energy_falls_into_the_hours_and_days_that_a_reading_reaches():
    times = pd.to_datetime(["2025-01-01T22:50Z"]).tz_convert("Europe/Berlin")
    ready = power_frame(frame(times, 600.0).assign(interval_s=1800.0), "power")
    parts = pieces(ready)
    assert parts["local"].dt.strftime("%d %H:%M").tolist() == ["01 23:50", "02 00:00", "02 00:15"]
    assert parts["kwh"].tolist() == pytest.approx([0.1, 0.15, 0.05])
    assert parts["hours"].sum() == pytest.approx(0.5)


def test_days_have_the_hours_of_their_zone():
    times = pd.date_range("2025-03-29", periods=3, freq="D", tz="Europe/Berlin")
    ready = power_frame(frame(times), "power")
    days = np.arange(np.datetime64("2025-03-29"), np.datetime64("2025-04-01"))
    assert hours_of_days(days, ready).tolist() == [24.0, 23.0, 24.0]
    plain = power_frame(frame(times.tz_localize(None)), "power")
    assert hours_of_days(days, plain).tolist() == [24.0, 24.0, 24.0]
