"""Drive the containers on a real engine, and compare the three legacy files.

    python tools/compose_test.py

Works with `docker compose` and `docker-compose`. Where no engine answers it says SKIPPED and why,
and exits 0. The containers get a temporary data folder and a project name of their own; they are
removed at the end, however it ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SUMS = ROOT / "tests" / "legacy" / "SHA256SUMS"
CONFIG = ROOT / "config" / "energy-pipeline.json"
PORTS = {"energy-generator": "50051", "energy-analyzer": "50052", "report-generator": "50053"}
BUILD_S, START_S, RUN_S = 1200, 120, 120  # [s]


class Skipped(Exception):
    """Containers cannot be had here."""


class Failed(Exception):
    """The containers do not do what they should."""


def output(*command: str, timeout: float = 60, env: dict[str, str] | None = None) -> str:
    """Run a command and return what it prints."""
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False, env=env
    )
    if done.returncode:
        raise Failed(
            f"{' '.join(command)} exited with {done.returncode}:\n"
            f"{done.stdout[-4000:]}{done.stderr[-4000:]}"
        )
    return done.stdout.strip()


def answers(*command: str) -> bool:
    """Whether a command is installed and works."""
    try:
        return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def compose_command() -> list[str]:
    """Return how compose is called here, or say why containers cannot be had."""
    if shutil.which("docker") is None:
        raise Skipped("docker is not installed")
    if not answers("docker", "version", "--format", "{{.Server.Version}}"):
        raise Skipped(
            "docker is installed, but no engine answers: start it, and try `docker version`"
        )
    for command in (["docker", "compose"], ["docker-compose"]):
        if answers(*command, "version"):
            return command
    raise Skipped("neither `docker compose` nor `docker-compose` is installed")


class Containers:
    """The three services, in a project and with a data folder of their own."""

    def __init__(self, compose: list[str], data: Path) -> None:
        self._command = [
            *compose,
            "--project-name",
            f"energykit-test-{os.getpid()}",
            "--file",
            str(ROOT / "docker-compose.yaml"),
        ]
        self._environment = {**os.environ, "ENERGYKIT_DATA": str(data)}

    def compose(self, *arguments: str, timeout: float = 120) -> str:
        """Call compose."""
        return output(*self._command, *arguments, timeout=timeout, env=self._environment)

    def ids(self) -> dict[str, str]:
        """Return the container of each service."""
        return {service: self.compose("ps", "-q", service) for service in PORTS}

    def state(self, container: str) -> Any:
        """Return what the engine knows of a container."""
        return json.loads(output("docker", "inspect", container))[0]


def await_healthy(containers: Containers) -> None:
    """Wait until every container is healthy."""
    ends = time.monotonic() + START_S
    waiting = containers.ids()
    while waiting:
        for service, container in list(waiting.items()):
            state = containers.state(container)["State"]
            if state["Health"]["Status"] == "healthy":
                del waiting[service]
            elif time.monotonic() > ends or not state["Running"]:
                logs = containers.compose("logs", service)
                raise Failed(f"{service} is {state['Health']['Status']}:\n{logs}")
        time.sleep(0.2)


def check_confinement(containers: Containers) -> None:
    """Hold that they are published on loopback only, not root, read-only, no capabilities."""
    for service, container in containers.ids().items():
        found = containers.state(container)
        ports = [
            (b["HostIp"], b["HostPort"])
            for bound in found["NetworkSettings"]["Ports"].values()
            for b in bound or []
        ]
        if ports != [("127.0.0.1", PORTS[service])]:
            raise Failed(
                f"{service} is published on {ports}, not on 127.0.0.1:{PORTS[service]} alone"
            )
        host, user = found["HostConfig"], found["Config"]["User"]
        if (
            user.split(":")[0] in {"", "0", "root"}
            or not host["ReadonlyRootfs"]
            or host["CapDrop"] != ["ALL"]
        ):
            raise Failed(
                f"{service} is not confined: user {user!r}, "
                f"{host['ReadonlyRootfs']=}, {host['CapDrop']=}"
            )


def run_pipeline(data: Path) -> None:
    """Run the shipped configuration against the containers."""
    command = [sys.executable, "-m", "energykit", "run", str(CONFIG), "--data-root", str(data)]
    print(output(*command, timeout=RUN_S))


def check_sums(data: Path) -> None:
    """Compare the three files with the original's."""
    for line in SUMS.read_text(encoding="ascii").splitlines():
        expected, name = line.split()
        found = hashlib.sha256((data / name).read_bytes()).hexdigest()
        if found != expected:
            raise Failed(f"{name} has sha256 {found}, not {expected}")
        print(f"{name}: {found} as the original")


def drive(containers: Containers, data: Path) -> None:
    """Do the whole check; leave nothing behind."""
    print("building the images", flush=True)
    containers.compose("build", timeout=BUILD_S)
    try:
        print("starting the services", flush=True)
        containers.compose("up", "--detach", timeout=START_S)
        await_healthy(containers)
        check_confinement(containers)
        run_pipeline(data)
        check_sums(data)
    finally:
        containers.compose("down", "--volumes", "--remove-orphans", timeout=120)


def main() -> int:
    """Say what was found."""
    try:
        compose = compose_command()
        with tempfile.TemporaryDirectory(
            prefix="energykit-compose-", ignore_cleanup_errors=True
        ) as folder:
            data = Path(folder)
            data.chmod(0o777)  # the containers' user is another one
            drive(Containers(compose, data), data)
    except Skipped as exc:
        print(f"SKIPPED: {exc}")
        return 0
    except (Failed, subprocess.TimeoutExpired) as exc:
        print(f"FAILED: {exc}", file=sys.stderr)
        return 1
    print("the containers do as the original did")
    return 0


if __name__ == "__main__":
    sys.exit(main())
