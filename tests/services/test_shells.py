"""The services as processes: one chain over gRPC, parameters, and the typed services beside."""

import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct

from energykit._proto import energy_pb2, energy_pb2_grpc
from energykit._proto.energy_pipeline_pb2 import ExecuteRequest
from energykit._proto.energy_pipeline_pb2_grpc import ContainerExecutorStub

ROOT = Path(__file__).parents[2]
LEGACY = ROOT / "tests" / "legacy"
NAMES = ("energy_generator", "energy_analyzer", "report_generator")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def channels(root):
    processes, channels = [], {}
    for name in NAMES:
        command = [
            sys.executable,
            "-m",
            f"services.{name}",
            "--data-root",
            str(root),
            "--exit-with-stdin",
        ]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        processes.append(subprocess.Popen(command, cwd=ROOT, text=True, **pipes))
    for name, process in zip(NAMES, processes, strict=True):
        channels[name] = grpc.insecure_channel(
            process.stdout.readline().removeprefix("READY ").strip()
        )
    yield channels
    for channel, process in zip(channels.values(), processes, strict=True):
        channel.close()
        process.stdin.close()
        assert process.wait(timeout=10) == 0
        process.stdout.close()


@pytest.fixture
def execute(channels):
    def call(name, source, target, **parameters):
        struct = Struct()
        struct.update(parameters)
        request = ExecuteRequest(
            input_file=source, output_file=target, parameters=struct if parameters else None
        )
        return ContainerExecutorStub(channels[name]).Execute(request, timeout=30)

    return call


def test_the_chain_gives_the_originals_bytes(execute, root):
    files = ["", "energy_data.csv", "analysis_output.pb", "energy_report.csv"]
    for name, (source, target) in zip(NAMES, pairwise(files), strict=True):
        answer = execute(name, f"/data/{source}" if source else "", f"/data/{target}")
        assert answer.success, answer
        assert answer.metrics.rows_out == 10
        assert (root / target).read_bytes() == (LEGACY / target).read_bytes()


def test_rows_that_cannot_be_used_are_counted_by_reason_and_line(execute, root):
    rows = (LEGACY / "energy_data.csv").read_text()
    rows += "2025-01-01T00:00:10Z,HH-1,1,x,1\n2025-01-01T00:00:11Z,HH-1,1,230,0\n"
    (root / "bad.csv").write_text(rows)
    metrics = execute("energy_analyzer", "/data/bad.csv", "/data/bad.pb").metrics
    assert (metrics.rows_in, metrics.rows_out, metrics.rows_skipped) == (12, 10, 2)
    assert [(entry.reason, entry.rows, entry.first_line) for entry in metrics.skipped] == [
        ("voltage is not a number", 1, 12),
        ("efficiency is undefined: voltage · current is 0", 1, 13),
    ]
    report = energy_pb2.ProcessedDataReport.FromString((root / "bad.pb").read_bytes())
    assert (len(report.processed), report.skipped_rows) == (10, 2)


def test_strict_refuses_by_line_and_column(execute, root):
    (root / "strict.csv").write_text(
        (LEGACY / "energy_data.csv").read_text().replace("121.5", "12l.5")
    )
    answer = execute("energy_analyzer", "/data/strict.csv", "/data/strict.pb", strict=True)
    assert not answer.success
    assert answer.error.where == "/data/strict.csv:3:27"
    assert not (root / "strict.pb").exists()


def test_an_import_tells_what_it_left_out(execute, root):
    (root / "meter.csv").write_text(
        "t;p;v;i\n2025-01-01 00:00;0,5;230;2,5\n2025-01-01 00:01;?;230;2,5\n"
    )
    columns = {"timestamp": "t", "power_consumption": "p", "voltage": "v", "current": "i"}
    options = {
        "units": {"power_consumption": "kW"},
        "separator": ";",
        "decimal": ",",
        "missing": ["?"],
    }
    answer = execute(
        "energy_generator",
        "/data/meter.csv",
        "/data/meter.readings.csv",
        scenario="import",
        columns=columns,
        **options,
    )
    assert (answer.metrics.rows_in, answer.metrics.rows_out) == (2, 1)
    assert [(entry.reason, entry.first_line) for entry in answer.metrics.skipped] == [
        ("p is missing", 3)
    ]
    line = (root / "meter.readings.csv").read_text().splitlines()[1]
    assert line.startswith("2025-01-01T00:00:00,household,500.0,230.0,2.5")


@pytest.mark.parametrize(
    ("parameters", "where", "hint"),
    [
        ({"scenario": "import", "rows": 3}, "parameters.rows", "belongs to scenario 'original'"),
        ({"scenario": "import"}, "parameters.input_file", "the meter's"),
        ({"rows": -1}, "parameters.rows", "from 0"),
        ({"scenario": "households", "step_s": 7}, "parameters.step_s", "divisor"),
        ({"rwos": 3}, "parameters.rwos", "rows"),
    ],
)
def test_a_wrong_parameter_names_itself(execute, parameters, where, hint):
    answer = execute("energy_generator", "", "/data/never.csv", **parameters)
    assert (answer.success, answer.error.code, answer.error.where) == (
        False,
        "INVALID_ARGUMENT",
        where,
    )
    assert hint in answer.error.hint


def test_households_and_their_labels(execute, root):
    answer = execute(
        "energy_generator",
        "",
        "/data/population.parquet",
        scenario="households",
        households=2,
        days=1,
        anomalies=5,
    )
    assert answer.success, answer
    assert list(answer.metrics.outputs) == [
        "/data/population.parquet",
        "/data/population.labels.csv",
    ]
    assert (root / "population.labels.csv").exists()


