"""What containers are held to: confinement, limits, the original's files, TLS, a killed replica."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from containers import PORTS, ROOT, Containers, Failed, output

if TYPE_CHECKING:
    from collections.abc import Iterator

SUMS = ROOT / "tests" / "legacy" / "SHA256SUMS"
CONFIG = ROOT / "config" / "energy-pipeline.json"
RUN_S = 300
"""How long a run may take [s]."""
REPLICA_PORTS = {
    "ENERGYKIT_GENERATOR_PORTS": "50061",
    "ENERGYKIT_ANALYZER_PORTS": "50062-50064",
    "ENERGYKIT_REPORT_PORTS": "50065",
}
"""Variables of docker-compose.yaml: where three analyzers and the services beside are published."""
REPLICAS: dict[str, str | list[str]] = {
    "energy-generator": "127.0.0.1:50061",
    "energy-analyzer": ["127.0.0.1:50062", "127.0.0.1:50063", "127.0.0.1:50064"],
    "report-generator": "127.0.0.1:50065",
}
"""The registry for them."""
BUSY_TICKS = 10
"""CPU time from which on a replica counts as the one that works [clock ticks]."""
CLAIM_MEMORY = "print(len(bytearray(2 << 30)))"
CLAIM_THREADS = (
    "import threading, time\n"
    "for _ in range(400): threading.Thread(target=time.sleep, args=(5,), daemon=True).start()"
)


def check_confinement(containers: Containers) -> None:
    """Hold that they are published on loopback only, not root, read-only, no capabilities."""
    for service, port in PORTS.items():
        state = containers.state(containers.ids(service)[0])
        ports = [
            (bound["HostIp"], bound["HostPort"])
            for bounds in state["NetworkSettings"]["Ports"].values()
            for bound in bounds or []
        ]
        if ports != [("127.0.0.1", port)]:
            raise Failed(f"{service} is published on {ports}, not on 127.0.0.1:{port} alone")
        host, user = state["HostConfig"], state["Config"]["User"]
        is_root = user.split(":")[0] in {"", "0", "root"}
        if is_root or not host["ReadonlyRootfs"] or host["CapDrop"] != ["ALL"]:
            raise Failed(f"{service} is not confined: user {user!r}, {host['CapDrop']=}")
    print("published on loopback alone, not root, read-only, no capabilities")


def check_limits(containers: Containers) -> None:
    """Hold that memory, processes and logs are bounded, by asking for more than there is."""
    container = containers.ids("energy-analyzer")[0]
    log = containers.state(container)["HostConfig"]["LogConfig"]
    if log != {"Type": "json-file", "Config": {"max-file": "3", "max-size": "10m"}}:
        raise Failed(f"the log is not bounded: {log}")
    execute = ("docker", "exec", container, "python", "-c")
    output(*execute, CLAIM_MEMORY, status=137)  # killed by the kernel
    if "can't start new thread" not in output(*execute, CLAIM_THREADS, status=1):
        raise Failed("400 threads beside the service were allowed")
    if not containers.state(container)["State"]["Running"]:
        raise Failed("the service ended with what went beyond its limits")
    print("limits hold: 2 GB of memory and 400 threads refused, the service goes on")


def run_pipeline(
    config: Path, data: Path, *, variables: dict[str, str] | None = None, status: int = 0
) -> str:
    """Run a configuration against the containers, and return what it prints."""
    command = [sys.executable, "-m", "energykit", "run", str(config), "--data-root", str(data)]
    environment = {**os.environ, **(variables or {})}
    return output(*command, timeout=RUN_S, env=environment, status=status)


def check_sums(data: Path) -> None:
    """Compare the three files with the original's."""
    for line in SUMS.read_text(encoding="ascii").splitlines():
        expected, name = line.split()
        digest = digest_of(data / name)
        if digest != expected:
            raise Failed(f"{name} has sha256 {digest}, not {expected}")
        print(f"{name}: {digest} as the original")


