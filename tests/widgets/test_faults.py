"""Faults that are really done, and health that is really asked."""

import os
import signal

import pytest

from energykit.launcher import local_services
from energykit.widgets import fault_panel, health_lights
from energykit.widgets.fault import FAULTS

EXPECTED = {
    "none": ("OK", 0),
    "not running": ("UNAVAILABLE", 3),
    "wrong contract": ("UNIMPLEMENTED", 3),
    "success=false": ("FAILED_PRECONDITION", 1),
    "bad parameter": ("INVALID_ARGUMENT", 1),
    "deadline": ("DEADLINE_EXCEEDED", 4),
    "killed": ("UNAVAILABLE", 3),
    "cycle": ("no call was made", 2),
}


def test_every_fault_is_expected():
    assert EXPECTED.keys() == FAULTS.keys()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows_its_code_and_exit_code(name, tmp_path):
    panel = fault_panel(data_root=tmp_path)
    panel.fault.value = name
    assert "Predict, then press Run." in panel.to_html()
    panel.run.click()
    assert panel.wait(30)
    seen = panel.seen[name]
    assert (seen.code, seen.exit_code) == EXPECTED[name]
    assert not panel.run.disabled
    assert f"<code>{seen.code}</code>" in panel.to_html()


def test_a_fault_meets_the_first_stage_of_a_pipeline(config):
    panel = fault_panel(config)
    panel.run.click()
    assert panel.wait(30)
    assert [stage.status for stage in panel.seen["not running"].result] == [
        "failed",
        "skipped",
        "skipped",
    ]


def test_lights_follow_the_services(config, tmp_path):
    with local_services(config, data_root=tmp_path) as services:
        lights = health_lights(services)
        assert [one.said for one in lights.lights] == ["SERVING"] * 3
        child = services.processes["energy-analyzer"]
        os.kill(child.pid, signal.SIGTERM)
        child.wait_stopped(float("inf"))
        lights.ask.click()
        assert [one.status for one in lights.lights] == ["serving", "unreachable", "serving"]
        assert lights.verdict.value == "2 of 3 services are serving"
    lights.ask.click()
    assert [one.said for one in lights.lights] == ["UNAVAILABLE"] * 3
    assert "✖</span> unreachable" in lights.to_html()
