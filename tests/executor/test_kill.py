"""Killed services and orchestrators: resuming gives an undisturbed run's bytes, nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from energykit.config import parse_config
from energykit.executor import Progress, run
from energykit.launcher import local_services
from energykit.results import load_run

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL"),
    pytest.mark.xdist_group("kills"),
]

KILLS = int(os.environ.get("ENERGYKIT_KILLS", "8"))
ORCHESTRATE = Path(__file__).parent / "parts" / "orchestrate.py"
GENERATE = {"scenario": "households", "households": 3, "days": 4, "seed": 7}
DETECT = {"detectors": ["efficiency_below"]}
SERVICES = ("energy-generator", "energy-analyzer", "report-generator")


@dataclass(frozen=True, kw_only=True)
class Step:
    """A stage of a plan."""

    service: str
    output: str
    after: str = ""
    parameters: dict = field(default_factory=dict)


def formats(first, second, third):
    """Return a chain whose files have these suffixes."""
    files = (f"energy_data.{first}", f"analysis_output.{second}", f"energy_report.{third}")
    after = ("", *SERVICES[:2])
    given = (GENERATE, DETECT, {})
    return {
        name: Step(service=name, output=files[at], after=after[at], parameters=given[at])
        for at, name in enumerate(SERVICES)
    }


BRANCHES = {
    "readings": Step(service=SERVICES[0], output="readings.parquet", parameters=GENERATE),
    "text": Step(service=SERVICES[1], output="a.csv", after="readings", parameters=DETECT),
    "binary": Step(service=SERVICES[1], output="b.pb", after="readings", parameters=DETECT),
    "text-report": Step(service=SERVICES[2], output="c.csv", after="text"),
    "binary-report": Step(service=SERVICES[2], output="d.parquet", after="binary"),
}
CHAIN = formats("csv", "pb", "csv")
PLANS = {
    "csv": formats("csv", "csv", "csv"),
    "pb": CHAIN,
    "parquet": formats("parquet", "parquet", "parquet"),
    "branches": BRANCHES,
}
REASONS = ("it was not finished in run", "it failed in run")


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with local_services(list(SERVICES), data_root=tmp_path_factory.mktemp("root")) as started:
        yield started


def chain(folder, registry, *, days=4, plan=CHAIN):
    nodes = {name: node(name, folder, plan, days) for name in plan}
    document = {
        "workflow_name": "killed",
        "start_node": next(iter(plan)),
        "execution_mode": "parallel" if plan is BRANCHES else "sequential",
        "service_registry": dict(registry),
        "containers": nodes,
    }
    return json.dumps(document)


def node(name, folder, plan, days):
    step = plan[name]
    source = f"/data/{folder}/{plan[step.after].output}" if step.after else ""
    parameters = step.parameters | ({"days": days} if "days" in step.parameters else {})
    return {
        "id": name,
        "service": step.service,
        "input_file": source,
        "output_file": f"/data/{folder}/{step.output}",
        "next_node": [later for later, other in plan.items() if other.after == name],
        "timeout_seconds": 30,
        "parameters": parameters,
    }


def contents(folder):
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".")
    }


@dataclass
class Undisturbed:
    """A run that nobody disturbed."""

    files: dict[str, bytes]
    seconds: float


@pytest.fixture(scope="module")
def undisturbed(services):
    """Run every plan once, by its name."""
    run(parse_config(chain("warm", services.addresses)), services).raise_for_failure()
    return {name: run_whole(name, services) for name in PLANS}


def run_whole(name, services):
    start = time.monotonic()
    config = parse_config(chain(f"whole-{name}", services.addresses, plan=PLANS[name]))
    run(config, services).raise_for_failure()
    return Undisturbed(contents(services.data_root / f"whole-{name}"), time.monotonic() - start)


def test_an_analyzer_killed_at_work_leaves_nothing_and_resuming_completes(services, tmp_path):
    run(parse_config(chain("long", services.addresses, days=40)), services).raise_for_failure()
    config = parse_config(chain("out", dict.fromkeys(SERVICES, "127.0.0.1:1"), days=40))
    with local_services(list(SERVICES), data_root=tmp_path) as own:
        pid = own.processes["energy-analyzer"].pid

        def kill(event):
            if isinstance(event, Progress) and event.id == "energy-analyzer":
                os.kill(pid, signal.SIGKILL)

        first = run(config, own, on_event=kill)
        assert [stage.status for stage in first] == ["succeeded", "failed", "skipped"]
        assert first["energy-analyzer"].error.code == "UNAVAILABLE"
        assert (
            "the connection broke while the stage was running"
            in first["energy-analyzer"].error.message
        )
        assert first.exit_code == 3
        whole = contents(services.data_root / "long")
        assert contents(tmp_path / "out").items() <= whole.items()  # nothing is half-written
    with local_services(list(SERVICES), data_root=tmp_path) as own:
        second = run(config, own, resume=True)
    assert [stage.status for stage in second] == ["reused", "succeeded", "succeeded"]
    assert second["energy-analyzer"].reason == f"it failed in run {first.run_id}"
    assert contents(tmp_path / "out") == whole
    assert not psutil.pid_exists(pid)


class Orchestrators:
    """Runs of one configuration, in processes that are killed."""

    def __init__(self, services, folder, scratch, plan=CHAIN):
        self.services = services
        self.plan = plan
        self.root = services.data_root
        self.outputs = self.root / folder
        self.text = chain(folder, services.addresses, plan=plan)
        self.config = scratch / f"{folder}.json"
        self.config.write_text(self.text)
        self.finished = {}
        """What of each stage was recorded as done: its output's inode and time of change."""

    def kill_one(self, after_s, *options):
        """Begin a run, kill it at a moment, note its recorded stages; whether it was killed."""
        before = set((self.root / "runs").glob("*/run.json"))
        arguments = [self.config, self.root, json.dumps(dict(self.services.addresses)), *options]
        command = [sys.executable, str(ORCHESTRATE), *map(str, arguments)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            too_late = threading.Timer(60, process.kill)
            too_late.start()
            assert process.stdout.readline() == "ready\n"
            try:
                process.wait(after_s)
            except subprocess.TimeoutExpired:
                process.kill()
            too_late.cancel()
        for path in set((self.root / "runs").glob("*/run.json")) - before:
            self._note(load_run(path))
        return process.returncode == -signal.SIGKILL

    def _note(self, record):
        for stage in record:
            if stage.ok:
                assert self.finished.setdefault(stage.id, self._stamp(stage.id)) == self._stamp(
                    stage.id
                )

    def _stamp(self, stage_id):
        seen = (self.outputs / self.plan[stage_id].output).stat()
        return seen.st_ino, seen.st_mtime_ns

    def complete(self):
        """Resume, and return the result; what was done is not done again."""
        result = run(parse_config(self.text), self.services, resume=True)
        for stage in result:
            assert (stage.status == "reused") == (stage.id in self.finished), (
                f"{result!r}, {self.finished}"
            )
            assert stage.status == "reused" or not stage.reason or stage.reason.startswith(REASONS)
            assert bool(stage.attempts) == (stage.status == "succeeded")
        for stage_id, stamp in self.finished.items():
            assert self._stamp(stage_id) == stamp, f"{stage_id} was run again"
        return result


@pytest.mark.parametrize("name", PLANS)
def test_an_orchestrator_killed_at_random_moments_is_resumed(services, undisturbed, tmp_path, name):
    seed = random.randrange(2**32)
    moment, whole = random.Random(seed), undisturbed[name]
    mine = {child.pid for child in psutil.Process().children()}
    kills, episode, reused = 0, 0, [0] * (len(PLANS[name]) + 1)
    while kills < max(1, KILLS // len(PLANS)):
        episode += 1
        orchestrators = Orchestrators(services, f"{name}-{episode}", tmp_path, PLANS[name])
        for time_after_time in range(moment.randint(1, 3)):
            after_s = moment.uniform(0, whole.seconds * 1.2)
            kills += orchestrators.kill_one(after_s, *(["resume"] if time_after_time else []))
        result = orchestrators.complete()
        assert result.ok, f"seed {seed}, episode {episode}: {result!r}"
        assert contents(orchestrators.outputs) == whole.files, f"seed {seed}, episode {episode}"
        reused[len(orchestrators.finished)] += 1
    assert not (services.data_root / "runs" / ".locks").exists()
    assert not list(services.data_root.rglob("*.tmp"))
    assert {child.pid for child in psutil.Process().children()} == mine
    counts = ", ".join(f"{stages}: {times}" for stages, times in enumerate(reused) if times)
    print(f"{name}: {kills} kills in {episode} episodes; stages that were finished: {counts}")


def test_resuming_a_killed_run_starts_at_the_stage_it_was_killed_in(
    services, undisturbed, tmp_path
):
    orchestrators = Orchestrators(services, "second", tmp_path)
    command = [sys.executable, str(ORCHESTRATE), str(orchestrators.config), str(services.data_root)]
    with subprocess.Popen(
        [*command, json.dumps(dict(services.addresses))], stdout=subprocess.PIPE, text=True
    ) as process:
        too_late = threading.Timer(60, process.kill)
        too_late.start()
        while process.stdout.readline() != "StageFinished energy-generator\n":
            assert process.poll() is None
        process.kill()
        too_late.cancel()
    result = run(parse_config(orchestrators.text), services, resume=True)
    assert result["energy-generator"].status == "reused"
    assert contents(orchestrators.outputs) == undisturbed["pb"].files
