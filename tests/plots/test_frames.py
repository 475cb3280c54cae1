import numpy as np
import pandas as pd
import pytest

from energykit.errors import UsageError
from energykit.plots.frames import hours_covered, power_frame, series, zone


def frame(times, power=1.0) -> pd.DataFrame:
    return pd.DataFrame({"timestamp": times, "power": power})


def test_text_timestamps_are_read(flat):
    plain = power_frame(frame(["2025-01-01T00:00:00", "2025-01-01T00:01:00"]), "power")
    known = power_frame(frame(["2025-01-01T00:00:00Z", "2025-01-01T00:01:00Z"]), "power")
    assert zone(plain) == "zone unknown"
    assert zone(known) == "UTC"


def test_timestamps_that_cannot_be_read_are_told():
    with pytest.raises(
        UsageError, match=r"plots.power: the timestamps cannot be read: .*yesterday"
    ):
        power_frame(frame(["yesterday"]), "power")
    with pytest.raises(UsageError, match="1 rows have no timestamp"):
        power_frame(frame(pd.to_datetime(["2025-01-01", None])), "power")


def test_power_that_is_text_is_told():
    with pytest.raises(UsageError, match=r"the column 'power' is no number: .*much"):
        power_frame(frame(["2025-01-01"], "much"), "power")


def test_power_under_either_name_is_found_and_its_lack_is_told():
    times = pd.to_datetime(["2025-01-01"])
    renamed = pd.DataFrame({"timestamp": times, "power_consumption": [5.0]})
    assert power_frame(renamed, "power")["power"].tolist() == [5.0]
    with pytest.raises(
        UsageError,
        match=r"no column 'power' \(or 'power_consumption'\)(?s:.)*its columns are: timestamp",
    ):
        power_frame(renamed[["timestamp"]], "power")


def test_the_step_is_the_median_distance_and_gaps_are_wider():
    times = pd.to_datetime("2025-01-01") + pd.to_timedelta([0, 60, 120, 180, 600, 660], unit="s")
    (readings,) = series(power_frame(frame(times), "power"))
    assert readings.step == np.timedelta64(60, "s")
    assert readings.gaps.tolist() == [4]


def test_a_reading_stands_until_the_next_but_not_over_a_gap():
    times = pd.to_datetime("2025-01-01") + pd.to_timedelta(
        [0, 3600, 7200, 36000, 36000, 37800], unit="s"
    )
    (readings,) = series(power_frame(frame(times), "power"))
    assert hours_covered(readings).tolist() == [1.0, 1.0, 1.0, 0.0, 0.5, 1.0]


def test_a_household_of_one_reading_has_no_step():
    (readings,) = series(power_frame(frame(pd.to_datetime(["2025-01-01"])), "power"))
    assert readings.step == np.timedelta64(0, "ns")
    assert hours_covered(readings).tolist() == [0.0]
