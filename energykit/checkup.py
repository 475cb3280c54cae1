"""Whether this machine is ready for the course, and whether a notebook left anything behind."""

from __future__ import annotations

import shutil
import socket
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from energykit import html
from energykit.distribution import find_namesake, install_command, reinstall_command
from energykit.errors import MissingPackageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Check", "Checkup", "Survivors", "doctor", "survivors"]

_HELPERS = (
    "multiprocessing.resource_tracker",
    "multiprocessing.forkserver",  # behind every pool from Python 3.14 on
    "loky.backend.resource_tracker",  # the same of joblib's pools
    "energykit.notebooks.process.fork_server",
)

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
_FIRST_PYTHON, _LAST_PYTHON = (3, 11), (3, 14)


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
        lines = (
            f"  {html.ICONS[check.verdict]} {check.name}: {_describe(check)}"
            for check in self.checks
        )
        return "\n".join((self.verdict, *lines))

    def _repr_html_(self) -> html.Html:
        rows = [(html.badge(check.verdict), check.name, _describe(check)) for check in self.checks]
        return html.card(self.verdict, html.table(("", "looked at", "found"), rows))


def _describe(check: Check) -> str:
    return f"{check.text} → {check.hint}" if check.hint else check.text


def doctor(folder: Path | str = ".") -> Checkup:
    """Look at the machine: versions, ports, disk, kernel.

    Takes well under a second and changes nothing.

    Parameters
    ----------
    folder
        Where outputs will be written; its disk is looked at.

    Returns
    -------
    Checkup
        Shows itself in a notebook; `Checkup.ok` for programs.
    """
    installation = (_check_python(), *_check_name(), _check_packages(), _check_contract())
    return Checkup((*installation, *_check_ports(), _check_disk(Path(folder)), _check_kernel()))


def _check_python() -> Check:
    version_text = ".".join(map(str, sys.version_info[:3]))
    if _FIRST_PYTHON <= sys.version_info[:2] <= _LAST_PYTHON:
        return Check(name="Python", verdict="ready", text=version_text)
    hint = "energykit needs Python 3.11 to 3.14; 3.15 follows as soon as its wheels are there"
    return Check(name="Python", verdict="trouble", text=version_text, hint=hint)


def _check_name() -> Iterator[Check]:
    """Look for the other project that is called ``energykit``; nothing to say where it is not."""
    imported = Path(sys.modules["energykit"].__file__ or "")
    namesake = find_namesake()
    remedy = f"pip uninstall energykit, then {reinstall_command()}"
    if imported.parent != Path(__file__).parent or not hasattr(sys.modules["energykit"], "_HOMES"):
        text = f"import energykit gives {imported}, which is another project's"
        yield Check(name="energykit", verdict="trouble", text=text, hint=remedy)
    elif namesake and namesake.is_earlier_install:
        text = f"this kit is also installed under its earlier name, energykit {namesake.version}"
        yield Check(name="energykit", verdict="note", text=text, hint=remedy)
    elif namesake:
        text = (
            f"another project, energykit {namesake.version} of the package index, is in this "
            "environment and shares the folder of this one"
        )
        yield Check(name="energykit", verdict="trouble", text=text, hint=remedy)


def _sort_packages(names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return ``NAME VERSION`` of those that are installed, and the names of the others."""
    installed, missing = [], []
    for name in names:
        try:
            installed.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    return installed, missing


def _check_packages() -> Check:
    installed, missing = _sort_packages(NEEDED + NOTEBOOK)
    if not missing:
        return Check(name="packages", verdict="ready", text=", ".join(installed))
    text = f"missing: {', '.join(missing)}"
    return Check(name="packages", verdict="trouble", text=text, hint=install_command("notebooks"))


def _check_contract() -> Check:
    try:
        for module in ("energy_pb2_grpc", "energy_pipeline_pb2_grpc"):
            import_module(f"energykit._proto.{module}")
    except Exception as exc:  # noqa: BLE001  # what a runtime says against the stubs is the answer
        text = f"the generated code does not load: {exc}"
        hint = "upgrade grpcio and protobuf: pip install -U grpcio protobuf"
        return Check(name="contract", verdict="trouble", text=text, hint=hint)
    text = "the generated code loads with these versions"
    return Check(name="contract", verdict="ready", text=text)


def _check_ports() -> Iterator[Check]:
    yield _check_loopback()
    taken = [str(port) for port in PORTS if _is_taken(port)]
    if taken:
        text = f"in use: {', '.join(taken)}"
        hint = "only `energykit up` and the containers need them"
        yield Check(name="ports", verdict="note", text=text, hint=hint)
    else:
        yield Check(name="ports", verdict="ready", text=f"{PORTS[0]} to {PORTS[-1]} are free")


def _check_loopback() -> Check:
    try:
        with socket.create_server(("127.0.0.1", 0)):
            return Check(name="loopback", verdict="ready", text="127.0.0.1 gives free ports")
    except OSError as exc:
        text = f"127.0.0.1 gives no port: {exc.strerror}"
        hint = "a firewall or sandbox forbids local servers; no service can start"
        return Check(name="loopback", verdict="trouble", text=text, hint=hint)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _check_disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free"
    if free >= DISK_LOW_BYTES:
        return Check(name="disk", verdict="ready", text=text)
    return Check(name="disk", verdict="trouble", text=text, hint="runs of the course want 0.5 GB")


def _check_kernel() -> Check:
    shell = sys.modules.get("IPython")
    instance = shell.get_ipython() if shell else None
    if instance is not None:
        return Check(name="kernel", verdict="ready", text=type(instance).__name__)
    hint = "make lab opens JupyterLab"
    return Check(name="kernel", verdict="note", text="none: this is plain Python", hint=hint)


@dataclass(frozen=True, repr=False)
class Survivors:
    """Processes started from this kernel that still run."""

    processes: tuple[str, ...]
    """``"PID name"`` of each."""

    def __repr__(self) -> str:
        """Say what survived, in words."""
        if not self.processes:
            return "✔ Nothing survived: no service of this notebook is running."
        hint = "leave the `with` block, or restart the kernel"
        return f"⚠ Still running: {'; '.join(self.processes)} → {hint}"

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
    running = []
    for child in psutil.Process().children(recursive=True):
        try:
            is_helper = any(helper in part for helper in _HELPERS for part in child.cmdline())
            if child.status() != psutil.STATUS_ZOMBIE and not is_helper:
                running.append(f"{child.pid} {' '.join(child.cmdline()[:4]) or child.name()}")
        except psutil.NoSuchProcess:
            continue
    return Survivors(tuple(running))
