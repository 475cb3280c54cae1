"""What encryption and asking who calls cost a call: the same service three ways, on warm channels.

In the clear to its owner (the default on loopback), with mutual TLS, and with mutual TLS and a
bearer token. Rounds take turns, so that what else the machine does meets all of them.
"""

from __future__ import annotations

import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from verdict import tell

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.certificates import issue_certificates
from energykit.config import Credentials, SecretReference, TlsFiles
from energykit.credentials import open_channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CALLS = 50
ROUNDS = 40
TARGET_MS = 0.3


def main() -> None:
    """Measure, and print the medians and what encryption adds."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as open_ends:
        ways = {
            name: open_ends.enter_context(caller(Path(folder), credentials, options))
            for name, (credentials, options) in find_ways(Path(folder)).items()
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, call in ways.items():
                times[name] += timed(call)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    print(f"one call, warm channel: median of {ROUNDS} x {CALLS} calls")
    for name, median in medians.items():
        print(f"  {name:<26} {median:7.3f} ms")
    plain, tls, token = medians.values()
    tell("mutual TLS, over a call in the clear", tls - plain, "ms", at_most=TARGET_MS)
    tell("the same with a token", token - plain, "ms", at_most=TARGET_MS)


def find_ways(folder: Path) -> dict[str, tuple[Credentials | None, list[str]]]:
    """Return what the caller shows and how the service is started, by a name for it."""
    issue_certificates(folder, ["service", "caller"])
    (folder / "token").write_text(secrets.token_hex(16), encoding="ascii")
    ca = str(folder / "ca.pem")
    mine = TlsFiles(ca=ca, certificate=f"{folder}/caller.pem", key=f"{folder}/caller.key")
    tls = ["--tls-certificate", f"{folder}/service.pem", "--tls-key", f"{folder}/service.key"]
    tls += ["--tls-client-ca", ca]
    token = SecretReference(file=f"{folder}/token")
    return {
        "in the clear, owner alone": (None, []),
        "mutual TLS": (Credentials(tls=mine), tls),
        "mutual TLS and token": (
            Credentials(tls=mine, token=token),
            [*tls, "--token-file", f"{folder}/token"],
        ),
    }


@contextmanager
def caller(
    folder: Path, credentials: Credentials | None, options: list[str]
) -> Iterator[Callable[[], object]]:
    """Start a service, and yield a call of it that it answers at once."""
    command = [sys.executable, "-m", "services.dummy", "--data-root", str(folder), *options]
    command.append("--exit-with-stdin")
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            address = process.stdout.readline().split()[-1]
            with open_channel(address, credentials) as channel:
                describe = stubs.ContainerExecutorStub(channel).Describe
                yield lambda: describe(pb.DescribeRequest(), timeout=10)
        finally:
            process.stdin.close()
            process.wait(10)


def timed(call: Callable[[], object]) -> list[float]:
    """Return the time of each of some calls but the first, which may connect [ms]."""
    taken = []
    for _ in range(CALLS + 1):
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1e3)
    return taken[1:]


if __name__ == "__main__":
    main()
