"""Drive the ways into the course without an installation, on a real engine.

    python tools/hub_test.py [hub] [user] [binder]

Without a name all three. ``hub``: a JupyterHub for a class in one container; three users run lesson
00 at the same time, none gets at another's, and homes outlive the container; ``user``: the image of
one user; ``binder``: the folder binder/ through repo2docker, on a stand-in for its conda. Where no
engine answers it says SKIPPED and why, and exits 0. However it ends, its containers, networks,
volumes and images are removed; the hub's own image, ``energykit/hub``, stays built.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
import time
from typing import TYPE_CHECKING, Self

import requests
from binder_build import drive_binder
from containers import ROOT, Failed, drive, output
from hub_checks import check_homes, check_lessons, check_refused, check_strangers, write_marks
from hub_client import HubUser

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE_FILE = ROOT / "deploy" / "jupyterhub" / "compose.yaml"
NAMES = ("alex", "kim", "sam")
BUILD_S = 1800
"""How long the images may take [s]."""
READY_S = 180
"""How long the hub may take until it is healthy [s]."""


class Hub:
    """The hub of deploy/jupyterhub/compose.yaml, in a project of its own, on a free port.

    Use it in a ``with`` block: it and its volumes are removed at the end.

    Parameters
    ----------
    compose
        How compose is called.
    accounts
        Where the list of names and passwords is.
    """

    def __init__(self, compose: list[str], accounts: Path) -> None:
        project = f"energykit-hub-test-{os.getpid()}"
        self._command = [*compose, "--project-name", project, "--file", str(COMPOSE_FILE)]
        self._environment = {
            **os.environ,
            "HUB_ACCOUNTS": str(accounts),
            "HUB_PORT": "0",
            "HUB_MEMORY": "8g",
        }

    def __enter__(self) -> Self:
        """Build the image."""
        print("building the hub's image", flush=True)
        self._call("build", timeout=BUILD_S)
        return self

    def __exit__(self, *_: object) -> None:
        """Remove container and volumes."""
        self._call("down", "--volumes", "--remove-orphans")

    def start(self) -> str:
        """Start it, a second time where it runs, and return its address when it is healthy."""
        self._call("up", "--detach", "--force-recreate")
        self._await_healthy()
        return f"http://{self._call('port', 'hub', '8000')}"

    def _await_healthy(self) -> None:
        ends = time.monotonic() + READY_S
        asking = ("docker", "inspect", "--format", "{{.State.Health.Status}}", self.container())
        while (state := output(*asking)) != "healthy":
            if time.monotonic() > ends:
                raise Failed(f"the hub is {state} after {READY_S} s")
            time.sleep(0.5)

    def container(self) -> str:
        """Return the container's id."""
        return self._call("ps", "-q", "hub")

    def processes(self) -> str:
        """Return the commands that run in the container."""
        return output("docker", "top", self.container(), "-eo", "pid,args")

    def logs(self) -> str:
        """Return the end of what the hub wrote."""
        return self._call("logs", "--tail", "40", "hub")

    def _call(self, *arguments: str, timeout: float = 120) -> str:
        return output(*self._command, *arguments, timeout=timeout, env=self._environment)


def drive_hub(compose: list[str], folder: Path) -> None:
    """Hold a class's hub to what it is for."""
    path = folder / "accounts"
    accounts = {name: secrets.token_hex(8) for name in NAMES}
    write_accounts(path, accounts)
    with Hub(compose, path) as hub:
        try:
            marks = check_class(hub, accounts)
            others = {"newcomer": secrets.token_hex(8), **dict(reversed(accounts.items()))}
            write_accounts(path, others)
            check_homes(marks, hub.start(), others)
        except (Failed, requests.RequestException) as exc:
            raise Failed(f"{exc}\nthe hub says:\n{hub.logs()}") from exc


def write_accounts(path: Path, accounts: dict[str, str]) -> None:
    """Write the list that start-hub reads."""
    lines = [f"{name}:{password}" for name, password in accounts.items()]
    path.write_text("\n".join(["# name:password", *lines]) + "\n", encoding="ascii")


def check_class(hub: Hub, accounts: dict[str, str]) -> dict[str, str]:
    """Let a class work side by side; return what each user wrote into a file of their own."""
    address = hub.start()
    check_refused(address, accounts)
    users = [HubUser(address, name, password) for name, password in accounts.items()]
    check_lessons(users)
    check_strangers(users)
    marks = write_marks(users)
    for user in users:
        user.stop_server()
    left = re.findall(r".*(?:ipykernel|-m services\.|singleuser).*", hub.processes())
    if left:
        raise Failed(f"these run on without their users' servers: {left}")
    print("servers stopped: no kernel and no service is left")
    return marks


def drive_user(compose: list[str], folder: Path) -> None:
    """Hold the image of one user to run the course as a user who is not root."""
    image = f"energykit/user-test-{os.getpid()}"
    build = {"context": str(ROOT), "dockerfile": "deploy/jupyterhub/Dockerfile", "target": "user"}
    plan = folder / "user.json"
    plan.write_text(json.dumps({"services": {"user": {"image": image, "build": build}}}), "utf-8")
    output(*compose, "--file", str(plan), "build", timeout=BUILD_S)
    confined = ("docker", "run", "--rm", "--network", "none", "--cap-drop", "ALL", image)
    try:
        print(output(*confined, "start-course", "sh", "-c", USE_IMAGE, timeout=READY_S))
    finally:
        output("docker", "rmi", image)


USE_IMAGE = """
set -e
echo "$(id -un) in $(pwd): $(ls | tr '\\n' ' ')"
echo "jupyterhub-singleuser $(jupyterhub-singleuser --version)"
energykit run config/household-pipeline.json --local --data-root data > run.txt
tail -n 2 run.txt
"""
DRIVES = {"hub": drive_hub, "user": drive_user, "binder": drive_binder}


def main(names: list[str]) -> int:
    """Say what was seen."""
    done = "the course is open without an installation"
    return drive(DRIVES, names, prefix="energykit-hub-", done=done)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
