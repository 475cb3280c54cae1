"""Kernels: forked from a process that has imported everything, or started as a program.

They are reached over sockets of the file system. A forked kernel starts before its manager has a
thread or a socket. It then is a process as any other, which the manager watches, interrupts and
ends by its id.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import io
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from energykit.notebooks.process.process_tree import end_with_parent, threads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from energykit.notebooks.kernel.choice import KernelChoice

__all__ = ["fork_kernel", "new_manager", "run_kernel"]

LONGEST_SOCKET = 100
"""Longest path of a socket; Linux allows 107 bytes, macOS 103."""
_POLL_S = 0.01
_SHUTDOWN_S = 6.0
"""What a kernel may take to end, the first half of it by itself [s]."""
_COLUMNS = 20
"""What pandas shows where it is not in a terminal."""
_OF_THE_RUNNER = frozenset({"jsonschema", "nbclient", "nbformat", "papermill"})
"""Packages that a kernel of its own process would not have imported: each is forgotten whole, as
half a package has two classes of one name."""


def new_manager(sockets: Path | None, kernel: KernelChoice) -> Any:
    """Return the manager of a kernel that has not started.

    Parameters
    ----------
    sockets
        A folder for its sockets and its connection file; None, or a system or a kernel without such
        sockets: loopback TCP.
    kernel
        Which kernel.
    """
    from energykit.notebooks.kernel.connection import (  # optional and heavy
        WatchedClient,
        WatchedKernel,
    )

    given: dict[str, Any] = {}
    if sockets is not None:
        given["connection_file"] = str(sockets / "kernel.json")
    if sockets is not None and kernel.is_python and _has_room(sockets):
        given |= {"transport": "ipc", "ip": str(sockets / "k")}
    elif WatchedKernel.class_traits().get("transport_encryption"):  # jupyter_client 8.9
        given["transport_encryption"] = "auto"  # every account of a machine can listen on loopback
    manager = WatchedKernel(kernel_name=kernel.name, shutdown_wait_time=_SHUTDOWN_S, **given)
    manager.client_factory = WatchedClient
    return manager


def _has_room(sockets: Path) -> bool:
    return sys.platform != "win32" and len(os.fsencode(sockets / "k-5")) <= LONGEST_SOCKET


def fork_kernel(manager: Any) -> bool:
    """Fork the kernel of a manager; return whether this is the kernel.

    Parameters
    ----------
    manager
        It takes the kernel as its own; in the kernel, call `run_kernel` with its connection file.
    """
    # a fork would deadlock later
    assert threads() <= 1, "a process with threads must not be forked"
    manager.write_connection_file()
    parent = os.getpid()
    child = os.fork()
    if child:
        manager.kernel_id = f"forked-{child}"
        manager.provisioner = _provisioner(manager, child)
        return False
    os.setsid()
    end_with_parent(parent)
    return True


def run_kernel(connection_file: str, home: Path) -> NoReturn:
    """Be a kernel until it is shut down, and end this process.

    Parameters
    ----------
    connection_file
        Where its channels are described.
    home
        Its working directory.
    """
    os.chdir(home)
    for name in list(sys.modules):
        if name.partition(".")[0] in _OF_THE_RUNNER:
            del sys.modules[name]
    _reseed()
    _show_as_a_kernel()
    from ipykernel.kernelapp import IPKernelApp  # optional

    sys.argv = ["ipykernel_launcher", "-f", connection_file]
    kernel: Any = IPKernelApp.instance()
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # nobody debugs here, and it takes 0.1 s to import
    options = [f"--IPKernelApp.parent_handle={os.getppid()}", "--HistoryManager.hist_file=:memory:"]
    kernel.initialize(["-f", connection_file, *options])
    del sys.modules["debugpy"]
    kernel.start()
    _end(kernel.shell)


def _end(shell: Any) -> NoReturn:
    """End a forked process as Python does, but do not take its thousands of modules apart.

    That takes a tenth of a second. Threads are waited for and exit functions run; what the notebook
    holds is let go of, and files that are still open are written.
    """
    with suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]  # as forks of multiprocessing do
        atexit._run_exitfuncs()
    with suppress(Exception):
        shell.reset()
    gc.collect()
    for held in gc.get_objects():
        if issubclass(type(held), io.IOBase):
            with suppress(Exception):
                held.flush()
    os._exit(0)


def _reseed() -> None:
    """Give a forked process random numbers of its own."""
    import random  # only here

    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _show_as_a_kernel() -> None:
    """Let what was imported before the kernel was one show things as in a kernel.

    matplotlib draws as the environment of this process says; pandas, which took itself to be in a
    terminal, shows as many columns as it does in a notebook.
    """
    if "matplotlib" in sys.modules and "MPLBACKEND" in os.environ:
        sys.modules["matplotlib"].rcParams["backend"] = os.environ["MPLBACKEND"]
    if "pandas" in sys.modules:
        sys.modules["pandas"].set_option("display.max_columns", _COLUMNS)


def _provisioner(manager: Any, pid: int) -> Any:
    from jupyter_client.provisioning.local_provisioner import LocalProvisioner  # optional and heavy

    class Forked(LocalProvisioner):
        """A kernel that runs already."""

        async def wait(self) -> int | None:
            """Look more often than every tenth of a second."""
            while await self.poll() is None:
                await asyncio.sleep(_POLL_S)
            code: int | None = await super().wait()
            return code

        async def launch_kernel(self, cmd: list[str], **_: Any) -> Any:  # noqa: ARG002  # the interface
            process: Any = _Child(pid)
            self.process = process
            self.pid, self.pgid = pid, pid
            return self.connection_info

    return Forked(kernel_id=manager.kernel_id, kernel_spec=manager.kernel_spec, parent=manager)


class _Child:
    """A forked child, as `subprocess.Popen` is one of a started program."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return its exit code; None while it runs."""
        if self.returncode is None:
            with suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if not pid:
                    return None
                self.returncode = os.waitstatus_to_exitcode(status)
                return self.returncode
            self.returncode = -signal.SIGKILL
        return self.returncode

    def wait(self, timeout: float = 5.0) -> int:
        """Return its exit code when it has ended.

        Raises
        ------
        subprocess.TimeoutExpired
            It has not.
        """
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("kernel", timeout)
            time.sleep(0.01)
        return code

    def send_signal(self, signum: int) -> None:
        """Send it a signal, where it still runs."""
        self._unless_gone(lambda: os.kill(self.pid, signum))

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)

    def _unless_gone(self, act: Callable[[], None]) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                act()
