"""Machines on one machine: processes with a network and a disk of their own, joined by a cable.

Each machine is a process in a network and a mount namespace, with a tmpfs as its disk; the
namespaces end with the process, and the process with this one. Nothing of the host's network is
touched. Root is not needed where a user may make namespaces.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Self

TOOLS = ("ip", "nsenter", "tc", "unshare")
OFFICE = "10.16.0.1"
DEADLINE_S = 120


def explain_absence() -> str:
    """Why no machine can be made here; empty where one can."""
    if sys.platform != "linux":
        return "namespaces are Linux's"
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"{missing[0]} is not installed (Debian: iproute2, util-linux)"
    probe = "mount -t tmpfs none /mnt && ip link add type veth && ip link add type bridge"
    done = subprocess.run(
        [*unshare(), "sh", "-c", probe], capture_output=True, text=True, timeout=30, check=False
    )
    return f"no namespaces here: {done.stderr.strip()}" if done.returncode else ""


def unshare(*, in_user: bool = True) -> list[str]:
    """The command that begins a machine; who is not root is so in a user namespace."""
    as_root = ["--user", "--map-root-user"] if in_user and os.geteuid() else []
    return ["unshare", *as_root, "--mount", "--net", "--propagation", "private"]


def hold(command: list[str], script: str, *arguments: str) -> subprocess.Popen:
    """Start a process that does what the script says, says so, and lives until its input ends."""
    line = f"{script} && echo held && exec cat"
    process = subprocess.Popen(
        [*command, "sh", "-ec", line, "machine", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if process.stdout.readline().strip() != "held":
        process.wait(DEADLINE_S)
        raise OSError(f"no machine: {script} ended with {process.returncode}")
    return process


class Machine:
    """A network and a disk of their own, and the services that run there."""

    def __init__(self, network: Network, number: int) -> None:
        self.network = network
        self.host = f"10.16.0.{number + 1}"
        self.cable = f"cable{number}"
        script = 'mount -t tmpfs -o size=1g disk "$1"'
        begin = [*network.inside(), *unshare(in_user=False)]
        self.holder = hold(begin, script, str(network.disk))
        self.services: dict[str, subprocess.Popen] = {}

    @property
    def disk(self) -> Path:
        """Its disk, as it is seen from outside."""
        return Path(f"/proc/{self.holder.pid}/root{self.network.disk}")

    def inside(self) -> list[str]:
        """Begin a command there."""
        return enter(self.holder)

    def serve(self, module: str, port: int = 0, log: Path | None = None) -> str:
        """Start a service; return its address."""
        certificates = self.network.certificates
        options = {
            "--host": self.host,
            "--port": str(port),
            "--data-root": str(self.network.disk),
            "--tls-certificate": str(certificates / f"{self.host}.pem"),
            "--tls-key": str(certificates / f"{self.host}.key"),
            "--tls-client-ca": str(certificates / "ca.pem"),
        }
        flat = [word for pair in options.items() for word in pair]
        command = [*self.inside(), sys.executable, "-m", module, *flat, "--exit-with-stdin"]
        with (log or self.network.folder / f"{module}-{self.host}.log").open("ab") as errors:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        word, _, address = process.stdout.readline().strip().partition(" ")
        assert word == "READY", f"{module} on {self.host} did not start: {errors.name}"
        self.services[module] = process
        return address

    def kill(self, module: str) -> None:
        """End a service as a power cut does."""
        process = self.services.pop(module)
        process.kill()
        with process:
            pass

    def pull_cable(self) -> None:
        """Nothing comes and nothing goes."""
        self.network.do(f"ip link set {self.cable} down")

    def plug_in(self) -> None:
        """The network is there again."""
        self.network.do(f"ip link set {self.cable} up")

    def slow_down(self, megabits: float) -> None:
        """Let no more come here in a second [Mbit]."""
        limit = f"rate {megabits}mbit burst 128kb latency 200ms"
        self.network.do(f"tc qdisc add dev {self.cable} root tbf {limit}")

    def close(self) -> None:
        """End its services, then its namespaces."""
        for process in (*self.services.values(), self.holder):
            end(process)


class Network:
    """An office that the orchestrator runs in, and machines beside it on one cable.

    Parameters
    ----------
    folder
        Of this test; certificates and logs go there.
    machines
        How many.
    """

    def __init__(self, folder: Path, machines: int) -> None:
        self.folder = folder
        self.disk = folder / "disk"
        self.disk.mkdir()
        self.certificates = folder / "certificates"
        self._count = machines
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as until_open:
            bridge = "ip link add bridge type bridge && ip link set bridge up && ip link set lo up"
            address = f"ip address add {OFFICE}/24 dev bridge"
            self._office = hold(unshare(), f"{bridge} && {address}")
            until_open.callback(end, self._office)
            self.machines = []
            for number in range(1, self._count + 1):
                self.machines.append(machine := Machine(self, number))
                until_open.callback(machine.close)
                self._connect(machine)
            names = [machine.host for machine in self.machines]
            certs = [sys.executable, "-m", "energykit", "certs", str(self.certificates)]
            run([*certs, *names, "orchestrator"])
            self._open = until_open.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def inside(self) -> list[str]:
        """Begin a command in the office."""
        return enter(self._office)

    def do(self, command: str) -> None:
        """Run a command in the office."""
        run([*self.inside(), "sh", "-ec", command])

    def _connect(self, machine: Machine) -> None:
        pid, cable = machine.holder.pid, machine.cable
        self.do(f"ip link add {cable} type veth peer name eth0 netns {pid}")
        self.do(f"ip link set {cable} master bridge up")
        up = f"ip address add {machine.host}/24 dev eth0 && ip link set eth0 up"
        run([*machine.inside(), "sh", "-ec", f"{up} && ip link set lo up"])


def enter(process: subprocess.Popen) -> list[str]:
    """The command that goes to where a process is."""
    as_root = ["--user", "--preserve-credentials"] if os.geteuid() else []
    wd = f"--wd={Path.cwd()}"  # the mount namespace has a root of its own
    return ["nsenter", "--target", str(process.pid), *as_root, "--mount", "--net", wd]


def run(command: list[str]) -> str:
    """Run a command and return what it printed; what it said is in the error."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=2 * DEADLINE_S, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def end(process: subprocess.Popen) -> None:
    """Close what a process reads; it ends with it."""
    with process:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
