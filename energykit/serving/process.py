"""A service as a process: its command line, signals, log, and the line that says it is ready."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import queue
import signal
import sys
import threading
import time
from importlib import import_module
from typing import TYPE_CHECKING

from energykit.errors import EnergykitError, ServiceStartError
from energykit.printable import OneLineFormatter
from energykit.serving.limits import ServerLimits
from energykit.serving.options import URLS_VARIABLE, parse_options, security_of
from energykit.serving.server import Server

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    import grpc

    from energykit.serving.definition import Stage
    from energykit.serving.paths import DataRoot

__all__ = ["main"]

logger = logging.getLogger(__name__)

_SHORT_GRACE_S = 1.0  # whoever started the service is gone; nobody waits for answers [s]
_STDIN, _BROKEN = "stdin closed", "a module cannot be imported"
_OWNER_ALONE = 0o077
"""Permissions that new files lack where one user alone may call: what others may not ask for they
may not read either. A file that is replaced keeps its own.
"""
_OPEN_FILES = 65_536
_M_ARENA_MAX = -8
"""Parameter of glibc's ``mallopt``: how many heaps there may be."""
_POLL_S = 0.2
"""Time between looks at the signals [s]: Ctrl-C wakes no waiting thread on Windows, nor where
polars has put a handler before ours.
"""


def main(
    stage: Stage,
    argv: Sequence[str] | None = None,
    *,
    also: Iterable[Callable[[grpc.Server, DataRoot], None]] = (),
    preload: Sequence[str] = (),
) -> int:
    """Serve a stage as a process until a signal ends it; what a service's ``__main__`` calls.

    Parameters
    ----------
    stage
        The stage.
    argv
        The command line; None: the process's own.
    also
        Callables that register further services on the server; given the server and the data root.
    preload
        Modules that the first call needs, and that are imported when the service already takes
        calls: a service that imports data frames inside its functions is ready in half the time.

    Returns
    -------
    int
        Exit code: 0 after a signal or the end of stdin, 2 for a wrong command line, 3 if the
        service cannot start.
    """
    options = parse_options(stage, argv)
    _log_to_stderr(logging.DEBUG if options.verbose else logging.INFO)
    _allow_open_files()
    _share_heap()
    ends: queue.SimpleQueue[str] = queue.SimpleQueue()
    _listen_to_signals(ends)
    try:
        server = _start_server(stage, options, also)
    except EnergykitError as exc:
        logger.error("%s: %s", stage.name, exc)  # noqa: TRY400  the traceback says nothing more
        return exc.exit_code
    if server.serves_owner_alone and os.name == "posix":
        os.umask(_OWNER_ALONE)
    sys.stdout.write(f"READY {server.address}\n")
    sys.stdout.flush()
    _in_background(_preload, preload, ends)
    if options.exit_with_stdin:
        _in_background(_watch_stdin, ends)
    return _serve_until(_wait_for_end(ends), server, options.grace_s)


def _allow_open_files() -> None:
    """Allow as many open files as the system lets us: each connection holds one, refused or not.

    With the usual 1,024 another account of the machine could keep the owner out by connecting.
    """
    try:
        import resource  # not on Windows
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft < most:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _share_heap() -> None:
    """Let all threads allocate from one heap: each thread's own would keep what the thread freed.

    A stage works in several threads, and takes a fifth less memory in the same time.
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(AttributeError, OSError):  # a C library without heaps per thread
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _serve_until(reason: str, server: Server, grace_s: float) -> int:
    """End the server for a reason, and return the process's exit code."""
    code = ServiceStartError.exit_code if reason == _BROKEN else 0
    _drain(server, reason, _SHORT_GRACE_S if reason in {_STDIN, _BROKEN} else grace_s, code)
    return code


def _in_background(work: Callable[..., None], *arguments: object) -> None:
    threading.Thread(
        target=work, args=arguments, name=f"energykit-{work.__name__}", daemon=True
    ).start()


def _preload(modules: Sequence[str], ends: queue.SimpleQueue[str]) -> None:
    """Import what the first call needs ahead of it; a module that is broken ends the service."""
    try:
        for module in ("energykit.serving.execution", *modules):
            import_module(module)
    except (
        Exception
    ):  # whatever a module raises: a service that cannot work must not look as if it could
        logger.exception("%s cannot be imported", module)
        ends.put(_BROKEN)


def _start_server(
    stage: Stage,
    options: argparse.Namespace,
    also: Iterable[Callable[[grpc.Server, DataRoot], None]],
) -> Server:
    security = security_of(options)
    if options.insecure_public and not security.is_closed:
        text = "%s: --insecure-public: whoever reaches %s may call it%s"
        kind = "" if security.is_encrypted else ", unencrypted"
        logger.warning(text, stage.name, options.host, kind)
    return Server(
        stage,
        host=options.host.strip("[]"),
        port=options.port,
        data_root=options.data_root,
        also=also,
        reflects=True if options.reflection else None,
        is_public_allowed=options.insecure_public,
        limits=ServerLimits(
            concurrency=options.concurrency,
            transfers=options.transfers,
            artifact_bytes=options.artifact_bytes,
        ),
        serves_artifacts=True if options.artifacts else None,
        allow_urls=options.allow_url or os.environ.get(URLS_VARIABLE, "").split(),
        security=security,
    )


def _log_to_stderr(level: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLineFormatter("%(asctime)s %(levelname)-7s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _listen_to_signals(ends: queue.SimpleQueue[str]) -> None:
    """Put signals into a queue; a SimpleQueue may be used inside a signal handler."""
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, lambda number, _frame: ends.put(signal.Signals(number).name))


def _watch_stdin(ends: queue.SimpleQueue[str]) -> None:
    """Wait for the end of standard input: its other end is held by whoever started the service."""
    with contextlib.suppress(OSError, ValueError):  # closed on our side: an end as well
        while sys.stdin and os.read(sys.stdin.fileno(), 4096):
            pass
    ends.put(_STDIN)


def _wait_for_end(ends: queue.SimpleQueue[str]) -> str:
    while True:
        try:
            return ends.get(timeout=_POLL_S)
        except queue.Empty:
            continue


def _drain(server: Server, reason: str, grace_s: float, code: int) -> None:
    """Let running calls finish; a stage that ignores its cancellation is not waited for."""
    logger.info("%s: %s, finishing %d running calls", server.stage.name, reason, server.running)
    server.stop(grace_s)
    ends = time.monotonic() + 1.0
    while server.running and time.monotonic() < ends:
        time.sleep(0.01)
    if server.running:
        logger.warning(
            "%s: ends although %d calls ignore their cancellation",
            server.stage.name,
            server.running,
        )
        logging.shutdown()
        os._exit(code)
