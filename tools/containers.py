"""Containers of the compose files on a real engine: started, looked at, and removed again."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parent.parent
PORTS = {"energy-generator": "50051", "energy-analyzer": "50052", "report-generator": "50053"}
START_S = 120
"""How long containers may take until they are healthy [s]."""


class Skipped(Exception):
    """Containers cannot be had here."""


class Failed(Exception):
    """The containers do not do what they should."""


def output(
    *command: str, timeout: float = 60, env: dict[str, str] | None = None, status: int = 0
) -> str:
    """Run a command that is to exit with a status, and return what it prints."""
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False, env=env
    )
    if done.returncode != status:
        texts = f"{done.stdout[-4000:]}{done.stderr[-4000:]}"
        raise Failed(f"{' '.join(command)} exited with {done.returncode}, not {status}:\n{texts}")
    return (done.stdout + (done.stderr if status else "")).strip()


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


def drive(
    drives: Mapping[str, Callable[[list[str], Path], None]],
    names: list[str],
    *,
    prefix: str,
    done: str,
    before: Callable[[list[str]], None] | None = None,
) -> int:
    """Drive the named of some drives, or all; say what was seen, and return the exit code.

    Parameters
    ----------
    drives
        By name; each is given how compose is called, and a folder of its own.
    names
        Which; none: all.
    prefix
        How the names of the folders begin.
    done
        What is said where all went well.
    before
        What is done first.
    """
    try:
        compose = compose_command()
        if before is not None:
            before(compose)
        skipped = [
            name for name in names or drives if not _is_driven(name, drives[name], compose, prefix)
        ]
    except Skipped as exc:
        print(f"SKIPPED: {exc}")
        return 0
    except (Failed, subprocess.TimeoutExpired) as exc:
        print(f"FAILED: {exc}", file=sys.stderr)
        return 1
    print(f"{done}, but for what was skipped: {', '.join(skipped)}" if skipped else done)
    return 0


def _is_driven(
    name: str, run: Callable[[list[str], Path], None], compose: list[str], prefix: str
) -> bool:
    """Run one drive in a folder of its own; say why where it cannot be run here."""
    print(f"-- {name}", flush=True)
    try:
        with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
            run(compose, Path(folder))
    except Skipped as exc:
        print(f"SKIPPED: {exc}", flush=True)
        return False
    return True


def need_compose(compose: list[str], least: str, why: str) -> None:
    """Skip a drive where compose is older than it needs.

    Raises
    ------
    Skipped
        It is.
    """
    version = output(*compose, "version", "--short")
    numbers = [tuple(map(int, re.findall(r"[0-9]+", text)[:3])) for text in (version, least)]
    if numbers[0] < numbers[1]:
        raise Skipped(f"compose {version}, and {why} needs {least}")


class Containers:
    """The services of some compose files, in a project and with a data folder of their own.

    Use it in a ``with`` block: it starts them, waits until they are healthy, and removes them.

    Parameters
    ----------
    compose
        How compose is called.
    data
        The folder that they name ``/data``.
    files
        Beside ``docker-compose.yaml``.
    variables
        Of the environment, beside the folder.
    options
        Of ``compose up``.
    """

    def __init__(
        self,
        compose: list[str],
        data: Path,
        *files: str,
        variables: dict[str, str] | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        self._options = options
        named = [part for file in ("docker-compose.yaml", *files) for part in ("--file", file)]
        self._command = [*compose, "--project-name", f"energykit-test-{os.getpid()}", *named]
        self._environment = {**os.environ, "ENERGYKIT_DATA": str(data), **(variables or {})}

    def __enter__(self) -> Self:
        """Start them."""
        try:
            self.compose("up", "--detach", *self._options, timeout=START_S)
            self._await_healthy()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Remove them."""
        self._remove()

    def _remove(self) -> None:
        self.compose("down", "--volumes", "--remove-orphans", timeout=120)

    def compose(self, *arguments: str, timeout: float = 120) -> str:
        """Call compose."""
        return output(*self._command, *arguments, timeout=timeout, env=self._environment)

    def ids(self, service: str) -> list[str]:
        """Return the containers of a service."""
        return self.compose("ps", "-q", service).split()

    def state(self, container: str) -> Any:
        """Return what the engine knows of a container."""
        return json.loads(output("docker", "inspect", container))[0]

    def _await_healthy(self) -> None:
        ends = time.monotonic() + START_S
        waiting = [(name, container) for name in PORTS for container in self.ids(name)]
        while waiting:
            name, container = waiting[0]
            state = self.state(container)["State"]
            if state["Health"]["Status"] == "healthy":
                waiting.pop(0)
            elif time.monotonic() > ends or not state["Running"]:
                logs = self.compose("logs", name)
                raise Failed(f"{name} is {state['Health']['Status']}:\n{logs}")
            else:
                time.sleep(0.2)
