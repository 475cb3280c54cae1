import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energykit._proto import energy_pb2, energy_pipeline_pb2
from energykit.errors import ArtifactError
from energykit.results import StageError, StageResult
from energykit.wire import call_html, dissect, dissect_call, dissect_message, wire_html, wire_text

REQUEST = energy_pipeline_pb2.ExecuteRequest(input_file="/data/a.csv", output_file="/data/b.pb")


def test_fields_carry_name_number_and_reading():
    first, second = dissect_message(REQUEST)
    assert (first.number, first.name, first.wire_type, first.value) == (
        1,
        "input_file",
        "LEN",
        "'/data/a.csv'",
    )
    assert (second.offset, second.tag, second.length) == (13, b"\x12", b"\x0a")


def test_the_bytes_of_the_fields_are_the_message():
    assert b"".join(field.data for field in dissect_message(REQUEST)) == REQUEST.SerializeToString()


def test_an_embedded_message_has_children_with_offsets_in_the_whole():
    row = energy_pb2.ProcessedEnergyReport(timestamp="t", power=120.5, anomaly_detected=True)
    (field,) = dissect_message(energy_pb2.ProcessedDataReport(processed=[row]))
    assert [child.name for child in field.children] == ["timestamp", "power", "anomaly_detected"]
    assert [child.value for child in field.children] == ["'t'", "120.5", "true"]
    assert [child.offset for child in field.children] == [2, 5, 10]


def test_a_zero_takes_no_bytes():
    assert dissect_message(energy_pb2.ProcessedEnergyReport(power=0.0, status="")) == ()


def test_a_negative_int32_reads_as_negative():
    (field,) = dissect_message(energy_pb2.GenerateRequest(rows=-3))
    assert (field.value, len(field.payload)) == ("-3", 10)


def test_without_a_type_values_are_guessed():
    first, second = dissect(b"\x0a\x02hi\x12\x03\x08\x96\x01")
    assert (first.name, first.value) == ("", "'hi'")
    assert [child.value for child in second.children] == ["150"]


def test_a_number_that_the_type_lacks_is_unknown():
    field = dissect(b"\xfa\x01\x01x", REQUEST.DESCRIPTOR)[0]
    assert (field.number, field.name, field.value) == (31, "", "'x'")


@pytest.mark.parametrize(
    ("data", "what", "where"),
    [
        (b"\x0a\x05hi", "field 1 wants 5 bytes, 2 are left", "byte 2"),
        (b"\x80", "a varint does not end", "byte 0"),
        (b"\x00", "no field starts with '00'", "byte 0"),
        (b"\x0f", "no field starts with '0f'", "byte 0"),
    ],
)
def test_broken_bytes_are_refused_by_offset(data, what, where):
    with pytest.raises(ArtifactError) as caught:
        dissect(data)
    assert (caught.value.what, caught.value.where) == (what, where)


@given(st.binary(max_size=200))
def test_any_bytes_give_fields_that_add_up_or_a_clear_refusal(data):
    try:
        fields = dissect(data)
    except ArtifactError:
        return
    assert b"".join(field.data for field in fields) == data


@given(st.floats(width=32, allow_nan=False), st.text(max_size=20), st.booleans())
def test_every_message_dissects_to_its_own_bytes(power, status, flag):
    message = energy_pb2.ProcessedEnergyReport(power=power, status=status, anomaly_detected=flag)
    fields = dissect_message(message)
    assert b"".join(field.data for field in fields) == message.SerializeToString(deterministic=True)
    read = {field.name: field for field in fields}
    assert (
        struct.unpack("<f", read["power"].payload if "power" in read else b"\0\0\0\0")[0] == power
    )


def test_html_escapes_and_text_lists():
    fields = dissect_message(energy_pipeline_pb2.ExecuteRequest(input_file="<b>"))
    assert "&lt;b&gt;" in wire_html(fields)
    assert wire_text(fields) == "0000  0a 03 3c 62 3e  #1 input_file LEN '<b>'"


def stage(**values):
    return StageResult(
        id="a",
        status="succeeded",
        address="127.0.0.1:1",
        input_file="",
        output_file="/data/b.pb",
        request_bytes=REQUEST.SerializeToString(),
        started=datetime.now(UTC),
        **values,
    )


def test_a_call_is_dissected_in_both_directions():
    answer = energy_pipeline_pb2.ExecuteResponse(success=True, message="done")
    one = stage(response_bytes=answer.SerializeToString())
    request, response = dissect_call(one)
    assert [field.name for field in request] == ["input_file", "output_file"]
    assert [(field.name, field.value) for field in response] == [
        ("success", "true"),
        ("message", "'done'"),
    ]
    assert sum(len(field.data) for field in request) == len(one.request_bytes)
    assert sum(len(field.data) for field in response) == len(one.response_bytes)
    shown = call_html(one)
    assert f"ExecuteRequest, {len(one.request_bytes)} bytes" in shown
    assert f"ExecuteResponse, {len(one.response_bytes)} bytes" in shown


def test_a_call_without_a_response_says_so():
    error = StageError(code="UNAVAILABLE", where="a", hint="", message="nothing listens there")
    assert "the call ended with the status UNAVAILABLE" in call_html(stage(error=error))
