"""Whether this machine is ready for the course, and whether a notebook left anything behind."""

from __future__ import annotations

import shutil
import socket
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from energykit import html
from energykit.errors import MissingPackageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Check", "Checkup", "Survivors", "doctor", "survivors"]

_HELPERS = ("multiprocessing.resource_tracker", "energykit.notebooks.forking")

NEEDED = ("grpcio", "protobuf", "polars", "numpy")
"""Packages without which nothing runs."""
NOTEBOOK = (
    "jupyterlab",
    "ipykernel",
    "ipywidgets",
    "pandas",
    "matplotlib",
    "grpcio-tools",
    "papermill",
)
"""Packages of the extra ``notebooks``."""
PORTS = (50051, 50052, 50053)
"""Ports of the shipped configuration; only `energykit up` and the containers need them."""
DISK_LOW_BYTES = 500_000_000
_FIRST_PYTHON, _LAST_PYTHON = (3, 11), (3, 13)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What was looked at."""
    verdict: Literal["ready", "note", "trouble"]
    """``"note"`` is worth knowing and stops nothing."""
    text: str
    """What was found."""
    hint: str = ""
    """What to do, where there is something to do."""


@dataclass(frozen=True, repr=False)
class Checkup:
    """Everything that was looked at, and the verdict."""

    checks: tuple[Check, ...]
    """In the order they were made."""

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way."""
        return all(check.verdict != "trouble" for check in self.checks)

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        troubles = [check.name for check in self.checks if check.verdict == "trouble"]
        return "Ready." if not troubles else f"Not ready: {', '.join(troubles)}."

    def __repr__(self) -> str:
        """Verdict and a line for each check."""
        lines = [f"{html.ICONS[one.verdict]} {one.name}: {_told(one)}" for one in self.checks]
        return "\n".join([self.verdict, *(f"  {line}" for line in lines)])

    def _repr_html_(self) -> html.Html:
        rows = [(html.badge(one.verdict), one.name, _told(one)) for one in self.checks]
        return html.card(self.verdict, html.table(("", "looked at", "found"), rows))


def _told(check: Check) -> str:
    return f"{check.text} → {check.hint}" if check.hint else check.text


def doctor(folder: Path | str = ".") -> Checkup:
    """Look at the machine: versions, ports, disk, kernel. Takes well under a second and changes nothing.

    Parameters
    ----------
    folder
        Where outputs will be written; its disk is looked at.

    Returns
    -------
    Checkup
        Shows itself in a notebook; `Checkup.ok` for programs.
    """
    return Checkup((_python(), _packages(), _contract(), *_ports(), _disk(Path(folder)), _kernel()))


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    if _FIRST_PYTHON <= sys.version_info[:2] <= _LAST_PYTHON:
        return Check(name="Python", verdict="ready", text=found)
    return Check(
        name="Python", verdict="trouble", text=found, hint="energykit needs Python 3.11 to 3.13"
    )


def _installed(names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    found, missing = [], []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    return found, missing


def _packages() -> Check:
    found, missing = _installed(NEEDED + NOTEBOOK)
    if not missing:
        return Check(name="packages", verdict="ready", text=", ".join(found))
    hint = 'pip install "energykit[notebooks]"'
    return Check(
        name="packages", verdict="trouble", text=f"missing: {', '.join(missing)}", hint=hint
    )


def _contract() -> Check:
    try:
        from energykit._proto import energy_pb2_grpc, energy_pipeline_pb2_grpc  # noqa: F401  # the check itself
    except Exception as exc:  # noqa: BLE001  # whatever the runtime says against the stubs is the finding
        hint = "upgrade grpcio and protobuf: pip install -U grpcio protobuf"
        return Check(
            name="contract",
            verdict="trouble",
            text=f"the generated code does not load: {exc}",
            hint=hint,
        )
    return Check(
        name="contract", verdict="ready", text="the generated code loads with these versions"
    )


def _ports() -> Iterator[Check]:
    try:
        with socket.create_server(("127.0.0.1", 0)):
            yield Check(name="loopback", verdict="ready", text="127.0.0.1 gives free ports")
    except OSError as exc:
        hint = "a firewall or sandbox forbids local servers; no service can start"
        yield Check(
            name="loopback",
            verdict="trouble",
            text=f"127.0.0.1 gives no port: {exc.strerror}",
            hint=hint,
        )
    taken = [str(port) for port in PORTS if _is_taken(port)]
    if taken:
        text = f"in use: {', '.join(taken)}"
        yield Check(
            name="ports",
            verdict="note",
            text=text,
            hint="only `energykit up` and the containers need them",
        )
    else:
        yield Check(name="ports", verdict="ready", text=f"{PORTS[0]} to {PORTS[-1]} are free")


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free"
    if free >= DISK_LOW_BYTES:
        return Check(name="disk", verdict="ready", text=text)
    return Check(name="disk", verdict="trouble", text=text, hint="runs of the course want 0.5 GB")


def _kernel() -> Check:
    shell = sys.modules.get("IPython")
    instance = shell.get_ipython() if shell else None
    if instance is None:
        return Check(
            name="kernel",
            verdict="note",
            text="none: this is plain Python",
            hint="make lab opens JupyterLab",
        )
    return Check(name="kernel", verdict="ready", text=type(instance).__name__)


@dataclass(frozen=True, repr=False)
class Survivors:
    """Processes started from this kernel that still run."""

    processes: tuple[str, ...]
    """``"PID name"`` of each."""

    def __repr__(self) -> str:
        """Say what survived, in words."""
        if not self.processes:
            return "✔ Nothing survived: no service of this notebook is running."
        return f"⚠ Still running: {'; '.join(self.processes)} → leave the `with` block, or restart the kernel"

    def _repr_html_(self) -> html.Html:
        return html.card(repr(self))


def survivors() -> Survivors:
    """Return the processes started from this one that still run; a clean notebook has none.

    Helpers that end with this process are none of them: Python's own of ``multiprocessing``, and
    the one that the headless runner forks kernels from.

    Raises
    ------
    energykit.errors.MissingPackageError
        psutil is not installed.
    """
    try:
        import psutil  # optional
    except ImportError:
        raise MissingPackageError("psutil", extra="notebooks", needed_for="survivors()") from None
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            is_helper = any(helper in part for helper in _HELPERS for part in child.cmdline())
            if child.status() != psutil.STATUS_ZOMBIE and not is_helper:
                found.append(f"{child.pid} {' '.join(child.cmdline()[:4]) or child.name()}")
        except psutil.NoSuchProcess:
            continue
    return Survivors(tuple(found))
