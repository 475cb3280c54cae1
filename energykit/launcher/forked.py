"""A service as a fork of this process: its modules are there already, imported once for all.

For a process that has just begun, such as ``energykit run --local``: a fork is sound only where no
other thread can hold a lock, and before gRPC has been used. Everywhere else, and on systems other
than Linux, services are started as interpreters of their own.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import runpy
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn, TextIO

from energykit import live
from energykit.module_command import trusts_working_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ForkedService", "can_fork_services", "is_another_here"]

logger = logging.getLogger(__name__)

_WARM = ("energykit.serving.execution", "energykit.serving.options", "energykit.serving.server")
_IDLE_THREADS = frozenset({"jemalloc_bg_thd", "polars-ooc-clea"})
"""Threads that polars' import leaves waiting without a lock: the allocator's, which has handlers
for a fork, and the remover of spilled files, which forks do without.
"""
_SECRETS = ("ENERGYKIT_SERVER_", "ENERGYKIT_TOKEN")
_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGCHLD")
    if hasattr(signal, name)
]
_PAUSE_S = 0.005


def can_fork_services(modules: Iterable[str]) -> bool:
    """Import what every service needs, and return whether a fork of this process is sound.

    It is not where another thread could hold a lock, where this process knows secrets that
    services do without, or where ``python -m`` would find other code in the working folder.

    Parameters
    ----------
    modules
        Those of the services.
    """
    packages = {"energykit", *(module.partition(".")[0] for module in modules)}
    if not _has_one_thread() or _knows_secrets():
        return False
    if trusts_working_folder() and any(map(is_another_here, packages)):
        return False
    with live.without_blas_threads():
        for module in _WARM:
            import_module(module)
    gc.collect()
    gc.freeze()  # forks share what is there; a look at it would copy it
    return _has_one_thread()


def _has_one_thread() -> bool:
    with suppress(OSError):  # no such folder: not Linux
        tasks = list(Path("/proc/self/task").iterdir())
        names = [(task / "comm").read_text(encoding="utf-8").strip() for task in tasks]
        return sum(name not in _IDLE_THREADS for name in names) == 1
    return False


def _knows_secrets() -> bool:
    return any(name.startswith(_SECRETS) for name in os.environ)


def is_another_here(package: str) -> bool:
    """Return whether the working folder has a package of a name that is imported from elsewhere."""
    here, spec = Path(package), find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return here.exists() and str(here.resolve()) not in (places or ())


class ForkedService:
    """A fork that runs a module as ``python -m`` does; what `Child` needs of `subprocess.Popen`.

    Parameters
    ----------
    module
        The service's module.
    arguments
        Its command line.
    """

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        (its_in, stdin), (stdout, its_out) = os.pipe(), os.pipe()
        self.returncode: int | None = None
        """What it exited with, once that is known; negative: the signal that ended it."""
        # a handler of the parent's must not run in the fork
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        self.pid = os.fork()
        """Id of the process."""
        if not self.pid:
            _serve(module, arguments, its_in, its_out)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(its_in)
        os.close(its_out)
        self.stdin: IO[bytes] | None = os.fdopen(stdin, "wb", 0)
        """Held open by this process alone."""
        self.stdout: IO[bytes] | None = os.fdopen(stdout, "rb")
        """What it prints."""

    def poll(self) -> int | None:
        """Return what it exited with; None while it runs."""
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # somebody else has waited for it: how it ended is lost
                pid, status = self.pid, 0
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Return what it exited with.

        Raises
        ------
        subprocess.TimeoutExpired
            It still runs after `timeout` [s].
        """
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() >= end:
                raise subprocess.TimeoutExpired(f"fork {self.pid}", timeout)
            time.sleep(_PAUSE_S)
        return code

    def terminate(self) -> None:
        """Send TERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send KILL."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _serve(module: str, arguments: Sequence[str], stdin: int, stdout: int) -> NoReturn:
    """Run a module in the fork, and end the fork whatever the module does."""
    code = 1
    try:
        atexit._clear()  # the parent's are not ours to run
        _cut_off(stdin, stdout)
        _become(module, arguments)
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    except (Exception, KeyboardInterrupt):
        logger.exception("%s ended", module)
    finally:
        with suppress(BaseException):
            atexit._run_exitfuncs()
            sys.stdout.flush()
        os._exit(code)


def _cut_off(stdin: int, stdout: int) -> None:
    """Give the fork a session, signals and streams of its own, and nothing else of the parent's."""
    os.setsid()
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    for source, target in ((stdin, 0), (stdout, 1), (stdout, 2)):
        os.dup2(source, target)
    os.closerange(3, max(int(path.name) for path in Path("/proc/self/fd").iterdir()) + 1)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = _line_writer(1), _line_writer(2)


def _line_writer(handle: int) -> TextIO:
    errors = "backslashreplace"
    return os.fdopen(handle, "w", 1, encoding="utf-8", errors=errors, closefd=False)


def _become(module: str, arguments: Sequence[str]) -> None:
    """Take the name and the command line that ``python -m`` would give."""
    sys.argv = [module, *arguments]
    with suppress(OSError):
        Path("/proc/self/comm").write_text(module.rpartition(".")[2], encoding="utf-8")
