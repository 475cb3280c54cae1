"""Services and orchestrators that are killed: resuming gives the bytes of an undisturbed run, and repeats nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
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
CHAIN = {
    "energy-generator": (
        "energy_data.csv",
        {"scenario": "households", "households": 3, "days": 4, "seed": 7},
    ),
    "energy-analyzer": ("analysis_output.pb", {"detectors": ["efficiency_below"]}),
    "report-generator": ("energy_report.csv", {}),
}
REASONS = ("it was not finished in run", "it failed in run")


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with local_services(list(CHAIN), data_root=tmp_path_factory.mktemp("root")) as started:
        yield started


def chain(folder, registry, *, days=4):
    parameters = {
        one: {**given, "days": days} if "days" in given else given
        for one, (_, given) in CHAIN.items()
    }
    ids, files = list(CHAIN), ["", *(f"/data/{folder}/{name}" for name, _ in CHAIN.values())]
    nodes = {
        one: {
            "id": one,
            "input_file": files[at],
            "output_file": files[at + 1],
            "next_node": ids[at + 1] if at + 1 < len(ids) else "",
            "timeout_seconds": 30,
            "parameters": parameters[one],
        }
        for at, one in enumerate(ids)
    }
    plan = {
        "workflow_name": "killed",
        "start_node": ids[0],
        "service_registry": dict(registry),
        "containers": nodes,
    }
    return json.dumps(plan)


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
    run(parse_config(chain("warm", services.addresses)), services).raise_for_failure()
    start = time.monotonic()
    run(parse_config(chain("whole", services.addresses)), services).raise_for_failure()
    return Undisturbed(contents(services.data_root / "whole"), time.monotonic() - start)


def test_an_analyzer_killed_at_work_leaves_nothing_and_resuming_completes(services, tmp_path):
    run(parse_config(chain("long", services.addresses, days=40)), services).raise_for_failure()
    config = parse_config(chain("out", dict.fromkeys(CHAIN, "127.0.0.1:1"), days=40))
    with local_services(list(CHAIN), data_root=tmp_path) as own:
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
    with local_services(list(CHAIN), data_root=tmp_path) as own:
        second = run(config, own, resume=True)
    assert [stage.status for stage in second] == ["reused", "succeeded", "succeeded"]
    assert second["energy-analyzer"].reason == f"it failed in run {first.run_id}"
    assert contents(tmp_path / "out") == whole
    assert not psutil.pid_exists(pid)


class Orchestrators:
    """Runs of one configuration, in processes that are killed."""

    def __init__(self, services, folder, scratch):
        self.services = services
        self.root = services.data_root
        self.outputs = self.root / folder
        self.text = chain(folder, services.addresses)
        self.config = scratch / f"{folder}.json"
        self.config.write_text(self.text)
        self.finished = {}
        """What of each stage was recorded as done: its output's inode and time of change."""

    def kill_one(self, after_s, *options):
        """Begin a run, kill it at a moment, and note which stages its record says are done; whether it was killed."""
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
        seen = (self.outputs / CHAIN[stage_id][0]).stat()
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


def test_an_orchestrator_killed_at_random_moments_is_resumed(services, undisturbed, tmp_path):
    seed = random.randrange(2**32)
    moment = random.Random(seed)
    mine = {child.pid for child in psutil.Process().children()}
    kills, episode, reused = 0, 0, [0] * 4
    while kills < KILLS:
        episode += 1
        orchestrators = Orchestrators(services, f"episode-{episode}", tmp_path)
        for time_after_time in range(moment.randint(1, 3)):
            after_s = moment.uniform(0, undisturbed.seconds * 1.2)
            kills += orchestrators.kill_one(after_s, *(["resume"] if time_after_time else []))
        result = orchestrators.complete()
        assert result.ok, f"seed {seed}, episode {episode}: {result!r}"
        assert contents(orchestrators.outputs) == undisturbed.files, (
            f"seed {seed}, episode {episode}"
        )
        reused[len(orchestrators.finished)] += 1
    assert not (services.data_root / "runs" / ".locks").exists()
    assert {child.pid for child in psutil.Process().children()} == mine
    print(
        f"{kills} kills in {episode} episodes; found finished before completing, 0 to 3 stages: {reused}"
    )


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
    assert contents(orchestrators.outputs) == undisturbed.files
