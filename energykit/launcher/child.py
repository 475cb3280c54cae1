"""One service as a child process: in a session of its own, its stdin a pipe that we alone hold.

The session keeps an interrupt of the kernel away from it. The pipe ends it with this process,
however this process ends: the service exits when the pipe closes.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections import deque
from contextlib import closing
from datetime import datetime
from typing import IO, TYPE_CHECKING

from energykit import live
from energykit.errors import ServiceStartError
from energykit.launcher.forked import ForkedService
from energykit.launcher.log import LogFile
from energykit.module_command import module_command
from energykit.printable import escape_controls

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Child", "stop_children"]

_READY = re.compile(rb"READY (\S+)\s*$")
_TAIL_LINES = 15
_LONGEST_SHOWN = 2_000
_IS_POSIX = os.name == "posix"
_KILL_WAIT_S = 5.0
_END_WAIT_S = 1.0


class Child:
    """A service that was started; its output goes to its log.

    Parameters
    ----------
    service_id
        The service's id.
    module
        Started with ``python -m``.
    data_root
        Handed to the service.
    log
        What it prints is appended here.
    port
        0: a free one.
    host
        The loopback address it listens on.
    any_user
        Whether every user of this machine may call it.
    forks
        Whether it is a fork of this process; else an interpreter of its own.
    """

    def __init__(
        self,
        service_id: str,
        module: str,
        *,
        data_root: Path,
        log: Path,
        port: int = 0,
        host: str = "127.0.0.1",
        any_user: bool = False,
        forks: bool = False,
    ) -> None:
        self.id = service_id
        self.module = module
        self.log = log
        self.address = ""
        """``host:port``, once the service has said so."""
        self._last: deque[str] = deque(maxlen=_TAIL_LINES)
        self._has_spoken = threading.Event()
        self._owner = os.getpid()
        self._log_file = LogFile(log)
        arguments = _arguments(data_root, host, port, any_user=any_user)
        try:
            self._process = (ForkedService if forks else _start)(module, arguments)
        except BaseException:
            self._log_file.close()
            raise
        live.release_in_forks(self, _let_go)
        self._drain = threading.Thread(
            target=self._copy_output,
            args=(self._process.stdout,),
            name=f"energykit-log-{service_id}",
            daemon=True,
        )

    def follow(self) -> None:
        """Copy its output to its log from now on; a fork of this process is sound until then."""
        self._drain.start()

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """What it exited with; None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    def wait_for_address(self, timeout_s: float) -> str:
        """Return ``host:port`` when the service has printed it.

        Raises
        ------
        energykit.errors.ServiceStartError
            It ended, or did not print it in time; the last lines of its log are in the text.
        """
        has_spoken = self._has_spoken.wait(max(timeout_s, 0.0))
        if not self.address:
            raise self.failure(self._ending() if has_spoken else "was not ready in time")
        return self.address

    def check_running(self) -> None:
        """Do nothing while it runs.

        Raises
        ------
        energykit.errors.ServiceStartError
            It has ended; the last lines of its log are in the text.
        """
        if not self.is_running:
            raise self.failure(self._ending())

    def failure(self, what: str) -> ServiceStartError:
        """Return the error that says what became of the start, with the last lines of the log."""
        last = "\n".join(f"    {line}" for line in self._last) or "    (it printed nothing)"
        problem = self._log_file.problem
        log = f"its log cannot be kept ({problem}); it" if problem else f"the log {self.log}"
        hint = f"{log} ends with:\n{last}"
        return ServiceStartError(
            f"the service {what}", where=f"{self.id} (python -m {self.module})", hint=hint
        )

    def describe_end(self) -> tuple[str, str]:
        """Return how it ended and what to do next; both are empty while it runs."""
        if self.is_running:
            return "", ""
        error = self.failure(self._ending())
        hint = f"start it again: services.start(), or `energykit up`; {error.hint}"
        return f"the service that was started there {self._ending()}", hint

    def ask_to_stop(self) -> None:
        """Close its stdin and send TERM; a service drains and exits."""
        if self._owner != os.getpid():
            return  # a fork of the process that started it: not ours to stop
        self.let_go()
        if _IS_POSIX and self.is_running:
            self._process.terminate()

    def wait_stopped(self, until: float) -> None:
        """Wait until it has ended; from `until` [s, monotonic] on, kill it and all it started."""
        if self._owner != os.getpid():
            return
        try:
            self._process.wait(max(until - time.monotonic(), 0.0))
        except subprocess.TimeoutExpired:
            self._kill()
        finally:
            self._drain.join(_END_WAIT_S)

    def _kill(self) -> None:
        if not self.is_running:
            return
        if _IS_POSIX:
            os.killpg(self.pid, signal.SIGKILL)  # it leads a session, so also a group, of its own
        else:
            self._process.kill()
        self._process.wait(_KILL_WAIT_S)

    def _ending(self) -> str:
        self._drain.join(_END_WAIT_S)
        try:
            code = self._process.wait(_END_WAIT_S)
        except subprocess.TimeoutExpired:
            return "closed its output before it was ready"
        return (
            f"was ended by {signal.Signals(-code).name}"
            if code < 0
            else f"ended with exit code {code}"
        )

    def let_go(self) -> None:
        """Close its stdin: it ends, unless another process holds the pipe too."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _copy_output(self, output: IO[bytes]) -> None:
        self._log_file.write(f"--- {datetime.now().astimezone():%Y-%m-%d %H:%M:%S%z} {self.module}")
        with closing(self._log_file), output:
            for line in output:
                text = line.decode(errors="replace").rstrip("\r\n")
                self._log_file.write(text)
                self._last.append(escape_controls(text, longest=_LONGEST_SHOWN))
                self._look_for_address(line)
        self._has_spoken.set()

    def _look_for_address(self, line: bytes) -> None:
        match = None if self.address else _READY.match(line)
        if match:
            self.address = match[1].decode()
            live.take_over("local service", self.address, self, lambda _: None)
            self._has_spoken.set()


def _arguments(data_root: Path, host: str, port: int, *, any_user: bool) -> list[str]:
    place = ["--host", host, "--port", str(port), "--data-root", str(data_root)]
    return [*place, "--exit-with-stdin", *(["--any-user"] if any_user else [])]


def _start(module: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        module_command(module, *arguments, from_here=True),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_environment(),
        start_new_session=_IS_POSIX,
        creationflags=getattr(
            subprocess, "CREATE_NEW_PROCESS_GROUP", 0
        ),  # Windows: Ctrl+C does not reach it
    )


def _environment() -> dict[str, str]:
    """Return what a child inherits: it serves its owner alone, and needs no secrets for that."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ENERGYKIT_SERVER_", "ENERGYKIT_TOKEN"))
    }
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _let_go(child: Child) -> None:
    """Close a fork's copy of the pipe that keeps a service alive."""
    stdin = child._process.stdin  # the module's own class
    if stdin is not None and not stdin.closed:
        os.close(stdin.fileno())


def stop_children(children: Sequence[Child], grace_s: float) -> None:
    """Stop services: they finish their work, or are killed.

    Parameters
    ----------
    children
        The services.
    grace_s
        How long they may take [s].
    """
    until = time.monotonic() + grace_s
    try:
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.wait_stopped(until)
    except BaseException:  # interrupted while waiting: nothing is left behind all the same
        for child in children:
            child.wait_stopped(0.0)
        raise
