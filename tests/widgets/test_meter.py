"""The widget that looks at a meter's files: what is picked is what is shown."""

import pytest

from energykit.errors import UsageError
from energykit.widgets import meter_look

HOURS = [f"2025-01-15 {hour:02d}:00" for hour in range(24)]


@pytest.fixture
def folder(tmp_path):
    energy = "t;kWh\n" + "".join(f"{hour};0,5\n" for hour in HOURS)
    (tmp_path / "b energy.csv").write_text(energy, encoding="utf-8")
    power = "t,P [kW]\n" + "".join(f"{hour},0.25\n" for hour in HOURS)
    (tmp_path / "a power.csv").write_text(power, encoding="utf-8")
    (tmp_path / "c prose.txt").write_text("nothing\nof a meter, here\n", encoding="utf-8")
    (tmp_path / ".hidden.csv").write_text(power, encoding="utf-8")
    return tmp_path


def test_the_first_file_of_a_folder_is_looked_at(folder):
    widget = meter_look(folder)
    assert list(widget.file.options) == ["a power.csv", "b energy.csv", "c prose.txt"]
    assert "2025-01-15: 6.00 kWh" in widget.to_html()
    assert widget.parameters["units"] == {"power_consumption": "kW"}


def test_another_file_is_looked_at_when_it_is_picked(folder):
    widget = meter_look(folder / "b energy.csv")
    assert widget.parameters["decimal"] == ","
    assert "2025-01-15: 12.00 kWh" in widget.to_html()
    widget.file.value = "c prose.txt"
    assert widget.parameters == {}
    assert "not recognised" in widget.to_html()


def test_a_file_that_cannot_be_read_says_why(folder):
    widget = meter_look(folder / "b energy.csv")
    (folder / "a power.csv").unlink()
    widget.file.value = "a power.csv"
    assert "a power.csv" in widget.to_html()
    assert widget.parameters == {}


def test_a_folder_without_files_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no file to look at"):
        meter_look(tmp_path / "absent")
