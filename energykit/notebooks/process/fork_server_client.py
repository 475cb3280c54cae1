"""The runner's side of the fork server: started once, where the system can fork safely."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from energykit.module_command import module_server_command

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ForkServer", "close_fork_server", "shared_fork_server"]

_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""So that importing numpy and pyarrow starts no thread. A kernel's own children do not get it."""
_READY_S = 60.0


class ForkServer:
    """A running fork server; ended by `close`, and by itself when this process is gone."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            module_server_command("energykit.notebooks.process.fork_server"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **_ENVIRONMENT},
        )
        self._is_refused = False
        self._ready: Future[bool] = Future()
        self._waiting: dict[str, Future[int | None]] = {}
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True, name="fork-server")
        self._reader.start()

    @property
    def is_open(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    @property
    def is_refused(self) -> bool:
        """Whether an import started a thread here, so that nothing can be forked."""
        return self._is_refused

    def start(
        self, name: str, job: Path, environment: dict[str, str], log: Path
    ) -> Future[int | None]:
        """Run a job; return its exit code to come, None where the server is not there any more.

        Parameters
        ----------
        name
            Of the job.
        job
            Its file.
        environment
            Of its process, whole.
        log
            Where its process writes.
        """
        done: Future[int | None] = Future()
        if not self._ready.result(_READY_S):
            done.set_result(None)
            return done
        with self._lock:
            self._waiting[name] = done
        self._say({"id": name, "job": str(job), "environment": environment, "log": str(log)})
        return done

    def kill(self, name: str) -> None:
        """End a job and all that came from it."""
        self._say({"kill": name})

    def close(self) -> None:
        """End the server and all that came from it."""
        with suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)
        if self._process.stdout:
            self._process.stdout.close()

    def _say(self, said: dict[str, Any]) -> None:
        try:
            with self._lock:
                assert self._process.stdin is not None  # for the type
                self._process.stdin.write(json.dumps(said).encode() + b"\n")
                self._process.stdin.flush()
        except (OSError, ValueError):
            self._lose()

    def _read(self) -> None:
        assert self._process.stdout is not None  # for the type
        with suppress(OSError, ValueError):
            for line in self._process.stdout:
                said = json.loads(line)
                if "ready" in said:
                    self._is_refused = not said["ready"]
                    self._ready.set_result(said["ready"])
                else:
                    self._done(said["id"], said["code"])
        self._lose()

    def _done(self, name: str, code: int | None) -> None:
        with self._lock:
            waiting = self._waiting.pop(name, None)
        if waiting is not None:
            waiting.set_result(code)

    def _lose(self) -> None:
        if not self._ready.done():
            self._ready.set_result(False)
        for name in list(self._waiting):
            self._done(name, None)


_SHARED: list[ForkServer] = []
_LOCK = threading.Lock()


def shared_fork_server() -> ForkServer | None:
    """Return this process' fork server, started where there is none; None where no fork is safe."""
    if sys.platform != "linux":
        return None
    with _LOCK:
        if _SHARED and _SHARED[0].is_refused:
            return None
        if not _SHARED or not _SHARED[0].is_open:
            _SHARED[:] = [ForkServer()]
            atexit.register(_SHARED[0].close)
        return _SHARED[0]


def close_fork_server() -> None:
    """End this process' fork server, where it has one, and all that came from it."""
    with _LOCK:
        for server in _SHARED:
            atexit.unregister(server.close)
            server.close()
        _SHARED.clear()