def digest_of(path: Path) -> str:
    """Return a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_tls(certificates: Path, data: Path) -> None:
    """Run with certificates and a token; without either, a run is refused and says why."""
    shown = {
        "ENERGYKIT_TLS_CA": str(certificates / "ca.pem"),
        "ENERGYKIT_TLS_CERTIFICATE": str(certificates / "student.pem"),
        "ENERGYKIT_TLS_KEY": str(certificates / "student.key"),
        "ENERGYKIT_TOKEN": (certificates / "tokens").read_text(encoding="ascii").strip(),
    }
    run_pipeline(CONFIG, data, variables=shown)
    check_sums(data)
    plain = dict.fromkeys(shown, "")
    for changes, status, words in (
        ({"ENERGYKIT_TOKEN": "wrong"}, 1, "wrong token"),
        ({"ENERGYKIT_TOKEN": ""}, 1, "no token"),
        (
            {"ENERGYKIT_TLS_CERTIFICATE": "", "ENERGYKIT_TLS_KEY": ""},
            3,
            "the service asks for a certificate, and none is shown",
        ),
        ({"ENERGYKIT_TLS_SERVER_NAME": "other.test"}, 3, "is for another name than 'other.test'"),
        (plain, 3, "TLS"),
    ):
        text = run_pipeline(CONFIG, data, variables=shown | changes, status=status)
        if words not in text:
            raise Failed(f"{changes}: the run does not say {words!r}:\n{text}")
        print(f"refused, exit code {status}: {words}")


def check_killed_replica(containers: Containers, folder: Path, data: Path) -> None:
    """Kill the replica that works on a stage: another does it, with the same bytes."""
    config = write_replica_config(folder)
    report = data / "replicas" / "report.csv"
    run_pipeline(config, data)
    undisturbed = digest_of(report)
    replicas = containers.ids("energy-analyzer")
    before = {container: cpu_ticks(containers, container) for container in replicas}
    with running(config, data) as run:
        killed = await_busy(containers, before)
        output("docker", "kill", "--signal", "KILL", killed)
        text = run.communicate(timeout=RUN_S)[0]
    if run.returncode:
        raise Failed(f"a replica was killed, and the run exited with {run.returncode}:\n{text}")
    records = sorted((data / "runs").glob("*/run.json"), key=lambda path: path.stat().st_mtime_ns)
    stages = json.loads(records[-1].read_text(encoding="utf-8"))["stages"]
    attempts = [attempt["status"] for attempt in stages[1]["attempts"]]
    if attempts != ["UNAVAILABLE", "OK"]:
        raise Failed(f"the attempts of the killed stage were {attempts}")
    if digest_of(report) != undisturbed:
        raise Failed("the report is another one after a replica was killed")
    print(f"replica {killed[:12]} killed at work: attempts {attempts}, the report has equal bytes")


def write_replica_config(folder: Path) -> Path:
    """Write a configuration with three analyzers that are busy for some seconds."""
    document: Any = json.loads(CONFIG.read_text(encoding="utf-8"))
    document.pop("$schema")
    document["service_registry"] = REPLICAS
    files = ["", "/data/replicas/data.csv", "/data/replicas/analysis.csv"]
    files.append("/data/replicas/report.csv")
    for container, source, target in zip(
        document["containers"].values(), files, files[1:], strict=False
    ):
        container |= {"input_file": source, "output_file": target, "timeout_seconds": 120}
    document["containers"]["energy-generator"]["parameters"] = {
        "scenario": "households",
        "households": 100,
        "days": 10,
        "seed": 1,
    }
    path = folder / "replicas.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@contextmanager
def running(config: Path, data: Path) -> Iterator[subprocess.Popen[str]]:
    """Begin a run; it is ended where the block ends early."""
    command = [sys.executable, "-m", "energykit", "run", str(config), "--data-root", str(data)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        try:
            yield run
        finally:
            run.kill()


def await_busy(containers: Containers, before: dict[str, int]) -> str:
    """Return the replica that works, by the CPU time that it takes."""
    ends = time.monotonic() + RUN_S
    while time.monotonic() < ends:
        for container, ticks in before.items():
            if cpu_ticks(containers, container) > ticks + BUSY_TICKS:
                return container
        time.sleep(0.02)
    raise Failed("no replica began to work")


def cpu_ticks(containers: Containers, container: str) -> int:
    """Return the CPU time of a container's service so far [clock ticks]."""
    pid = PIDS.setdefault(container, containers.state(container)["State"]["Pid"])
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


PIDS: dict[str, int] = {}
"""Process of each container, as this machine numbers it."""