def test_reasons_are_added_when_asked(execute, root):
    (root / "analysis.pb").write_bytes((LEGACY / "analysis_output.pb").read_bytes())
    execute("report_generator", "/data/analysis.pb", "/data/reasons.csv", reasons=True)
    header = (root / "reasons.csv").read_text().splitlines()[0]
    assert header == "timestamp,household_id,power,efficiency,anomaly_detected,status,reasons"


def test_readings_where_a_report_is_needed_are_refused(execute, root):
    (root / "readings.csv").write_bytes((LEGACY / "energy_data.csv").read_bytes())
    (root / "analysis.pb").write_bytes((LEGACY / "analysis_output.pb").read_bytes())
    for name, source in (("report_generator", "readings.csv"), ("energy_analyzer", "analysis.pb")):
        answer = execute(name, f"/data/{source}", "/data/never.csv")
        assert (answer.success, answer.error.code) == (False, "INVALID_ARGUMENT")
        assert "holds" in answer.message


class Cells(HTMLParser):
    """Collects the cells of a page's tables and every address it names."""

    def __init__(self):
        super().__init__()
        self.cells, self.addresses, self._in_cell = [], [], False

    def handle_starttag(self, tag, attrs):
        self._in_cell = tag == "td"
        self.addresses += [value for name, value in attrs if name in {"href", "src"}]
        if self._in_cell:
            self.cells.append("")

    def handle_endtag(self, tag):
        self._in_cell = False

    def handle_data(self, data):
        if self._in_cell:
            self.cells[-1] += data


def test_the_typed_services_do_the_chain_without_files(channels, root):
    data = energy_pb2_grpc.EnergyGeneratorStub(channels["energy_generator"]).GenerateData(
        energy_pb2.GenerateRequest(rows=10), timeout=10
    )
    assert data.data[1].current == "5.199999999999999"
    data.data[2].voltage = "<b>"
    data.data[3].current = "0"
    analysis = energy_pb2_grpc.EnergyAnalyzerStub(channels["energy_analyzer"]).AnalyzeData(
        energy_pb2.AnalyzeRequest(data=data.data), timeout=10
    )
    assert (len(analysis.report.processed), analysis.report.skipped_rows) == (8, 2)
    analysis.report.processed[-1].household_id = "<script>"
    answer = energy_pb2_grpc.ReportGeneratorStub(channels["report_generator"]).GenerateReport(
        energy_pb2.ReportRequest(report=analysis.report), timeout=10
    )
    page = (root / answer.html_path.removeprefix("/data/")).read_text(encoding="utf-8")
    seen = Cells()
    seen.feed(page)
    assert "<script>" not in page
    assert seen.addresses == []
    totals = dict(zip(seen.cells[0:18:2], seen.cells[1:18:2], strict=True))
    assert totals["readings"] == "8"
    assert totals["readings left out by the analysis"] == "2"
    assert totals["flagged readings"] == "6"
    assert totals["mean power [W]"] == "125.500"


def test_the_typed_generator_refuses_a_negative_number(channels):
    with pytest.raises(grpc.RpcError) as caught:
        energy_pb2_grpc.EnergyGeneratorStub(channels["energy_generator"]).GenerateData(
            energy_pb2.GenerateRequest(rows=-1), timeout=10
        )
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_named_detectors_give_reasons(execute, root):
    header = "timestamp,household_id,power_consumption,voltage,current\n"
    rows = ["00:00:00Z,a,1150,230,10", "00:01:00Z,a,22.8,230,1", "00:02:00Z,a,5,230,0"]
    (root / "three.csv").write_text(header + "".join(f"2025-01-01T{row}\n" for row in rows))
    answer = execute(
        "energy_analyzer", "/data/three.csv", "/data/three.pb", detectors=["efficiency_below"]
    )
    assert (answer.metrics.rows_in, answer.metrics.rows_out, answer.metrics.rows_skipped) == (
        3,
        3,
        0,
    )
    report = energy_pb2.ProcessedDataReport.FromString((root / "three.pb").read_bytes())
    assert [list(row.reasons) for row in report.processed] == [
        [],
        ["efficiency_below"],
        ["undefined"],
    ]
    assert [row.status for row in report.processed] == ["OK", "efficiency_below", "undefined"]


def test_an_unknown_detector_names_itself(execute, root):
    (root / "ten.csv").write_bytes((LEGACY / "energy_data.csv").read_bytes())
    answer = execute(
        "energy_analyzer", "/data/ten.csv", "/data/never.pb", detectors=["eficiency_below"]
    )
    assert (answer.error.code, answer.error.where) == (
        "INVALID_ARGUMENT",
        "parameters.detectors[0]",
    )
    assert "efficiency_below" in answer.error.hint


def test_a_summary_is_written_beside_the_report(execute, root):
    (root / "bad_analysis.pb").write_bytes(
        (LEGACY / "analysis_output.pb").read_bytes() + b"\x10\x03"
    )
    answer = execute(
        "report_generator", "/data/bad_analysis.pb", "/data/energy_report.csv", summary=True
    )
    assert list(answer.metrics.outputs) == ["/data/energy_report.csv", "/data/energy_summary.csv"]
    assert (root / "energy_report.csv").read_bytes() == (LEGACY / "energy_report.csv").read_bytes()
    lines = (root / "energy_summary.csv").read_text().splitlines()
    assert lines[:3] == ["metric,value,unit", "rows,10,", "rows_skipped,3,"]
    assert "anomalies,7," in lines
