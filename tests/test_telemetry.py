"""One run is one trace, at a real collector; off, nothing of OpenTelemetry is loaded."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue

import grpc
import psutil
import pytest

from energykit import telemetry
from energykit.errors import UsageError
from energykit.launcher import local_services

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "config/energy-pipeline.json"
STAGES = ["energy-analyzer", "energy-generator", "report-generator"]
PATIENCE_S = 60


class Collector:
    """The collector `oteltap` in a process of its own; `received` are its lines as objects."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "oteltap", "--port", str(self.port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.received: Queue[dict] = Queue()
        assert "Listening" in self._process.stdout.readline()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stdout:
            self.received.put(json.loads(line))

    def wait_for(self, is_enough) -> list[dict]:
        """Return what came until it is enough."""
        seen: list[dict] = []
        while not is_enough(seen):
            try:
                seen.append(self.received.get(timeout=PATIENCE_S))
            except Empty:
                pytest.fail(f"the collector got only {[item.get('name') for item in seen]}")
        return seen

    def close(self) -> None:
        self._process.kill()
        self._process.wait(timeout=30)
        self._process.stdout.close()


@pytest.fixture
def collector():
    collector = Collector()
    yield collector
    collector.close()


def run_pipeline(
    tmp_path: Path, port: int, *, config: Path = CONFIG
) -> subprocess.CompletedProcess:
    values = os.environ | {
        telemetry.VARIABLE: "otlp",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "energykit", "run", str(config), "--local"]
    return subprocess.run(
        [*command, "--data-root", str(tmp_path)],
        env=values,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def by_name(items: list[dict]) -> dict[str, dict]:
    return {item["name"]: item for item in items}


def has_all(seen: list[dict]) -> bool:
    names = {item["name"] for item in seen}
    spans = {f"{what} {stage}" for what in ("stage", "execute") for stage in STAGES}
    return names >= {"run energy-pipeline", "energykit.stage.duration"} | spans


def test_a_run_is_one_trace_over_client_services_and_stages(collector, tmp_path):
    done = run_pipeline(tmp_path, collector.port)
    assert done.returncode == 0, done.stderr
    items = by_name(collector.wait_for(has_all))
    run = items["run energy-pipeline"]
    for stage in STAGES:
        client, service = items[f"stage {stage}"], items[f"execute {stage}"]
        assert client["traceId"] == service["traceId"] == run["traceId"]
        assert client["parentSpanId"] == run["spanId"]
        assert service["parentSpanId"] == client["spanId"]
    lines = (tmp_path / "logs/orchestrator.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["trace_id"] for line in lines} == {run["traceId"]}
    for stage in STAGES:  # the services' own logs name the trace, too
        log = (tmp_path / f"logs/{stage}.log").read_text(encoding="utf-8").splitlines()
        (line,) = [line for line in log if " rows to /data/" in line]
        assert line.endswith(f"[trace {run['traceId']}]")


def test_a_failed_stage_is_a_failed_span(collector, tmp_path):
    plan = json.loads(CONFIG.read_text(encoding="utf-8"))
    plan["containers"]["energy-analyzer"]["input_file"] = "/data/nothing.csv"
    config = tmp_path / "plan.json"
    config.write_text(json.dumps(plan), encoding="utf-8")
    assert run_pipeline(tmp_path, collector.port, config=config).returncode == 1
    items = by_name(
        collector.wait_for(lambda seen: "execute energy-analyzer" in by_name(seen))
        + collector.wait_for(lambda seen: "run energy-pipeline" in by_name(seen))
    )
    for name in ("execute energy-analyzer", "run energy-pipeline"):
        assert items[name]["status"]["code"] == 2, name
        assert "there is no such file" in items[name]["status"]["message"]


def test_no_port_is_opened_for_it(collector, tmp_path, monkeypatch):
    """Spans and metrics are sent; nobody can come and read them."""
    monkeypatch.setenv(telemetry.VARIABLE, "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.port}")
    with local_services(["dummy"], data_root=tmp_path) as services:
        address = services.addresses["dummy"]
        with grpc.insecure_channel(address) as channel:
            channel.unary_unary("/ContainerExecutor/Execute")(b"\x12\x0b/data/a.csv", timeout=60)
        collector.wait_for(lambda seen: any("execute" in str(item.get("name")) for item in seen))
        process = psutil.Process(services.processes["dummy"].pid)
        listening = [
            f"{at.laddr.ip.removeprefix('::ffff:')}:{at.laddr.port}"
            for one in (process, *process.children(recursive=True))
            for at in one.net_connections("inet")
            if at.status == psutil.CONN_LISTEN
        ]
    assert listening == [address]


def test_off_it_loads_nothing_and_its_span_does_nothing(monkeypatch):
    monkeypatch.delenv(telemetry.VARIABLE, raising=False)
    with telemetry.start_span("run x") as span, span.start_child("stage y") as child:
        child.set(rows=1)
        child.fail("no")
    assert span is child is telemetry.SILENT
    assert (span.headers, span.trace_id) == ((), "")
    code = (
        "import sys, energykit.executor, energykit.telemetry as t\n"
        "t.record_stage('a', 1.0, {'in': 1}, status='succeeded')\n"
        "print(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert found.stdout.strip() == "False"


def test_a_value_that_means_nothing_is_refused(monkeypatch):
    monkeypatch.setenv(telemetry.VARIABLE, "jaeger")
    with pytest.raises(UsageError, match="ENERGYKIT_TELEMETRY = 'jaeger' is not possible"):
        telemetry.is_on()
