"""Moving an artefact between services with data roots of their own: bytes a second, and memory.

python benchmarks/transfer.py [MEGABYTES]

Two services as processes. A file of the client is sent to one, fetched from one, and moved from
one to the other by way of the client; beside it, what the bytes cost without a network: reading,
hashing and writing them once in this process. The targets are for files in memory, where there is
such a place: what a disk takes until the bytes are safe on it is not the transfer's.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from verdict import tell

from energykit.executor.connection import Connection
from energykit.executor.transfer import ArtifactEnd, download, move, upload
from energykit.launcher import local_services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = 3
TARGET_MB_S, TARGET_MB = 400.0, 64.0
DEADLINE_S = 300.0
BLOCK = 1 << 20


def main(megabytes: int) -> None:
    """Measure without a disk where the system keeps files in memory, and with one."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK):
        measure_all(megabytes, memory, "in memory", is_held=True)
    measure_all(megabytes, None, "on the disk", is_held=not os.access(memory, os.W_OK))


def measure_all(megabytes: int, above: Path | None, where: str, *, is_held: bool) -> None:
    """Measure all ways with files in a folder, and print the best of each."""
    with ExitStack() as held:
        folders = [
            Path(held.enter_context(tempfile.TemporaryDirectory(dir=above))) for _ in range(3)
        ]
        source, target = (held.enter_context(served(folder)) for folder in folders[:2])
        file = make_file(folders[0] / "x.bin", megabytes)
        sha256 = hash_file(file)
        here = folders[2] / "x.bin"
        sent = folders[1] / "x.bin"
        ways: dict[str, tuple[Callable[[], object], Path]] = {
            "read, hash, write once here": (lambda: copy(file, here), here),
            "client to service": (
                lambda: upload(file, target, "/data/x.bin", sha256=sha256, timeout_s=DEADLINE_S),
                sent,
            ),
            "service to client": (
                lambda: download(source, "/data/x.bin", here, timeout_s=DEADLINE_S),
                here,
            ),
            "service to service": (
                lambda: move(source, target, "/data/x.bin", sha256=sha256, timeout_s=DEADLINE_S),
                sent,
            ),
        }
        print(f"transfer of {megabytes} MB over loopback, {where}: best of {ROUNDS}")
        for name, (way, written) in ways.items():
            measure(name, way, written, megabytes, is_held=is_held)


@contextmanager
def served(folder: Path) -> Iterator[ArtifactEnd]:
    """Start a service with a data root of its own, and give its end of a transfer."""
    with local_services(["energy-generator"], data_root=folder) as services:
        connection = Connection((services.addresses["energy-generator"],))
        try:
            yield ArtifactEnd(connection=connection, name=str(folder))
        finally:
            connection.close()


def measure(
    name: str, way: Callable[[], object], written: Path, megabytes: int, *, is_held: bool
) -> None:
    """Run one way several times; print the best rate, the CPU time of all, and the memory."""
    everyone = [psutil.Process(), *psutil.Process().children(recursive=True)]
    rates, cpu = [], []
    before = [one.memory_info().rss for one in everyone]
    for _ in range(ROUNDS):
        written.unlink(missing_ok=True)
        used, begin = cpu_seconds(everyone), time.perf_counter()
        way()
        rates.append(megabytes * 1.048576 / (time.perf_counter() - begin))
        cpu.append(cpu_seconds(everyone) - used)
    grown = max(one.memory_info().rss - was for one, was in zip(everyone, before, strict=True)) / (
        1 << 20
    )
    print(f"  {name:<28} {max(rates):7.0f} MB/s   CPU {min(cpu):.2f} s   +{grown:.0f} MB a side")
    if is_held and name != "read, hash, write once here":
        tell(f"artefact, {name}", max(rates), "MB/s", at_least=TARGET_MB_S)
        tell(f"memory, {name}", grown, "MB", at_most=TARGET_MB)


def cpu_seconds(processes: list[psutil.Process]) -> float:
    """Return the CPU time that processes have used [s]."""
    return sum(sum(one.cpu_times()[:2]) for one in processes)


def make_file(path: Path, megabytes: int) -> Path:
    """Write random bytes, no two blocks alike."""
    block = os.urandom(BLOCK)
    with path.open("wb") as file:
        for at in range(megabytes):
            file.write(block[at:] + block[:at])
    return path


def hash_file(path: Path) -> str:
    """Return the digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy(source: Path, target: Path) -> None:
    """Read, hash and write a file as a transfer does, without a network."""
    digest = hashlib.sha256()
    with source.open("rb", buffering=0) as read, target.open("wb", buffering=0) as write:
        while block := read.read(BLOCK):
            digest.update(block)
            write.write(block)
        os.fsync(write.fileno())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 256)
