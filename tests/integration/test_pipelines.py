"""The shipped pipelines from end to end, with the real services as processes."""

import csv
import hashlib
import json
import shutil
from pathlib import Path

import grpc
import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.cli import main
from energykit.launcher import local_services

ROOT = Path(__file__).resolve().parents[2]
SUMS = dict(
    line.split()[::-1]
    for line in (ROOT / "tests/legacy/SHA256SUMS").read_text(encoding="utf-8").splitlines()
)
SERVICES = ("energy-generator", "energy-analyzer", "report-generator")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_legacy_configuration_gives_the_three_legacy_files(tmp_path, capsys):
    config = str(ROOT / "config/energy-pipeline.json")
    assert main(["run", config, "--local", "--data-root", str(tmp_path)]) == 0
    assert {name: sha256(tmp_path / name) for name in SUMS} == SUMS
    assert "3 of 3 stages succeeded" in capsys.readouterr().out


def test_the_legacy_sums_are_those_of_the_legacy_files():
    assert {name: sha256(ROOT / "tests/legacy" / name) for name in SUMS} == SUMS


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with local_services(SERVICES, data_root=tmp_path_factory.mktemp("root")) as started:
        yield started


def call(address: str, path: str, request: bytes) -> bytes:
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        return channel.unary_unary(path)(request, timeout=20)


def field(number: int, text: str) -> bytes:
    return bytes([number << 3 | 2, len(text)]) + text.encode()


@pytest.mark.parametrize("extra", [b"", b"\x9a\x06\x02hi"], ids=["plain", "with an unknown field"])
def test_hand_built_bytes_are_answered_as_the_original_would(services, extra):
    names = ["", "/data/energy_data.csv", "/data/analysis_output.pb", "/data/energy_report.csv"]
    for service, source, target in zip(SERVICES, names, names[1:], strict=False):
        request = (field(1, source) if source else b"") + field(2, target) + extra
        answer = call(services.addresses[service], "/ContainerExecutor/Execute", request)
        assert answer.startswith(b"\x08\x01\x12"), answer  # success = true, then a message
        assert pb.ExecuteResponse.FromString(answer).message
    assert {name: sha256(services.data_root / name) for name in SUMS} == SUMS


@pytest.mark.parametrize("service", SERVICES)
def test_the_method_under_another_package_is_unimplemented(services, service):
    with pytest.raises(grpc.RpcError) as caught:
        call(services.addresses[service], "/energy.ContainerExecutor/Execute", b"")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_the_household_pipeline_carries_every_reading(tmp_path, capsys):
    (tmp_path / "household").mkdir()
    shutil.copy(ROOT / "data/household/household-2007-04-23.csv", tmp_path / "household")
    config = str(ROOT / "config/household-pipeline.json")
    assert (
        main(["run", config, "--local", "--data-root", str(tmp_path), "--figures", "--json"]) == 0
    )
    record = json.loads(capsys.readouterr().out)
    assert [stage["metrics"]["rows_in"] for stage in record["stages"]] == [20160] * 3
    assert [stage["metrics"]["rows_out"] for stage in record["stages"]] == [20160] * 3
    with (tmp_path / "out/household/energy_report.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (len(rows), rows[0]["timestamp"], rows[-1]["timestamp"]) == (
        20160,
        "2007-04-23T00:00:00",
        "2007-05-06T23:59:00",
    )
    energy_kwh = sum(float(row["power"]) for row in rows) / 60 / 1000
    with (ROOT / "data/household/household-2007-04-23.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        measured_kwh = sum(float(row["Global_active_power"]) for row in csv.DictReader(file)) / 60
    assert energy_kwh == pytest.approx(measured_kwh, rel=1e-6)


def in_ucis_form(target: Path, missing: range) -> None:
    """Write the excerpt as the publisher's own file has it, with some minutes missing."""
    with (ROOT / "data/household/household-2007-04-23.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = list(csv.DictReader(file))
    lines = [";".join(["Date", "Time", *list(rows[0])[1:]])]
    for number, row in enumerate(rows):
        stamp, *values = row.values()
        year, month, day = stamp[:10].split("-")
        values = ["?"] * len(values) if number in missing else values
        lines.append(";".join([f"{int(day)}/{int(month)}/{year}", stamp[11:], *values]))
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_ucis_own_form_gives_the_same_readings_and_counts_what_is_missing(tmp_path, capsys):
    (tmp_path / "full/household").mkdir(parents=True)
    in_ucis_form(tmp_path / "full/household/household_power_consumption.txt", range(7000, 7100))
    config = str(ROOT / "config/household-uci-pipeline.json")
    assert main(["run", config, "--local", "--data-root", str(tmp_path), "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)["stages"][0]["metrics"]
    assert (metrics["rows_in"], metrics["rows_out"], metrics["rows_skipped"]) == (20160, 20060, 100)
    assert [(one["rows"], one["first_line"]) for one in metrics["skipped"]] == [(100, 7002)]
    with (tmp_path / "out/household-uci/energy_data.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        first = next(csv.DictReader(file))
    assert first["timestamp"] == "2007-04-23T00:00:00"
