"""Machines with networks and disks of their own give the bytes that one machine gives.

``pytest tests/integration/test_machines.py -rs`` says why, where no such machines can be had.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from energykit import executor
from energykit.config import parse_config
from energykit.launcher import local_services
from energykit.results import load_run
from tests.integration.network import DEADLINE_S, Network, explain_absence, run

ABSENCE = explain_absence()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(ABSENCE), reason=ABSENCE or "-")]

GENERATOR, ANALYZER, REPORT = "energy-generator", "energy-analyzer", "report-generator"
MODULES = {name: f"services.{name.replace('-', '_')}" for name in (GENERATOR, ANALYZER, REPORT)}
SERVICES = {
    "generate": GENERATOR,
    "weak": ANALYZER,
    "stuck": ANALYZER,
    "weak-report": REPORT,
    "stuck-report": REPORT,
}
"""What each stage of the plan below calls."""
PLACES = {"generate": 0, "weak": 0, "stuck": 1, "weak-report": 1, "stuck-report": 0}
"""The machine of each stage: an analyzer on each, and each report where the other analyzer is."""
FETCH = """
import sys
from energykit.executor import run
result = run(sys.argv[1], data_root=sys.argv[2])
result.raise_for_failure()
print(len(result[sys.argv[3]].frame()))
"""


def make_plan(registry):
    """One generator, two analyzers side by side, and a report of each."""
    stages = {
        "generate": ("", "readings.csv", ["weak", "stuck"]),
        "weak": ("readings.csv", "weak.pb", "weak-report"),
        "stuck": ("readings.csv", "stuck.parquet", "stuck-report"),
        "weak-report": ("weak.pb", "weak.csv", None),
        "stuck-report": ("stuck.parquet", "stuck.csv", None),
    }
    parameters = {
        "generate": {"scenario": "households", "households": 2, "days": 1, "anomalies": 3.0},
        "weak": {"detectors": ["efficiency_below"]},
        "stuck": {"detectors": ["stuck"]},
    }
    nodes = {
        name: {
            "id": name,
            "input_file": f"/data/{source}" if source else "",
            "output_file": f"/data/{target}",
            "next_node": following,
            "timeout_seconds": DEADLINE_S,
            "parameters": parameters.get(name, {"summary": True}),
        }
        for name, (source, target, following) in stages.items()
    }
    return {
        "workflow_name": "two-machines",
        "start_node": "generate",
        "execution_mode": "parallel",
        "service_registry": registry,
        "containers": nodes,
    }


def make_entry(network, address):
    """A service of a machine, and the certificate that it is called with."""
    folder = network.certificates
    tls = {
        "ca": str(folder / "ca.pem"),
        "certificate": str(folder / "orchestrator.pem"),
        "key": str(folder / "orchestrator.key"),
    }
    return {"address": address, "tls": tls}


def run_together(folder):
    """Run the plan on one machine, one data root."""
    with local_services(list(MODULES), data_root=folder) as services:
        registry = {stage: services.addresses[name] for stage, name in SERVICES.items()}
        return executor.run(parse_config(json.dumps(make_plan(registry))), data_root=folder)


def test_two_machines_give_the_digests_of_one(tmp_path):
    with Network(tmp_path, 2) as network:
        addresses = {
            (name, place): machine.serve(module)
            for place, machine in enumerate(network.machines)
            for name, module in MODULES.items()
            if (name, place) != (GENERATOR, 1)
        }
        registry = {
            stage: make_entry(network, addresses[name, PLACES[stage]])
            for stage, name in SERVICES.items()
        }
        plan, client = tmp_path / "plan.json", tmp_path / "client"
        plan.write_text(json.dumps(make_plan(registry)), encoding="utf-8")
        command = [sys.executable, "-c", FETCH, str(plan), str(client), "stuck-report"]
        rows = run([*network.inside(), *command])
        disks = [
            {path.name for path in machine.disk.iterdir() if not path.name.startswith(".")}
            for machine in network.machines
        ]
    (record,) = (client / "runs").iterdir()
    apart, together = load_run(record), run_together(tmp_path / "one")
    assert together.ok, together
    assert [stage.output_sha256 for stage in apart] == [one.output_sha256 for one in together]
    assert int(rows) == len(together["stuck-report"].frame()) > 0
    moved = {stage.id: [one.path for one in stage.transfers] for stage in apart}
    assert moved == {
        "generate": [],
        "weak": [],
        "stuck": ["/data/readings.csv"],
        "weak-report": ["/data/weak.pb"],
        "stuck-report": ["/data/stuck.parquet"],
    }
    assert "stuck.csv" in disks[0] - disks[1]
    assert "weak.csv" in disks[1] - disks[0]
    assert not list((tmp_path / "disk").iterdir())
    assert not any(path.suffix == ".csv" for path in client.iterdir())


def make_chain(network, addresses):
    plan = make_plan({name: make_entry(network, one) for name, one in addresses.items()})
    nodes = {name: plan["containers"][name] for name in ("generate", "weak")}
    nodes["generate"] |= {"next_node": "weak"}
    nodes["generate"]["parameters"] |= {"households": 10, "days": 7}
    nodes["weak"] |= {"next_node": None}
    return {**plan, "containers": nodes, "execution_mode": "sequential"}


def part_of(machine, name):
    """How much of a file has come [B]; -1: none is coming."""
    parts = list(machine.disk.glob(f".{name}.*.part"))
    try:
        return parts[0].stat().st_size if parts else -1
    except FileNotFoundError:
        return -1


def wait_for(condition, process):
    ends = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < ends
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_a_transfer_goes_on_after_the_machine_was_cut_off_and_its_service_killed(tmp_path):
    module = MODULES[ANALYZER]
    with Network(tmp_path, 2) as network:
        first, second = network.machines
        addresses = {"generate": first.serve(MODULES[GENERATOR]), "weak": second.serve(module)}
        second.slow_down(16)
        plan, client = tmp_path / "plan.json", tmp_path / "client"
        plan.write_text(json.dumps(make_chain(network, addresses)), encoding="utf-8")
        words = ["-m", "energykit", "run", str(plan), "--data-root", str(client), "--json"]
        process = subprocess.Popen(
            [*network.inside(), sys.executable, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_for(lambda: part_of(second, "readings.csv") > 1 << 20, process)
            second.pull_cable()
            second.kill(module)
            kept = part_of(second, "readings.csv")
            second.serve(module, port=int(addresses["weak"].rpartition(":")[2]))
            second.plug_in()
            wait_for(lambda: part_of(second, "readings.csv") != kept, process)
            assert part_of(second, "readings.csv") > kept > 1 << 20
            output, errors = process.communicate(timeout=DEADLINE_S)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == os.EX_OK, errors
    result = load_run(Path(next((client / "runs").iterdir())))
    (transfer,) = result["weak"].transfers
    assert transfer.attempts > 1
    assert transfer.bytes > 4 * kept / 3
    assert transfer.sha256 == result["generate"].output_sha256 == result["weak"].input_sha256
    assert json.loads(output)
