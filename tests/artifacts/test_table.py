"""Files as pandas frames."""

import pandas as pd
import pytest

from energykit.artifacts import frame
from energykit.errors import ArtifactError


@pytest.mark.parametrize("name", ["energy_data.csv", "analysis_output.pb", "energy_report.csv"])
def test_timestamps_are_parsed_in_utc(legacy, name):
    table = frame(legacy / name)
    assert str(table["timestamp"].dt.tz) == "UTC"
    assert table["timestamp"].iloc[1] == pd.Timestamp("2025-01-01T00:00:01Z")
    assert len(table) == 10


def test_a_clock_of_unknown_zone_stays_without_one(legacy, tmp_path):
    text = (legacy / "energy_data.csv").read_text().replace("Z,", ",")
    (tmp_path / "a.csv").write_text(text)
    table = frame(tmp_path / "a.csv")
    assert table["timestamp"].dt.tz is None
    assert table["power_consumption"].dtype == "float64"


def test_any_other_table_is_read_as_it_is(tmp_path):
    (tmp_path / "energy_summary.csv").write_text("metric,value,unit\nrows,10,\n")
    assert frame(tmp_path / "energy_summary.csv")["metric"].tolist() == ["rows"]


def test_a_table_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n1,2,3,4\n")
    with pytest.raises(ArtifactError, match="is not a readable table: found more fields") as told:
        frame(tmp_path / "a.csv")
    assert told.value.where == str(tmp_path / "a.csv")
