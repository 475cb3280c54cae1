"""The call stepper and the wire-byte explorer."""

import re

import pytest

from energykit._proto import energy_pb2
from energykit.errors import UsageError
from energykit.launcher import local_services
from energykit.widgets import call_stepper, wire_explorer
from energykit.widgets.call import STEPS, step_html
from energykit.widgets.octets import explanation


def test_next_and_back_walk_through_the_call(result):
    stepper = call_stepper(result)
    assert stepper.back.disabled
    assert "step 1 of 5: request" in stepper.to_html()
    for name in STEPS[1:]:
        stepper.next.click()
        assert name in stepper.to_html().split("</div>")[0]
    assert stepper.next.disabled
    stepper.back.click()
    assert "step 4 of 5" in stepper.to_html()
    assert stepper.to_html().count("<details open>") >= 1


def test_both_directions_show_as_many_bytes_as_were_recorded(result):
    stage = result["energy-analyzer"]
    there, back = step_html(stage, 1), step_html(stage, 3)
    assert f"ExecuteRequest: {len(stage.request_bytes)} bytes by field" in there
    assert f"ExecuteResponse: {len(stage.response_bytes)} bytes by field" in back
    assert len(stage.request_bytes).to_bytes(4, "big").hex(" ") in there


def test_every_stage_of_a_run_can_be_picked(result):
    stepper = call_stepper(result)
    stepper.stage.value = "report-generator"
    assert "The call of report-generator" in stepper.to_html()


def test_a_configuration_is_called_now(config, tmp_path):
    with local_services(config, data_root=tmp_path) as services:
        stepper = call_stepper(config, services)
    assert "The call of energy-generator" in stepper.to_html()


def test_a_call_that_failed_says_that_no_response_came(config, tmp_path):
    stepper = call_stepper(
        config,
        data_root=tmp_path,
        addresses={config.start_node: "127.0.0.1:9"},
        connect_budget_s=0.1,
    )
    assert "No response came. The call ended with the status UNAVAILABLE" in stepper.to_html()


def test_a_field_is_pointed_out_and_explained():
    row = energy_pb2.ProcessedEnergyReport(timestamp="t", power=120.5)
    explorer = wire_explorer(energy_pb2.ProcessedDataReport(processed=[row]))
    explorer.field.value = 2
    shown = explorer.to_html()
    assert "field 3, power" in shown
    assert "21 + 8" not in shown
    assert re.findall(r'title="value">([0-9a-f]{2})<', shown) == ["00", "00", "f1", "42"]
    assert re.findall(r'title="tag">([0-9a-f]{2})<', shown) == ["1d"]
    assert "29 = 3 * 8 + 5: field 3, wire type 5 (I32)" in shown


def test_the_length_of_a_text_is_explained():
    from energykit.wire import dissect_message

    (field,) = dissect_message(energy_pb2.ProcessedEnergyReport(timestamp="now"))
    assert [(part, data) for part, data, _ in explanation(field)] == [
        ("tag", b"\x0a"),
        ("length", b"\x03"),
        ("value", b"now"),
    ]
    assert explanation(field)[1][2] == "3 bytes of value follow"


def test_an_empty_message_says_why_it_takes_no_bytes():
    shown = wire_explorer(energy_pb2.ProcessedEnergyReport(power=0.0)).to_html()
    assert "0 bytes on the wire" in shown
    assert "takes no bytes" in shown


def test_a_long_message_is_shown_where_the_field_is(result):
    explorer = wire_explorer(bytes(range(8, 9)) * 2 + b"\x12\x82\x08" + b"a" * 1026 + b"\x18\x05")
    explorer.field.value = 2
    assert "bytes before" in explorer.to_html()


def test_what_is_no_message_is_refused():
    with pytest.raises(UsageError, match="dict is not a protobuf message"):
        wire_explorer({})
