import gc
from pathlib import Path

import pytest

from energykit.errors import UsageError
from energykit.protoc import ProtoError, compile_proto, generate_stubs

ROOT = Path(__file__).resolve().parents[1]
FIRST = 'syntax = "proto3";\nmessage Reading { float power = 1; float voltage = 2; }\n'
SWAPPED = 'syntax = "proto3";\nmessage Reading { float power = 2; float voltage = 1; }\n'


def test_a_message_can_be_compiled_again_with_other_numbers(tmp_path):
    first, swapped = (
        compile_proto(FIRST, folder=tmp_path / "1"),
        compile_proto(SWAPPED, folder=tmp_path / "2"),
    )
    data = first.messages.Reading(power=120.5, voltage=230.0).SerializeToString()
    read = swapped.messages.Reading.FromString(data)
    assert (read.power, read.voltage) == (230.0, 120.5)


def test_a_service_gives_a_stub_that_speaks_its_messages(tmp_path):
    text = FIRST + "service Meter { rpc Read(Reading) returns (Reading); }\n"
    compiled = compile_proto(text, "meter", folder=tmp_path)
    assert hasattr(compiled.services, "MeterStub")
    assert [path.name for path in compiled.files] == [
        "meter_pb2.py",
        "meter_pb2.pyi",
        "meter_pb2_grpc.py",
    ]
    assert repr(compiled) == "meter.proto: message Reading, service Meter"


def test_the_kits_own_message_names_do_not_clash(tmp_path):
    from energykit._proto import energy_pipeline_pb2

    compiled = compile_proto(
        (ROOT / "protos/energy_pipeline.proto").read_text(), "mine", folder=tmp_path
    )
    ours, theirs = (
        energy_pipeline_pb2.ExecuteRequest(input_file="a"),
        compiled.messages.ExecuteRequest(input_file="a"),
    )
    ours.parameters.update({"k": 1})
    theirs.parameters.update({"k": 1})
    assert ours.SerializeToString() == theirs.SerializeToString()


def test_a_refusal_names_line_and_column(tmp_path):
    with pytest.raises(ProtoError) as caught:
        compile_proto('syntax = "proto3";\nmessage A {\n  strin a = 1;\n}\n', folder=tmp_path)
    assert (caught.value.where, caught.value.what) == (
        "lesson.proto:3:3",
        '"strin" is not defined.',
    )


def test_a_name_that_is_no_identifier_is_refused():
    with pytest.raises(UsageError, match=r"'my proto' cannot name a module"):
        compile_proto(FIRST, "my proto")


def test_stubs_import_each_other_by_their_package(tmp_path):
    made = generate_stubs(ROOT / "protos", tmp_path)
    text = (tmp_path / "energykit/_proto/energy_pipeline_pb2_grpc.py").read_text()
    assert len(made) == 6
    assert "from energykit._proto import energy_pipeline_pb2" in text


def test_a_folder_without_protos_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"there is no \.proto file"):
        generate_stubs(tmp_path, tmp_path)


def test_a_folder_of_its_own_goes_with_the_modules():
    compiled = compile_proto(FIRST)
    folder = compiled.folder
    assert folder.is_dir()
    del compiled
    gc.collect()
    assert not folder.exists()
