"""The fork server: imports once what notebooks need, then forks a process for each notebook.

It reads requests as lines of JSON and answers
in lines of JSON. It never has a thread: what it forks could wait forever for a lock that nobody
holds there.
When its stdin closes, or a notebook's process ends, everything that came from it ends.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from energykit.notebooks.engine.worker import work
from energykit.notebooks.kernel.magic_watch import import_magics
from energykit.notebooks.process.marked_processes import SOCKETS
from energykit.notebooks.process.process_tree import adopt_orphans, end_with_parent, threads

__all__ = ["PRELOADED", "main"]

PRELOADED = (
    "nbformat.v4",
    "nbclient",
    "papermill",
    "energykit.notebooks.engine.session_execution",
    "energykit.notebooks.engine.parameter_code",
    "energykit.notebooks.engine.papermill_engine",
    "energykit.notebooks.kernel.connection",
    "energykit.notebooks.kernel.watcher",
    "energykit.notebooks.kernel.figure_data",
    "jupyter_client.kernelspec",
    "jupyter_client.manager",
    "jupyter_client.asynchronous",
    "jupyter_client.provisioning",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "tornado.platform.asyncio",
    "tornado.queues",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "sqlite3",
    "psutil",
    "numpy",
    "pandas",
    "pandas.io.formats.html",
    "pyarrow",
    "pyarrow.pandas_compat",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "grpc",
    "energykit.executor",
    "energykit.launcher",
    "energykit.plots",
    "energykit.checkup",
    "energykit.html",
    "energykit.config",
)
"""What is imported before the first fork. Not polars, which starts a thread, and not the inline
backend of matplotlib, which makes the kernel show figures as it is imported.
"""
_UNUSED = ("rfc3987_syntax", "debugpy")
"""jsonschema's grammar of international addresses (0.7 s), and what a front end's debugger needs
(0.2 s).
"""
_IDLE_S = 300.0
"""Without a notebook for so long, the server ends [s]."""


def main() -> int:
    """Serve until stdin closes; in a forked process, run its job."""
    os.set_inheritable(0, False)
    adopt_orphans()
    _preload()
    server = _Server()
    if threads() != 1:
        server.answer(ready=False, why=f"an import started {threads() - 1} threads")
        return 1
    server.answer(ready=True)
    request = server.serve()
    if request is None:
        os._exit(0)  # it holds nothing, and its modules take a tenth of a second to take apart
    return work(_become(request), preloaded=PRELOADED)


def _preload() -> None:
    """Import what notebooks need, but not what no headless kernel uses.

    A kernel forgets jsonschema, whose grammar is left out, and imports its own where it wants it; a
    notebook that imports debugpy finds it.
    """
    gc.disable()  # it would look at every module's objects time and again
    for name in _UNUSED:
        sys.modules[name] = None  # type: ignore[assignment]
    for name in PRELOADED:
        with suppress(ImportError):
            importlib.import_module(name)
    for name in _UNUSED:
        del sys.modules[name]
    with suppress(ImportError):
        _warm_up()
    gc.freeze()
    gc.enable()


def _warm_up() -> None:
    """Fill what is made once in a process.

    Fonts, the writer of pictures, kernels' provisioners, the compiled schema of notebooks, magics.
    """
    from jupyter_client.provisioning.factory import (
        KernelProvisionerFactory,
    )  # as all that is preloaded
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from nbformat.validator import get_validator

    import_magics()
    get_validator(4, 5)
    KernelProvisionerFactory.instance()
    figure = Figure()
    FigureCanvasAgg(figure)
    figure.add_subplot().set_title("text")
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")


class _Server:
    def __init__(self) -> None:
        self._workers: dict[int, str] = {}
        self._sockets: set[str] = set()
        self._in, self._out = os.dup(0), os.dup(1)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(2, 1)
        self._wake, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._fds = (self._in, self._out, self._wake, wake, null)
        self._rest = b""

    def answer(self, **said: Any) -> None:
        os.write(self._out, json.dumps(said).encode() + b"\n")

    def serve(self) -> dict[str, Any] | None:
        """Fork for each request; return it in the forked process, None where the server is done."""
        while True:
            ready, _, _ = select.select([self._in, self._wake], [], [], _IDLE_S)
            if self._wake in ready:
                os.read(self._wake, 4096)
                self._reap()
            if self._in in ready:
                text = os.read(self._in, 65536)
                if not text:
                    break
                *lines, self._rest = (self._rest + text).split(b"\n")
                for request in map(json.loads, lines):
                    if self._is_forked(request):
                        return dict(request)
            if not ready and not self._workers:
                break
        _end_descendants(set())
        for sockets in self._sockets:
            shutil.rmtree(sockets, ignore_errors=True)
        return None

    def _is_forked(self, request: dict[str, Any]) -> bool:
        if "kill" in request:
            for pid in [pid for pid, name in self._workers.items() if name == request["kill"]]:
                os.kill(pid, signal.SIGKILL)
            return False
        # nothing that it forks would be sound
        assert threads() == 1, "the fork server has a thread"
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self._workers[pid] = request["id"]
            self._sockets.add(request["environment"][SOCKETS])
            return False
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        end_with_parent(parent)
        for fd in self._fds:
            os.close(fd)
        return True

    def _reap(self) -> None:
        """Take the exit codes of those that ended, and end what they left."""
        ended = []
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                ended += [found] if found[0] in self._workers else []
        if ended:
            names = [(self._workers.pop(pid), status) for pid, status in ended]
            _end_descendants(set(self._workers))
            for name, status in names:
                self.answer(id=name, code=os.waitstatus_to_exitcode(status))


def _become(request: dict[str, Any]) -> Path:
    """Take the environment and the log of a job."""
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    return Path(request["job"])


def _end_descendants(but: set[int]) -> None:
    """Kill the children of this process, and theirs, except some; orphans come here."""
    import psutil  # optional

    end = time.monotonic() + 5
    while time.monotonic() < end:
        children = [one for one in psutil.Process().children() if one.pid not in but]
        if not children:
            return
        for child in children:
            with suppress(psutil.Error):
                for one in (*child.children(recursive=True), child):
                    one.kill()
        for child in children:
            with suppress(ChildProcessError):
                os.waitpid(child.pid, 0)


if __name__ == "__main__":
    raise SystemExit(main())
